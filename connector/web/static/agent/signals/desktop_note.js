/* A note on the desktop where the browser lets this page show one: frames of other sites it usually does not. */

/** @typedef {ReturnType<typeof createDesktopNote>} DesktopNote */

export function createDesktopNote() {
  const permission = () => (typeof window.Notification === 'function' ? window.Notification.permission : 'denied');

  return {
    /** Whether asking for it could succeed; a frame may not even ask. */
    mayAsk: () => permission() === 'default' && window.top === window.self,
    /** To be called in a press only. */
    ask: async () => {
      await window.Notification.requestPermission();
    },
    /** @param {string} text @param {string} tag one note for each */
    show: (text, tag) => {
      if (permission() !== 'granted' || !document.hidden) return;
      try {
        new window.Notification(text, { tag });
      } catch {
        // Some phones grant it and take notes of service workers only.
      }
    },
  };
}

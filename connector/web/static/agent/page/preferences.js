/* What an agent has chosen for this page, kept in the browser; where that is not allowed, until the page is left. */

/** @typedef {ReturnType<typeof createPreferences>} Preferences */

const PREFIX = 'chat2pay.';

export function createPreferences() {
  // A browser that keeps nothing for frames of other sites throws already when its storage is looked at.
  /** @type {Map<string, boolean>} */
  const chosen = new Map();

  /** @param {string} name @param {boolean} fallback */
  function read(name, fallback) {
    const here = chosen.get(name);
    if (here !== undefined) return here;
    try {
      const kept = window.localStorage.getItem(PREFIX + name);
      return kept === null ? fallback : kept === 'yes';
    } catch {
      return fallback;
    }
  }

  /** @param {string} name @param {boolean} value */
  function write(name, value) {
    chosen.set(name, value);
    try {
      window.localStorage.setItem(PREFIX + name, value ? 'yes' : 'no');
    } catch {
      // It holds until the page is left.
    }
  }

  return { read, write };
}

/* Where the focus goes on the panel: to what an answer shows, and never nowhere. */

/** Return what moves the focus within a panel's template; restore is called where a rendering took its element away. */
export function focusingIn(template, restore) {
  let hasFocus = false;

  template.addEventListener('focusin', () => {
    hasFocus = true;
  });
  // A rendering is over before this timer: whoever has left by then has left by a press elsewhere.
  template.addEventListener('focusout', () => {
    // eslint-disable-next-line @lwc/lwc/no-async-operation
    setTimeout(() => {
      hasFocus = template.activeElement !== null;
    });
  });

  return {
    rendered() {
      if (!hasFocus || template.activeElement !== null) return;
      hasFocus = false;
      restore();
    },
    // After the next rendering: what is to be focused may not be there yet.
    async on(selector, focus = (element) => element.focus()) {
      await Promise.resolve();
      const element = template.querySelector(selector);
      if (element) focus(element);
    },
  };
}

// What can be left, in the order in which the panel shows it.
const LEAVABLE = ['c-chat2pay-status', 'c-chat2pay-form', 'c-chat2pay-note'];

/** Leave with Escape what has the focus, else what can be left first; what is around the panel learns of it only where nothing was. */
export function leaveOnEscape(template, event) {
  if (event.key !== 'Escape' || event.repeat || event.isComposing) return;
  const parts = LEAVABLE.map((one) => template.querySelector(one)).filter(Boolean);
  parts.sort((one, other) => Number(other.contains(event.target)) - Number(one.contains(event.target)));
  if (!parts.some((one) => one.leave())) return;
  event.stopPropagation();
  event.preventDefault();
}

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

/* Focus never vanishes: where its element is hidden or taken away, it moves to the next sensible place. */

// A part of the page names with data-focus the id of what gets the focus that one of its elements loses.
const PART = '[data-focus]';

/** @param {Element} element */
const isShown = (element) => element.isConnected && element.closest('[hidden]') === null;

/**
 * Follow the focus in a part of the page for good.
 *
 * @param {HTMLElement} root
 */
export function keepFocus(root) {
  /** @type {HTMLElement | null} */
  let last = null;
  /** @type {Element[]} the parts around it, from the inside: an element that was taken away has none any more */
  let around = [];

  /** @param {Element} element */
  function remember(element) {
    if (!(element instanceof HTMLElement)) return;
    last = element;
    around = [];
    for (let part = element.closest(PART); part !== null; part = part.parentElement?.closest(PART) ?? null) around.push(part);
  }

  function restore() {
    if (last === null || isShown(last)) return;
    const { activeElement } = document;
    if (activeElement !== last && activeElement !== document.body && activeElement !== null) return;
    const parts = [...around, ...root.querySelectorAll(PART)].filter(isShown);
    const places = parts.map((part) => document.getElementById(part.getAttribute('data-focus') ?? ''));
    last = null;
    places.find((place) => place !== null && isShown(place))?.focus();
  }

  root.addEventListener('focusin', ({ target }) => remember(/** @type {Element} */ (target)));
  // Whoever leaves by a press elsewhere has left; an element that was hidden or taken away is noticed before this timer.
  root.addEventListener('focusout', ({ target }) => {
    setTimeout(() => {
      if (target === last && document.activeElement !== last) last = null;
    });
  });
  new MutationObserver(restore).observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ['hidden'] });
}

/* Change page elements only where something differs, so that nothing flickers, loses focus or is read out twice. */

/**
 * Return an element of the page's template by its id.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type]
 * @returns {T}
 * @throws {TypeError} where there is none, or one of another type
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof (type ?? HTMLElement))) throw new TypeError(`The page has no such element: ${id}`);
  return /** @type {T} */ (element);
}

/** @param {HTMLElement} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} element @param {boolean} shown */
export function setShown(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/** @param {HTMLElement} element @param {string} name @param {string | null} value null takes the attribute away */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Disable or enable a button by aria-disabled, which keeps it in the tab order and its focus; its handler must check isOff.
 *
 * @param {HTMLElement} button
 * @param {boolean} off
 */
export function setOff(button, off) {
  setAttribute(button, 'aria-disabled', off ? 'true' : null);
}

/** @param {HTMLElement} button */
export const isOff = (button) => button.getAttribute('aria-disabled') === 'true';

/**
 * Return a new element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {...(Node | string)} children
 */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** @type {WeakMap<HTMLElement, string>} */
const shownLists = new WeakMap();

/**
 * Rebuild a list only when its items have changed.
 *
 * @template Item
 * @param {HTMLElement} list
 * @param {readonly Item[]} items
 * @param {(item: Item) => HTMLElement} build
 */
export function setList(list, items, build) {
  const key = JSON.stringify(items);
  if (shownLists.get(list) === key) return;
  shownLists.set(list, key);
  list.replaceChildren(...items.map((item) => build(item)));
}

/*
 * Knows how to change an element only when something is different: so nothing flickers, loses focus or is read out twice.
 */
export const byId = (id) => document.getElementById(id);

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setShown(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/* A button that is off stays in the tab order and keeps its focus; whoever presses it is stopped by isOff. */
export function setOff(button, off) {
  setAttribute(button, 'aria-disabled', off ? 'true' : null);
}

export const isOff = (button) => button.getAttribute('aria-disabled') === 'true';

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

const shownLists = new WeakMap();

/* This function will rebuild a list when, and only when, what it shows has changed. */
export function setList(list, items, build) {
  const key = JSON.stringify(items);
  if (shownLists.get(list) === key) return;
  shownLists.set(list, key);
  list.replaceChildren(...items.map(build));
}

/* The page's keys: each action's letter, Escape to close, and the list of those that act now; the letters can be turned off. */
import { byId, isOff, make, setAttribute, setList, setShown } from '../dom.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Preferences} from '../page/preferences.js' */

/** @typedef {{key: string, name: string}} Entry */

// The template names each action's letter, and which buttons close what is open.
const ACTIONS = '[data-key]';
const CLOSERS = '[data-escape]';
const TYPED_INTO = 'input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]';
const HELP = new Set(['?', '؟']);
const PREFERENCE = 'keys';

/** @param {Element} element */
const isShown = (element) => element.closest('[hidden]') === null;

/** Return the letter of a key; where a keyboard writes no Latin letters, that of its place. @param {KeyboardEvent} event */
function letterOf({ key, code }) {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return /^\p{L}$/u.test(key) && code.startsWith('Key') ? code.slice(3).toLowerCase() : null;
}

/** @param {HTMLElement} element */
function nameOf(element) {
  const label = element instanceof HTMLInputElement ? document.querySelector(`label[for="${element.id}"]`) : element;
  return (label?.textContent ?? '').trim();
}

/** @param {HTMLElement} element */
function act(element) {
  if (element instanceof HTMLInputElement) element.focus();
  else element.click();
}

/** @param {{catalogue: Pick<Catalogue, 'text'>, preferences: Preferences, root?: HTMLElement}} options */
export function createKeyboard({ catalogue, preferences, root = byId('main') }) {
  const tick = byId('keys-on', HTMLInputElement);

  const isOn = () => preferences.read(PREFERENCE, true);
  /** @returns {HTMLElement[]} */
  const shown = (/** @type {string} */ selector) =>
    [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(selector))].filter((element) => isShown(element) && !isOff(element));

  /** @returns {Entry[]} */
  function entries() {
    const letters = shown(ACTIONS).map((element) => ({ key: element.dataset.key?.toUpperCase() ?? '', name: nameOf(element) }));
    return [
      ...(isOn() ? [...letters, { key: '?', name: catalogue.text('label_keys') }] : []),
      ...(isShown(byId('phone')) ? [{ key: 'Enter', name: catalogue.text('key_enter') }] : []),
      { key: 'Esc', name: catalogue.text('key_escape') },
    ];
  }

  /** @param {Entry} entry */
  const line = ({ key, name }) => make('li', '', make('kbd', 'c2p-key', key), ' ', name);

  function list() {
    setList(byId('keys-list'), entries(), line);
  }

  const isOpen = () => !byId('keys').hidden;

  function toggle() {
    const opens = !isOpen();
    setShown(byId('keys'), opens);
    setAttribute(byId('keys-open'), 'aria-expanded', String(opens));
    if (opens) list();
    byId(opens ? 'keys-heading' : 'keys-open').focus();
  }

  // Screen readers name the letters beside the buttons, as long as they act.
  function announceLetters() {
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(ACTIONS))) {
      setAttribute(element, 'aria-keyshortcuts', isOn() ? (element.dataset.key ?? null) : null);
    }
  }

  /** Close the list of keys, else what is open in the part where the agent is, else what is open; return whether anything was. @param {EventTarget | null} where */
  function closeInnermost(where) {
    if (isOpen()) {
      toggle();
      return true;
    }
    const closers = [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(CLOSERS))].filter(isShown);
    const part = where instanceof HTMLElement ? where.closest('section') : null;
    const closer = closers.find((one) => part?.contains(one)) ?? closers[0];
    // One that is off now, because its question is being answered, is not passed over for what is open behind it.
    if (closer && !isOff(closer)) closer.click();
    return closer !== undefined;
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether it was for the page */
  function pressed(event) {
    if (event.key === 'Escape') return closeInnermost(event.target);
    const isTyping = event.target instanceof HTMLElement && event.target.closest(TYPED_INTO) !== null;
    if (!isOn() || isTyping) return false;
    if (HELP.has(event.key)) toggle();
    else return !event.shiftKey && pressLetter(letterOf(event));
    return true;
  }

  /** @param {string | null} letter */
  function pressLetter(letter) {
    const action = letter && shown(ACTIONS).find(({ dataset }) => dataset.key === letter);
    if (!action) return false;
    act(action);
    return true;
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const isOurs = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing && !event.defaultPrevented;
    if (isOurs && !event.repeat && pressed(event)) event.preventDefault();
  }

  // A key that is held down must not answer the question which its first press has opened.
  /** @param {KeyboardEvent} event */
  function onHeld(event) {
    if (event.repeat && event.key === 'Enter') event.preventDefault();
  }

  /** Listen from now on. @param {AbortSignal} [signal] ends it */
  function start(signal) {
    tick.checked = isOn();
    announceLetters();
    tick.addEventListener('change', () => {
      preferences.write(PREFERENCE, tick.checked);
      announceLetters();
      list();
    });
    byId('keys-open').addEventListener('click', toggle);
    document.addEventListener('keydown', onHeld, { capture: true, signal });
    document.addEventListener('keydown', onKey, { signal });
    // Buttons come and go with what they act on.
    new MutationObserver(() => {
      announceLetters();
      if (isOpen()) list();
    }).observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ['hidden', 'aria-disabled'] });
  }

  return { start };
}

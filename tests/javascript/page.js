/* The agent's page without a browser: the elements of its template, its sentences, and what the tests wait for. */
import { readFileSync } from 'node:fs';
import { Window } from 'happy-dom';

const ROOT = new URL('../../', import.meta.url);
const TEMPLATE = readFileSync(new URL('connector/web/templates/agent.html', ROOT), 'utf8');
// Without Jinja's own marks the template is plain HTML with every element that the scripts look for.
const BODY = TEMPLATE.replaceAll(/\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}/gs, '').replace(/^.*<body[^>]*>/s, '').replace(/<\/body>.*$/s, '');

/** @type {Record<string, string>} */
export const SENTENCES = JSON.parse(readFileSync(new URL('manifests/sentences/en.json', ROOT), 'utf8'));
export const NOW = Date.parse('2026-11-28T10:00:00Z');
export const CLOCK = { now: () => NOW };

const browser = new Window({ url: 'https://connector.example.com/launch' });
Object.assign(globalThis, {
  window: browser,
  document: browser.document,
  HTMLElement: browser.HTMLElement,
  HTMLInputElement: browser.HTMLInputElement,
  MutationObserver: browser.MutationObserver,
  HTMLDetailsElement: browser.HTMLDetailsElement,
});

/* Begin with a page as it was served: nothing is left of an earlier test. */
export function openPage() {
  document.body.innerHTML = BODY;
}

/* Let the browser forget what agents have chosen. */
export function forgetKept() {
  for (const name of document.cookie.split('; ').filter(Boolean).map((one) => one.split('=')[0])) {
    document.cookie = `${name}=; Path=/; Max-Age=0; SameSite=None; Secure; Partitioned`;
  }
}

/** @param {string} id */
export const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} id */
export const inputAt = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));

/** @param {string} id */
export const textOf = (id) => at(id).textContent;

/** Press a key in an element, and return whether the browser would still do something of its own. @param {string} id @param {string} key @param {object} [how] */
export function press(id, key, how = {}) {
  const event = new browser.KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...how });
  return at(id).dispatchEvent(/** @type {Event} */ (/** @type {unknown} */ (event)));
}

/** Type a text into the field of an element's id. @param {string} id @param {string} text */
export function type(id, text) {
  inputAt(id).value = text;
  at(id).dispatchEvent(/** @type {Event} */ (/** @type {unknown} */ (new browser.Event('input', { bubbles: true }))));
}

/** Submit the form, as a press on Send does. */
export function submit() {
  const event = new browser.Event('submit', { bubbles: true, cancelable: true });
  at('form').dispatchEvent(/** @type {Event} */ (/** @type {unknown} */ (event)));
}

/* Wait until everything that was promised already has happened. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Return a promise with its two ends.
 *
 * @template Value
 */
export function deferred() {
  /** @type {(value: Value) => void} */
  let resolve = () => {};
  /** @type {(error: unknown) => void} */
  let reject = () => {};
  const promise = /** @type {Promise<Value>} */ (
    new Promise((yes, no) => {
      resolve = yes;
      reject = no;
    })
  );
  return { promise, resolve, reject };
}

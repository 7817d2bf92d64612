/* What an agent has chosen for this page, kept in the browser; where that is not allowed, until the page is left. */
import { keep, keptOf } from './browser_flag.js';

/** @typedef {ReturnType<typeof createPreferences>} Preferences */

export function createPreferences() {
  /** @type {Map<string, boolean>} */
  const chosen = new Map();

  /** @param {string} name @param {boolean} fallback */
  const read = (name, fallback) => chosen.get(name) ?? keptOf(name) ?? fallback;

  /** @param {string} name @param {boolean} value */
  function write(name, value) {
    chosen.set(name, value);
    if (keptOf(name) !== value) keep(name, value);
  }

  return { read, write };
}

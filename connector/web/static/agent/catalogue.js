/* Show sentences of the catalogue in elements, and let the times that remain count down there. */
import { left } from './format.js';
import { createWording } from './wording.js';

/** @import {Clock} from './server/clock.js' */
/** @import {Values} from './wording.js' */

/** @typedef {ReturnType<typeof createCatalogue>} Catalogue */

export { asSentence, dueSentence } from './wording.js';

/**
 * Return what shows sentences.
 *
 * @param {{sentences: Record<string, string>, locale: string, language?: string, timeZone: string, clock: Pick<Clock, 'now'>}} options
 */
export function createCatalogue({ sentences, locale, language, timeZone, clock }) {
  const { text, pieces, knows, formats } = createWording({ sentences, locale, language, timeZone, clock });
  /** @type {WeakMap<HTMLElement, string>} */
  const written = new WeakMap();

  /** @param {string} id @param {Values | null} [values] @returns {(Node | string)[]} */
  const nodesOf = (id, values) => pieces(id, values).map((piece) => {
    if (piece.until !== null) return liveLeft(piece.until, piece.text);
    return values?.reference && piece.text.includes(String(values.reference)) ? ownLine(piece.text) : piece.text;
  });

  // In a big sentence a reference would break wherever it has a dash: it stays in one piece, and smaller.
  /** @param {string} reference */
  function ownLine(reference) {
    const span = document.createElement('span');
    span.className = 'c2p-reference';
    span.textContent = reference;
    return span;
  }


  // A remaining time is an element of its own, wide enough for its first value, so that the line does not move while it counts.
  /** @param {string} until @param {string} value */
  function liveLeft(until, value) {
    const span = document.createElement('span');
    span.className = 'c2p-left';
    span.dataset.until = until;
    span.textContent = value;
    span.style.minWidth = `${value.length - 0.5}ch`;
    return span;
  }

  /**
   * Show one sentence in an element, unless it shows it already: a rewrite would drop a selection and be read out again.
   *
   * @param {HTMLElement} element
   * @param {string} id
   * @param {Values | null} [values]
   */
  function write(element, id, values) {
    const key = JSON.stringify([id, values ?? null]);
    if (written.get(element) === key) return;
    written.set(element, key);
    element.replaceChildren(...nodesOf(id, values));
  }

  /* Update every remaining time on the page. */
  function tick() {
    for (const span of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-until]'))) {
      const value = left(Date.parse(span.dataset.until ?? '') - clock.now());
      if (span.textContent !== value) span.textContent = value;
    }
  }

  return { text, write, tick, knows, formats, locale };
}

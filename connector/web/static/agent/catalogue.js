/* Render sentences of the catalogue, with {name} {name:time} {name:clock} {name:left} {name:moment} {name:money}. */
import { createFormats, left } from './format.js';

/** @import {Money} from './format.js' */
/** @import {Sentence} from './server/api.js' */
/** @import {Clock} from './server/clock.js' */

/** @typedef {Record<string, unknown>} Values */
/** @typedef {ReturnType<typeof createCatalogue>} Catalogue */

const PLACEHOLDER = /\{(\w+)(?::(\w+))?\}/g;
const MISSING = '…';

// Placeholders whose values are codes that the catalogue translates, such as channel_sms.
const WORDS = new Set(['channel', 'reason']);

/**
 * Return the renderer of sentences. A sentence that is missing from the catalogue shows its id: a gap must not stop the page.
 *
 * @param {{sentences: Record<string, string>, locale: string, timeZone: string, clock: Pick<Clock, 'now'>}} options
 */
export function createCatalogue({ sentences, locale, timeZone, clock }) {
  const formats = createFormats({ locale, timeZone });
  /** @type {WeakMap<HTMLElement, string>} */
  const written = new WeakMap();

  /** @param {string} id */
  const knows = (id) => Object.hasOwn(sentences, id);

  /** @param {string} name @param {string | undefined} kind @param {Values | null} [values] */
  function valueOf(name, kind, values) {
    const value = values?.[name] ?? '';
    if (value === '') return MISSING;
    if (kind === 'money') return formats.money(/** @type {Money} */ (value));
    const raw = String(value);
    if (kind === 'time' || kind === 'clock') return formats[kind](raw);
    if (kind === 'moment') return formats.moment(raw, clock.now());
    if (kind === 'left') return left(Date.parse(raw) - clock.now());
    return WORDS.has(name) ? wordOf(name, raw) : raw;
  }

  /** @param {string} name @param {string} value */
  const wordOf = (name, value) => (knows(`${name}_${value}`) ? sentences[`${name}_${value}`] : value);

  /** @param {string} id @param {Values | null} [values] */
  const text = (id, values) =>
    knows(id) ? sentences[id].replace(PLACEHOLDER, (_whole, name, kind) => valueOf(name, kind, values)) : String(id);

  /** @param {string} id @param {Values | null} [values] @returns {(Node | string)[]} */
  function nodesOf(id, values) {
    if (!knows(id)) return [String(id)];
    const nodes = [];
    let from = 0;
    for (const match of sentences[id].matchAll(PLACEHOLDER)) {
      const [whole, name, kind] = match;
      nodes.push(sentences[id].slice(from, match.index));
      const value = valueOf(name, kind, values);
      nodes.push(kind === 'left' && value !== MISSING ? liveLeft(String(values?.[name]), value) : value);
      from = match.index + whole.length;
    }
    nodes.push(sentences[id].slice(from));
    return nodes;
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

  return { text, write, tick, knows, formats };
}

/**
 * Return the sentence of a server's answer, which is {id, values}, an id, or text that is already rendered.
 *
 * @param {Partial<Sentence> | string | null | undefined} sentence
 * @returns {Sentence}
 */
export function asSentence(sentence) {
  if (sentence && typeof sentence === 'object') return { id: String(sentence.id), values: sentence.values ?? {} };
  return { id: String(sentence ?? ''), values: {} };
}

/**
 * Return the last of some sentences in time order whose time has come.
 *
 * @param {readonly Sentence[]} sentences
 * @param {number} now
 */
export function dueSentence(sentences, now) {
  return sentences.filter((sentence) => !sentence.from || Date.parse(sentence.from) <= now).at(-1) ?? null;
}

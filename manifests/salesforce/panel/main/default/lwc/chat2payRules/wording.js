/* Written by tools/copy_page_rules.py from connector/web/static/agent/wording.js: change that file. */
/* Sentences as text, with {name} {name:time} {name:clock} {name:left} {name:moment} {name:money} filled in. */
import { createFormats, left } from './format';


/** @typedef {Record<string, unknown>} Values */
/** @typedef {{text: string, until: string | null}} Piece until: the text is the time that remains until then */

const PLACEHOLDER = /\{(\w+)(?::(\w+))?\}/g;
const MISSING = '…';

// Placeholders whose values are codes that the catalogue translates, such as channel_sms.
const WORDS = new Set(['channel', 'reason']);

/**
 * Return what fills in sentences. One that is missing from the catalogue becomes its id: a gap must not stop the page.
 *
 * @param {{sentences: Record<string, string>, locale: string, language?: string, timeZone: string, clock: Pick<Clock, 'now'>}} options
 */
export function createWording({ sentences, locale, language, timeZone, clock }) {
  const formats = createFormats({ locale, language, timeZone });

  /** @param {string} id */
  const knows = (id) => Object.hasOwn(sentences, id);

  /** @param {string} name @param {string} value */
  const wordOf = (name, value) => (knows(`${name}_${value}`) ? sentences[`${name}_${value}`] : value);

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

  /** @param {string} id @param {Values | null} [values] @returns {Piece[]} */
  function pieces(id, values) {
    if (!knows(id)) return [{ text: String(id), until: null }];
    const found = [];
    let from = 0;
    for (const match of sentences[id].matchAll(PLACEHOLDER)) {
      const [whole, name, kind] = match;
      const text = valueOf(name, kind, values);
      const counts = kind === 'left' && text !== MISSING;
      found.push({ text: sentences[id].slice(from, match.index), until: null });
      found.push({ text: counts ? text : formats.value(text), until: counts ? String(values?.[name]) : null });
      from = match.index + whole.length;
    }
    found.push({ text: sentences[id].slice(from), until: null });
    return found;
  }

  /** @param {string} id @param {Values | null} [values] */
  const text = (id, values) => pieces(id, values).map((piece) => piece.text).join('');

  return { text, pieces, knows, formats, locale };
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

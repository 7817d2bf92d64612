/*
 * Knows how a sentence of the catalogue becomes text on the page: {name} {name:time} {name:clock} {name:left} {name:moment} {name:money}.
 * A sentence without an entry shows its id, so that a gap is seen; it never stops the page.
 */
import { createFormats, left } from './format.js';

const PLACEHOLDER = /\{(\w+)(?::(\w+))?\}/g;

// Values that the catalogue has words for.
const WORDS = new Set(['channel', 'reason']);

export function createCatalogue({ sentences, locale, timeZone, clock }) {
  const formats = createFormats({ locale, timeZone });
  const written = new WeakMap();

  const knows = (id) => Object.hasOwn(sentences, id);

  function valueOf(name, kind, values) {
    const value = values?.[name];
    if (value === undefined || value === null || value === '') return '…';
    if (kind === 'time' || kind === 'clock' || kind === 'money') return formats[kind](value);
    if (kind === 'moment') return formats.moment(value, clock.now());
    if (kind === 'left') return left(Date.parse(value) - clock.now());
    return WORDS.has(name) && knows(`${name}_${value}`) ? sentences[`${name}_${value}`] : String(value);
  }

  const text = (id, values) =>
    knows(id) ? sentences[id].replace(PLACEHOLDER, (whole, name, kind) => valueOf(name, kind, values)) : String(id);

  // A time left becomes an element of its own, wide enough for its first value: the line never moves while it counts.
  function nodesOf(id, values) {
    if (!knows(id)) return [String(id)];
    const nodes = [];
    let from = 0;
    for (const match of sentences[id].matchAll(PLACEHOLDER)) {
      const [whole, name, kind] = match;
      nodes.push(sentences[id].slice(from, match.index));
      const value = valueOf(name, kind, values);
      nodes.push(kind === 'left' && value !== '…' ? liveLeft(values[name], value) : value);
      from = match.index + whole.length;
    }
    nodes.push(sentences[id].slice(from));
    return nodes;
  }

  function liveLeft(until, value) {
    const span = document.createElement('span');
    span.className = 'c2p-left';
    span.dataset.until = until;
    span.textContent = value;
    span.style.minWidth = `${value.length - 0.5}ch`;
    return span;
  }

  /* This function will show one sentence in an element, and do nothing when it stands there already. */
  function write(element, id, values) {
    const key = JSON.stringify([id, values ?? null]);
    if (written.get(element) === key) return;
    written.set(element, key);
    element.replaceChildren(...nodesOf(id, values));
  }

  function tick() {
    for (const span of document.querySelectorAll('[data-until]')) {
      const value = left(Date.parse(span.dataset.until) - clock.now());
      if (span.textContent !== value) span.textContent = value;
    }
  }

  return { text, write, tick, knows, formats };
}

/* What a server answer calls a sentence may be {id, values}, an id, or text that is already rendered. */
export function asSentence(sentence) {
  if (sentence && typeof sentence === 'object') return { id: sentence.id, values: sentence.values ?? {} };
  return { id: String(sentence ?? ''), values: {} };
}

/* Of sentences in time order, the last one whose time has come. */
export function dueSentence(sentences, now) {
  return (sentences ?? []).filter((sentence) => !sentence.from || Date.parse(sentence.from) <= now).at(-1) ?? null;
}

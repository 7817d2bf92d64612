/* One live region: what is announced together is read in order, and what focus already reads is not read again. */

// Focus that the same change moves is read first; a screen reader would drop what is announced while it moves.
export const PAUSE_MS = 100;

/**
 * Return what has a screen reader announce a sentence, once, and takes back what no longer holds.
 *
 * @param {{
 *   region: () => HTMLElement,
 *   focusedText: () => string,
 *   later: (flush: () => void) => void,
 * }} options focusedText: what is read because it has focus; later: calls back after PAUSE_MS
 */
export function createAnnouncer({ region, focusedText, later }) {
  /** @type {string[]} */
  let waiting = [];

  function flush() {
    const focused = focusedText().trim();
    const texts = waiting.filter((text) => text !== focused);
    waiting = [];
    // New elements, so that a sentence that was announced before is announced again: the bank may say no twice.
    if (texts.length > 0) region().replaceChildren(...texts.map(line));
  }

  /** @param {string} text */
  function line(text) {
    const element = document.createElement('p');
    element.textContent = text;
    return element;
  }

  /** @param {string | null | undefined} sentence */
  function announce(sentence) {
    const text = sentence?.trim() ?? '';
    if (text === '' || waiting.includes(text)) return;
    waiting.push(text);
    later(flush);
  }

  /** @param {string} sentence */
  function withdraw(sentence) {
    waiting = waiting.filter((text) => text !== sentence.trim());
    for (const each of [...region().children]) if (each.textContent === sentence.trim()) each.remove();
  }

  return { announce, withdraw };
}

/**
 * Return what announces pieces of news: each once for as long as it holds.
 *
 * @param {(text: string) => void} announce
 * @param {(text: string) => void} [withdraw] takes back what holds no longer
 */
export function createNewsAnnouncer(announce, withdraw = () => {}) {
  /** @type {Map<string, string> | null} */
  let known = null;

  /**
   * @param {{key: string, text: string}[]} news what holds now
   * @param {{silent?: boolean}} [options] silent: it is only remembered
   */
  return function follow(news, { silent = false } = {}) {
    const before = known;
    // As it was announced: what has been corrected since, such as its second, is taken back in the old words.
    const now = new Map(news.map(({ key, text }) => [key, before?.get(key) ?? text]));
    known = now;
    if (before === null) return;
    for (const [key, text] of before) if (!now.has(key)) withdraw(text);
    if (silent) return;
    for (const { key, text } of news) if (!before.has(key)) announce(text);
  };
}

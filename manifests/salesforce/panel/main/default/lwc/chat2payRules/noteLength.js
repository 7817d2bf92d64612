/* Written by tools/copy_page_rules.py from connector/web/static/agent/note/note_length.js: change that file. */
/* How long a note may be, in characters as a person counts them. */

const LONGEST = 140;
const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Return how many characters a person sees. @param {string} text */
export const charactersOf = (text) => [...segments.segment(text)].length;

/** Return how many more characters a note may have; below 0: it is too long. @param {string} text */
export const charactersLeft = (text) => LONGEST - charactersOf(text.trim());

/* Written by tools/copy_page_rules.py from connector/web/static/agent/digits.js: change that file. */
/* Digits as people write them in any script. */

const DIGIT = /\p{Nd}/u;

/** Return a text with the digits of every script as ASCII digits. @param {string} text */
export const asciiDigits = (text) => text.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
  const code = /** @type {number} */ (digit.codePointAt(0));
  let zero = code;
  // A script's ten digits stand together, and so do its sets of digits.
  while (DIGIT.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
});

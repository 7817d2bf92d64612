/* Written by tools/copy_page_rules.py from connector/web/static/agent/card_numbers.js: change that file. */
/* Card numbers in what an agent types: the server's rule (foundation/cards.py), so that none of them is sent, not even to be refused. */
import { asciiDigits } from './digits';

/* What nobody sees, first and last of each range; tests/shared/card_numbers.json holds the cases of this file and the server's. */
const UNSEEN = [
  [0xAD, 0xAD], [0x300, 0x36F], [0x483, 0x489], [0x600, 0x605], [0x61C, 0x61C], [0x6DD, 0x6DD], [0x70F, 0x70F], [0x890, 0x891], [0x8E2, 0x8E2],
  [0x115F, 0x1160], [0x17B4, 0x17B5], [0x180B, 0x180F], [0x1AB0, 0x1AFF], [0x1DC0, 0x1DFF], [0x200B, 0x200F], [0x202A, 0x202E],
  [0x2060, 0x206F], [0x20D0, 0x20FF], [0x2800, 0x2800], [0x3164, 0x3164], [0xFE00, 0xFE0F], [0xFE20, 0xFE2F], [0xFEFF, 0xFEFF],
  [0xFFA0, 0xFFA0], [0xFFF0, 0xFFFB], [0x110BD, 0x110BD], [0x110CD, 0x110CD], [0x13430, 0x1343F], [0x1BCA0, 0x1BCA3],
  [0x1D173, 0x1D17A], [0xE0000, 0xE0FFF],
];
// Digits that are pictures: raised, lowered, in circles and brackets, with a point or comma.
const RAISED = '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079';
// The first of each row of such digits, the digit that it is, and how many there are.
const ROWS = [
  [0x2080, 0, 10], [0x2460, 1, 9], [0x2474, 1, 9], [0x2488, 1, 9], [0x24EA, 0, 1], [0x24F5, 1, 9], [0x24FF, 0, 1],
  [0x2776, 1, 9], [0x2780, 1, 9], [0x278A, 1, 9], [0x1F100, 0, 1], [0x1F101, 0, 10],
];
const PICTURED = /[\u00b2\u00b3\u00b9\u2070-\u2089\u2460-\u24ff\u2776-\u2792\u{1f100}-\u{1f10a}]/gu;
// Thirteen digits with no letter between them, and a plus before them.
const STRETCH = /\+?[0-9](?:[^0-9A-Za-z]*[0-9]){12,}/g;
const BLANK = '\\s\\x00-\\x1f\\x7f-\\x9f\\u002d\\u0640\\u2010-\\u2015\\u2043\\u2212\\u301c\\u3030\\u30fc\\ufe58\\ufe63\\uff0d';
const BLANKS = new RegExp(`^[${BLANK}]+$`, 'u');
// Every other mark stands in amounts, times, places and lists, too: only in a card's own groups does it part a number.
const MARKS = new RegExp(`^\\s{0,9}(?:[^\\p{L}\\p{N}${BLANK}]\\s{0,9}){1,9}$`, 'u');
const CARDS_GROUPS = /^(?:444[1-7]|4444[1-3]|46[45]|1{13,19}|2{6,9}[12])$/;
const DECIMAL = /[.,\u00b7\u066b\u066c\uff0c\uff0e]/;
const OF_LISTS = /[.,\u00b7\u066b\u066c\uff0c\uff0e;\u060c\u061b\u3001\uff1b]/;
const SHORTEST = 13;
const LONGEST = 19;
/** @type {[number, number, number[]][]} first and last beginning of a network's numbers, and how long they are */
const NETWORKS = [
  [4, 4, [13, 16, 19]], [51, 55, [16]], [2221, 2720, [16]], [34, 34, [15]], [37, 37, [15]], [300, 305, [14, 16, 19]], [36, 36, [14, 16, 19]],
  [38, 39, [14, 16, 19]], [6011, 6011, [16, 19]], [644, 659, [16, 19]], [3528, 3589, [16, 17, 18, 19]], [62, 62, [16, 17, 18, 19]],
  [50, 50, [13, 14, 15, 16, 17, 18, 19]], [56, 58, [13, 14, 15, 16, 17, 18, 19]], [63, 63, [13, 14, 15, 16, 17, 18, 19]],
  [67, 67, [13, 14, 15, 16, 17, 18, 19]],
];

/** @param {string} one */
const codeOf = (one) => /** @type {number} */ (one.codePointAt(0));

/** @param {string} one */
const isUnseen = (one) => UNSEEN.some(([first, last]) => codeOf(one) >= first && codeOf(one) <= last);

/** @param {string} one */
function pictured(one) {
  const code = codeOf(one);
  const raised = RAISED.indexOf(one);
  if (raised >= 0) return String(raised);
  const row = ROWS.find(([first, , count]) => code >= first && code < first + count);
  return row ? String(row[1] + code - row[0]) : one;
}

/** Return whether the check digit is right by the Luhn algorithm. @param {string} digits */
export function checks(digits) {
  let sum = 0;
  [...digits].reverse().forEach((digit, place) => {
    const value = Number(digit) * (place % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return sum % 10 === 0;
}

/** @param {string} digits */
const isCard = (digits) => NETWORKS.some(([first, last, lengths]) => {
  const beginning = Number(digits.slice(0, String(first).length));
  return beginning >= first && beginning <= last && lengths.includes(digits.length);
}) && checks(digits);

/** Return the marks between two groups; empty for blanks and dashes, null where they part two numbers. @param {string} gap */
function marksOf(gap) {
  if (BLANKS.test(gap)) return '';
  return MARKS.test(gap) ? gap.replaceAll(/\s/g, '') : null;
}

/** @param {string[]} groups @param {string} marks */
function partOneNumber(groups, marks) {
  if (marks === '') return true;
  const lengths = groups.map((one) => one.length).join('');
  if (!CARDS_GROUPS.test(lengths) || (lengths.startsWith('2') && OF_LISTS.test(marks))) return false;
  return new Set(marks).size === 1 || (lengths.startsWith('4') && !DECIMAL.test(marks));
}

/**
 * Return whether a card number begins with the first group.
 * @param {string[]} groups
 * @param {(string | null)[]} gaps
 * @param {number} shortest
 */
function beginsCard(groups, gaps, shortest) {
  let digits = '';
  for (let count = 1; count <= groups.length; count += 1) {
    const gap = count > 1 ? gaps[count - 2] : gaps[0];
    // Blanks alone, or marks alone, part one number.
    if (count > 1 && (gap === null || (gap === '') !== (gaps[0] === ''))) return false;
    digits += groups[count - 1];
    if (digits.length > LONGEST) return false;
    if (digits.length >= shortest && isCard(digits) && partOneNumber(groups.slice(0, count), gaps.slice(0, count - 1).join(''))) return true;
  }
  return false;
}

/** @param {string} stretch */
function holdsCard(stretch) {
  const groups = stretch.match(/[0-9]+/g) ?? [];
  // The text before each group, the first one's too.
  const before = stretch.split(/[0-9]+/).slice(0, -1);
  const gaps = before.slice(1).map(marksOf);
  // A German mobile number in full has thirteen digits, as Visa's numbers of long ago: behind a plus they are a phone's.
  const shortest = before.map((one) => (one.endsWith('+') ? SHORTEST + 1 : SHORTEST));
  return groups.some((_, at) => beginsCard(groups.slice(at, at + LONGEST), gaps.slice(at, at + LONGEST - 1), shortest[at]));
}

/** Return whether a text holds a card number: a network's beginning and length, and a right check digit. @param {string} text */
export function hasCardNumber(text) {
  const characters = [...asciiDigits(text.replace(PICTURED, pictured))];
  // What nobody sees may part two numbers, or stand inside of one group.
  return [' ', ''].some((unseen) => {
    const plain = characters.map((one) => (isUnseen(one) ? unseen : one)).join('');
    return (plain.match(STRETCH) ?? []).some(holdsCard);
  });
}

/** Return whether what stands in a field for phone numbers may be a card number: 15 to 19 digits that pass the check. @param {string} text */
export function looksLikeCard(text) {
  const digits = asciiDigits(text.replace(PICTURED, pictured)).replaceAll(/\D/g, '');
  // With 15 digits only American Express: phone numbers can be as long.
  if (digits.length < 15 || digits.length > LONGEST || (digits.length === 15 && !/^3[47]/.test(digits))) return false;
  return checks(digits);
}

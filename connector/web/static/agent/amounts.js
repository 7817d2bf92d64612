/* Amounts as people type them, read into decimal texts, and exact sums of decimal texts: no float comes near money. */
import { asciiDigits } from './digits.js';

/** @typedef {{id: string, values: Record<string, unknown>}} Refused the sentence that says what would be right */
/** @typedef {{amount: string} | {refused: Refused}} Read amount: a decimal text with the currency's own digits */
/** @typedef {{currency: string, locale: string, maximum: string, minimum?: string | null, step?: string | null}} Frame maximum: the most, with the digits that the currency has here; step: what each amount is a multiple of */

const MARK = /[.,\u060C\u066B\u066C]/g;
// Also what turns the direction of a text: it comes along with a copied amount, and nobody sees it.
const BLANKS = /[\s'\u2019_\u061C\u200E\u200F\u2066-\u2069]/g;
const IS_NUMBER = /^\d(?:[\d.,\u060C\u066B\u066C]*\d)?$/;
const IS_WHOLE = /^(?:\d+|\d{1,3}([.,\u060C\u066C])\d{3}(?:\1\d{3})*)$/;
// Arabic has a mark of its own for each; what its keyboards have, its comma, is read as a comma of no locale.
const DECIMALS = '\u066B';
const GROUPS = '\u066C';

/** @param {string} decimal */
export const digitsAfterPoint = (decimal) => decimal.split('.')[1]?.length ?? 0;

/** Return a decimal text as a whole number of its smallest units. @param {string} decimal @param {number} digits */
function unitsOf(decimal, digits) {
  const [whole, rest = ''] = decimal.replace('-', '').split('.');
  const units = BigInt(whole + rest.padEnd(digits, '0').slice(0, digits));
  return decimal.startsWith('-') ? -units : units;
}

/** @param {bigint} units @param {number} digits */
function decimalOf(units, digits) {
  const text = String(units < 0n ? -units : units).padStart(digits + 1, '0');
  const sign = units < 0n ? '-' : '';
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** @param {string} a @param {string} b */
const digitsOfBoth = (a, b) => Math.max(digitsAfterPoint(a), digitsAfterPoint(b));

/** Return below zero, zero or above zero, as a sort does. @param {string} a @param {string} b */
export function compareAmounts(a, b) {
  const digits = digitsOfBoth(a, b);
  const difference = unitsOf(a, digits) - unitsOf(b, digits);
  return difference < 0n ? -1 : Number(difference > 0n);
}

/** @param {string} a @param {string} b */
export function subtractAmounts(a, b) {
  const digits = digitsOfBoth(a, b);
  return decimalOf(unitsOf(a, digits) - unitsOf(b, digits), digits);
}

/** @param {string} a @param {string} b */
export const lesserAmount = (a, b) => (compareAmounts(a, b) <= 0 ? a : b);

/** Return a share of an amount in its own digits, a half rounded up. @param {string} amount @param {string} percent */
function shareOf(amount, percent) {
  const digits = digitsAfterPoint(amount);
  const places = digitsAfterPoint(percent);
  const whole = 100n * 10n ** BigInt(places);
  const product = unitsOf(amount, digits) * unitsOf(percent, places);
  return decimalOf((2n * product + whole) / (2n * whole), digits);
}

/** Return the marks that a locale writes numbers with. @param {string} locale */
function marksOf(locale) {
  const parts = new Intl.NumberFormat(locale, { numberingSystem: 'latn' }).formatToParts(12345.6);
  /** @param {string} type */
  const mark = (type) => parts.find((part) => part.type === type)?.value;
  return { decimal: mark('decimal') ?? '.', group: mark('group') ?? '' };
}

/**
 * Return a typed number as a decimal text; null where it is none, or could be two. Of a point and a comma the last one parts the
 * decimals. One mark alone does so, too, except before three digits: there the locale's grouping mark groups, its decimal mark
 * parts the decimals of a currency that has three, and anything else is asked again.
 *
 * @param {string} typed
 * @param {{locale: string, digits: number}} frame
 */
function decimalFrom(typed, frame) {
  const text = asciiDigits(typed).replaceAll(BLANKS, '');
  const place = IS_NUMBER.test(text) ? placeOfDecimals(text, frame) : null;
  if (place === null) return null;
  const whole = place < 0 ? text : text.slice(0, place);
  // What parts decimals does so once, and does not group as well.
  if (!IS_WHOLE.test(whole) || (place >= 0 && whole.includes(text[place]))) return null;
  const plain = whole.replaceAll(MARK, '');
  return place < 0 ? plain : `${plain}.${text.slice(place + 1)}`;
}

/** Return where the decimals are parted, below zero: nowhere; null: it could be either. @param {string} text @param {{locale: string, digits: number}} frame */
function placeOfDecimals(text, frame) {
  const marks = text.match(MARK) ?? [];
  const last = marks.at(-1);
  if (last === undefined) return -1;
  const place = text.lastIndexOf(last);
  const differ = new Set(marks).size > 1;
  if (last === GROUPS) return differ ? null : -1;
  if (differ || last === DECIMALS) return place;
  const isDecimal = marks.length === 1 && partsDecimals(last, text, frame);
  return isDecimal === null ? null : [-1, place][Number(isDecimal)];
}

/** Return whether the only mark parts decimals; null: it could be either. @param {string} mark @param {string} text @param {{locale: string, digits: number}} frame */
function partsDecimals(mark, text, { locale, digits }) {
  // No group of thousands begins with a zero.
  if (!/^[1-9]\d*\D\d{3}$/.test(text)) return true;
  const { decimal, group } = marksOf(locale);
  if (mark === group) return false;
  return mark === decimal && digits >= 3 ? true : null;
}

/** @param {string} decimal */
const isZero = (decimal) => /^[0.]*$/.test(decimal);

/** Return an amount as it can be typed anywhere. @param {number} digits */
const exampleOf = (digits) => (digits === 0 ? '1250' : `1250.${'5'.padEnd(digits, '0')}`);

/** @param {string} id @param {Frame} frame @returns {{refused: Refused}} */
function refuse(id, { currency, maximum, minimum }) {
  const digits = digitsAfterPoint(maximum);
  const limits = { maximum: { amount: maximum, currency }, minimum: { amount: minimum ?? '0', currency } };
  return { refused: { id, values: { ...limits, currency, digits: String(digits), example: exampleOf(digits) } } };
}

/** @param {string} amount @param {Frame} frame @returns {Read} */
function inSteps(amount, { currency, maximum, step }) {
  if (!step) return { amount };
  const digits = digitsOfBoth(amount, step);
  const over = unitsOf(amount, digits) % unitsOf(step, digits);
  if (over === 0n) return { amount };
  const below = decimalOf(unitsOf(amount, digits) - over, digits);
  const values = { step: { amount: step, currency }, nearest: { amount: isZero(below) ? step : below, currency } };
  // Where less than a step is due, there is no other amount to ask for.
  if (compareAmounts(maximum, step) >= 0) return { refused: { id: 'amount_not_in_steps', values } };
  return { refused: { id: 'due_not_in_steps', values: { ...values, due: { amount: maximum, currency } } } };
}

/** @param {string} decimal @param {Frame} frame @returns {Read} */
function within(decimal, frame) {
  const digits = digitsAfterPoint(frame.maximum);
  const rest = (decimal.split('.')[1] ?? '').slice(digits);
  if (!isZero(rest)) return refuse(digits === 0 ? 'amount_no_decimals' : 'amount_too_many_decimals', frame);
  const amount = decimalOf(unitsOf(decimal, digits), digits);
  if (isZero(amount)) return refuse('amount_not_above_zero', frame);
  if (compareAmounts(amount, frame.maximum) > 0) return refuse('amount_above_maximum', frame);
  if (compareAmounts(amount, frame.minimum ?? '0') < 0) return refuse('amount_below_minimum', frame);
  return inSteps(amount, frame);
}

/** Read an amount as people type it. @param {string} typed @param {Frame} frame @returns {Read} */
export function readAmount(typed, frame) {
  const decimal = decimalFrom(typed, { locale: frame.locale, digits: digitsAfterPoint(frame.maximum) });
  return decimal === null ? refuse('amount_not_read', frame) : within(decimal, frame);
}

/** Read an amount, or a share of the most in per cent. @param {string} typed @param {Frame} frame @returns {Read} */
export function readPart(typed, frame) {
  const percent = /^(.*?)\s*[%\u066A]$/s.exec(typed.trim())?.[1];
  if (percent === undefined) return readAmount(typed, frame);
  const share = decimalFrom(percent, { locale: frame.locale, digits: 2 });
  if (share === null || digitsAfterPoint(share) > 4) return refuse('amount_not_read', frame);
  if (compareAmounts(share, '100') > 0) return refuse('percent_above_hundred', frame);
  return within(shareOf(frame.maximum, share), frame);
}

/** Return an amount with other digits, the further ones left out. @param {string} amount @param {number} digits */
export const withDigits = (amount, digits) => decimalOf(unitsOf(amount, digits), digits);

/** Return an amount as it can be typed in a locale. @param {string} amount @param {string} locale */
export const typedForm = (amount, locale) => amount.replace('.', marksOf(locale).decimal);

/* Written by tools/copy_page_rules.py from connector/web/static/agent/format.js: change that file. */
/* Format single values for the agent: amounts, times, remaining times, the end of a phone number. */
import { asciiDigits } from './digits';

/** @typedef {{amount: string | null, currency: string | null}} Money */
/** @typedef {ReturnType<typeof createFormats>} Formats */

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur']);

/** @param {string} locale */
const plainOf = (locale) => locale.split('-')[0];

// The digits that agents read out are those of the numbers beside them, such as the end of a phone number, and of Salesforce.
/** @param {string} locale @param {string} language used where the browser takes no such locale */
function inLatinDigits(locale, language) {
  try {
    return new Intl.Locale(locale, { numberingSystem: 'latn' }).toString();
  } catch {
    return `${language}-u-nu-latn`;
  }
}

// An amount or a Latin name turns nothing around in a sentence that is written from right to left.
/** @param {string} text */
const isolated = (text) => (text === '' || text.startsWith('\u2068') ? text : `\u2068${text}\u2069`);

/**
 * Return the formats of one locale and time zone: numbers are of the locale, names of months of the language that is spoken.
 * Times are RFC 3339 texts, `now` is milliseconds since 1970.
 *
 * @param {{locale: string, language?: string, timeZone: string}} options
 */
export function createFormats({ locale: given, language = plainOf(given), timeZone }) {
  const locale = inLatinDigits(given, language);
  const worded = plainOf(locale) === language ? locale : inLatinDigits(language, language);
  const isolate = RIGHT_TO_LEFT.has(language) ? isolated : String;
  const day = /** @type {const} */ ({ timeZone, hourCycle: 'h23' });
  const time = new Intl.DateTimeFormat(locale, { ...day, hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const clock = new Intl.DateTimeFormat(locale, { ...day, hour: '2-digit', minute: '2-digit' });
  const dayAndMinute = /** @type {const} */ ({ ...day, day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
  const dayAndClock = new Intl.DateTimeFormat(worded, dayAndMinute);
  const yearToo = new Intl.DateTimeFormat(worded, { ...dayAndMinute, year: 'numeric' });
  const year = new Intl.DateTimeFormat(worded, { timeZone, year: 'numeric' });
  const date = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'short' });

  return {
    /** @param {string} at */
    time: (at) => time.format(new Date(at)),
    /** @param {string} at */
    clock: (at) => clock.format(new Date(at)),
    /** @param {string} at @param {number} now */
    moment(at, now) {
      const [then, today] = [new Date(at), new Date(now)];
      if (date.format(then) === date.format(today)) return time.format(then);
      // Without its year, what a customer paid two winters ago would look like this winter's.
      return (year.format(then) === year.format(today) ? dayAndClock : yearToo).format(then);
    },
    /** @param {Money} money */
    money: ({ amount, currency }) => isolate(formatMoney(locale, amount, currency)),
    /** A value inside a sentence. @param {string} text */
    value: (text) => isolate(text),
  };
}

/** Return a remaining time as minutes and seconds. @param {number} milliseconds */
export function left(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** @param {string} locale @param {string | null} amount @param {string | null} currency */
function formatMoney(locale, amount, currency) {
  if (amount === null || amount === undefined || amount === '') return '';
  if (!currency) return String(amount);
  // The amount's own digits: browsers show some currencies with fewer.
  const digits = String(amount).split('.')[1]?.length ?? 0;
  const parts = new Intl.NumberFormat(locale, {
    style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: digits, maximumFractionDigits: digits,
    // The amount stays a string: a float would round what has more than 15 digits. TypeScript asks for its literal type.
  }).formatToParts(/** @type {`${number}`} */ (amount));
  const symbol = parts.find((part) => part.type === 'currency');
  // A short symbol stands close ("R115.00"), a code apart ("KWD 115.000").
  const leads = symbol !== undefined && parts.findIndex((part) => part.type === 'integer') > parts.indexOf(symbol);
  const close = leads && symbol.value.length < 3;
  return parts
    .filter((part) => !(close && part.type === 'literal' && part.value.trim() === ''))
    // A hyphen would let a line end between the sign and the amount.
    .map((part) => (part.type === 'minusSign' ? '\u2212' : part.value))
    .join('');
}

/** Return the digits alone, whatever script they are of. @param {string} phone */
export const digitsOf = (phone) => asciiDigits(phone).replace(/\D/g, '');

/** Return the last four digits. @param {string} phone */
export const endOf = (phone) => digitsOf(phone).slice(-4);

/*
 * Knows how one value looks to an agent: an amount, a time of day, a time left, the end of a number.
 */
export function createFormats({ locale, timeZone }) {
  const day = { timeZone, hourCycle: 'h23' };
  const time = new Intl.DateTimeFormat(locale, { ...day, hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const clock = new Intl.DateTimeFormat(locale, { ...day, hour: '2-digit', minute: '2-digit' });
  const dayAndClock = new Intl.DateTimeFormat(locale, { ...day, day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
  const date = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'short' });

  return {
    time: (at) => time.format(new Date(at)),
    clock: (at) => clock.format(new Date(at)),
    moment: (at, now) => (date.format(new Date(at)) === date.format(new Date(now)) ? time : dayAndClock).format(new Date(at)),
    money: ({ amount, currency }) => money(locale, amount, currency),
  };
}

export function left(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

// The amount stays a string: a float never touches it, and its own digits are shown, whatever the browser believes of its
// currency. A short symbol stands close ("R115.00"), a code apart ("KWD 115.000").
function money(locale, amount, currency) {
  if (amount === null || amount === undefined || amount === '') return '';
  if (!currency) return String(amount);
  const digits = String(amount).split('.')[1]?.length ?? 0;
  const parts = new Intl.NumberFormat(locale, {
    style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).formatToParts(amount);
  const symbol = parts.find((part) => part.type === 'currency');
  const leads = parts.findIndex((part) => part.type === 'integer') > parts.indexOf(symbol);
  const close = symbol !== undefined && leads && symbol.value.length < 3;
  // A hyphen would let a line end between the sign and the amount.
  const text = (part) => (part.type === 'minusSign' ? '\u2212' : part.value);
  return parts.filter((part) => !(close && part.type === 'literal' && part.value.trim() === '')).map(text).join('');
}

export const digitsOf = (phone) => phone.replace(/\D/g, '');

export const endOf = (phone) => digitsOf(phone).slice(-4);

/* True for a number that a card scheme could have issued: 15 or 16 and more digits that pass the Luhn test. */
export function looksLikeCard(text) {
  const digits = digitsOf(text);
  if (digits.length < 15 || digits.length > 19 || (digits.length === 15 && !/^3[47]/.test(digits))) return false;
  let sum = 0;
  [...digits].reverse().forEach((digit, place) => {
    const value = Number(digit) * (place % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return sum % 10 === 0;
}

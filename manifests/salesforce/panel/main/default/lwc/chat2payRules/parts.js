/* Written by tools/copy_page_rules.py from connector/web/static/agent/form/parts.js: change that file. */
/* A part of what is due: how what is typed is read, what it is for, and what stays due. */
import { compareAmounts, readPart, subtractAmounts } from './amounts';


/** Return whether a part may be asked for now. @param {Order} order */
export const takesParts = (order) => order.limits.parts && order.can_send && compareAmounts(order.limits.maximum, '0') > 0;

/** Return how a part is read that is typed as an amount or in per cent; null: nothing is typed, so all is asked for. @param {Order} order @param {string} typed @param {string} locale @returns {Read | null} */
export function partOf(order, typed, locale) {
  if (typed.trim() === '' || !takesParts(order)) return null;
  return readPart(typed, { currency: order.currency, locale, maximum: order.limits.maximum, minimum: order.limits.minimum, step: order.limits.step });
}

/**
 * Return what a send asks for: the first part of an order is its deposit, and what completes it the balance.
 *
 * @param {Order} order
 * @param {string | null} part null: all that is due
 * @returns {{purpose: 'full' | 'deposit' | 'part' | 'balance', amount?: string}}
 */
export function askedFor(order, part) {
  const isBegun = compareAmounts(order.amount_paid, '0') > 0 || compareAmounts(order.amount_authorized, '0') > 0;
  if (part === null || compareAmounts(part, order.limits.maximum) === 0) return { purpose: isBegun ? 'balance' : 'full' };
  return { purpose: isBegun ? 'part' : 'deposit', amount: part };
}

/** Return what is said below the field. @param {Order} order @param {Read | null} read @returns {Said} */
export function partHint(order, read) {
  const { currency, limits } = order;
  if (read === null || !('amount' in read)) return { id: 'part_hint', values: { maximum: { amount: limits.maximum, currency } } };
  const rest = subtractAmounts(limits.maximum, read.amount);
  const values = { amount: { amount: read.amount, currency }, rest: { amount: rest, currency } };
  const least = limits.minimum ?? null;
  // The core would refuse a link for what is left; it may still be paid by other ways.
  const isStuck = least !== null && compareAmounts(rest, '0') > 0 && compareAmounts(rest, least) < 0;
  return isStuck ? { id: 'part_leaves_too_little', values: { ...values, minimum: { amount: least, currency } } } : { id: 'part_leaves', values };
}

/* Written by tools/copy_page_rules.py from connector/web/static/agent/following/pace.js: change that file. */
/* How fast a page asks for an order, by what may happen next. */
import { isUnderWay } from './orderRules';


/** @typedef {'paying' | 'under_way' | 'idle'} Pace */

const PAYS = new Set(['opened', 'declined']);
// Most customers open a link within minutes or much later; once it is opened the page asks fast again.
const FRESH_MS = 180000;

/**
 * Return the pace for an order: `paying` while its customer pays or may begin to, `under_way` while something else is awaited,
 * else `idle`.
 *
 * @param {Order} order
 * @param {number} now the server's time, in milliseconds since 1970
 * @returns {Pace}
 */
export function paceOf(order, now) {
  /** @param {PaymentRequest} request */
  const mayPay = (request) => request.live && (PAYS.has(request.status) || now - Date.parse(request.created_at) < FRESH_MS);
  if (order.payment_requests.some((request) => mayPay(request) || request.awaiting_confirmation)) return 'paying';
  return isUnderWay(order) ? 'under_way' : 'idle';
}

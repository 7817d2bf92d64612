/* Written by tools/copy_page_rules.py from connector/web/static/agent/page/pace.js: change that file. */
/* How fast a page asks for an order, by what may happen next. */
import { isUnderWay, liveRequest } from './orderRules';


/** @typedef {'live' | 'under_way' | 'idle'} Pace */

/**
 * Return the pace for an order: `live` while its customer may pay, `under_way` while something else is awaited, else `idle`.
 *
 * @param {Order} order
 * @returns {Pace}
 */
export function paceOf(order) {
  if (liveRequest(order) !== null) return 'live';
  return isUnderWay(order) ? 'under_way' : 'idle';
}

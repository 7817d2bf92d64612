/* What is asked before a link is replaced: for how much, by what, what the customer reads, and whether they agreed. */
import { amountChanged } from '../order_rules.js';

/** @import {Channel, Order, PaymentRequest} from '../server/api.js' */
/** @import {Said} from './reading.js' */

/** @param {Order} order @param {Channel} channel */
export const asksConsent = (order, channel) => order.consents[channel]?.state === 'ask';

/** Return the question before a link is replaced. @param {Order} order @param {PaymentRequest} request @param {Channel} channel @returns {Said} */
export function replaceQuestion(order, request, channel) {
  const amount = amountChanged(order, request)
    ? { amount: order.amount_due, currency: order.currency }
    : { amount: request.amount, currency: request.currency };
  const values = { amount, channel, phone_ending: request.phone_ending };
  return { id: asksConsent(order, channel) ? 'replace_question_agreed' : 'replace_question_send', values };
}

/** Return what the customer reads when a link is replaced. @param {Order} order @returns {Said} */
export const replaceTold = (order) => ({ id: order.replaces_in_one_message ? 'replace_told_once' : 'replace_told_twice', values: {} });

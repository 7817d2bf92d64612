/* What is asked before a link is replaced: for how much, by what, what the customer reads, and whether they agreed. */
import { amountChanged, asksForRest, unfollowed } from '../order_rules.js';

/** @import {Channel, Order, PaymentRequest} from '../server/api.js' */
/** @import {Said} from '../status/reading.js' */

const OVER = new Set(['expired', 'cancelled']);
const NO_MONEY = new Set(['none', 'declined']);

/** @param {PaymentRequest} request */
const isOpen = (request) => request.actions.includes('replace');

/** Return whether a new link's message may name this one. @param {PaymentRequest} request */
function mayBeNamed({ purpose, link_reference: link, status, states }) {
  return purpose === 'full' && link !== null && OVER.has(status) && NO_MONEY.has(states.money);
}

/**
 * Return the link whose place a send from the form takes; null: it takes nobody's place. A link that is over counts only where
 * the core names it in the new link's message.
 *
 * @param {Order} order
 * @param {PaymentRequest | null} request the one from which the form was opened
 */
export function replacedByForm(order, request) {
  if (request === null || isOpen(request)) return request;
  const over = unfollowed(order, request) ?? request;
  const isPlain = order.replaces_in_one_message && order.can_send && !asksForRest(order);
  return isPlain && mayBeNamed(over) ? over : null;
}

/**
 * Return whether the new link's message speaks of the old one: only who reads it and may have the old one understands that.
 *
 * @param {Order} order
 * @param {PaymentRequest} old
 * @param {string} [ending] of the number that the new link goes to
 */
export function speaksOfOld(order, old, ending = old.phone_ending) {
  return order.replaces_in_one_message && ending === old.phone_ending && old.states.message !== 'failed';
}

/** Return what the customer reads when a link is replaced. @param {Order} order @param {PaymentRequest} old @param {string} [ending] @returns {Said} */
export function replaceTold(order, old, ending = old.phone_ending) {
  if (speaksOfOld(order, old, ending)) return { id: 'replace_told_once', values: {} };
  if (order.replaces_in_one_message) return { id: 'replace_told_plain', values: {} };
  if (ending === old.phone_ending) return { id: 'replace_told_twice', values: {} };
  return { id: 'replace_told_apart', values: { phone_ending: old.phone_ending } };
}

/**
 * Return what the form says of the link whose place it takes.
 *
 * @param {Order} order
 * @param {PaymentRequest} old
 * @param {string} [ending] of the number in the form
 * @returns {Said[]}
 */
export function formReplaces(order, old, ending) {
  const values = { phone_ending: old.phone_ending };
  if (!isOpen(old)) return [{ id: 'form_replaces_closed', values }];
  return [{ id: 'form_replaces_live', values }, replaceTold(order, old, ending)];
}

/** @param {Order} order @param {Channel} channel */
export const asksConsent = (order, channel) => order.consents[channel]?.state === 'ask';

/** Return what a link that replaces another asks for. @param {Order} order @param {PaymentRequest} request */
function replacementAmount(order, request) {
  if (amountChanged(order, request)) return { amount: order.amount_due, currency: order.currency };
  return { amount: request.amount, currency: request.currency };
}

/** Return what a message would be asked for that replaces a link. @param {Order} order @param {PaymentRequest} request @param {Channel} channel */
export function replacementMessage(order, request, channel) {
  const { amount } = replacementAmount(order, request);
  return { channel, amount, ...(speaksOfOld(order, request) ? { replaces: true } : {}) };
}

/** Return the question before a link is replaced. @param {Order} order @param {PaymentRequest} request @param {Channel} channel @returns {Said} */
export function replaceQuestion(order, request, channel) {
  const values = { amount: replacementAmount(order, request), channel, phone_ending: request.phone_ending };
  return { id: asksConsent(order, channel) ? 'replace_question_agreed' : 'replace_question_send', values };
}

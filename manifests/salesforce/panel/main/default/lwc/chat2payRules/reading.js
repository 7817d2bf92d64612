/* Written by tools/copy_page_rules.py from connector/web/static/agent/status/reading.js: change that file. */
/* What is read from a payment request at a moment: its sentence, its tone, who sent it, how fresh it is. */
import { endOf } from './format';
import { featuredRequest, isOnlyPreviewed, isTotalKnown, isUndelivered, warningsOf } from './orderRules';
import { dueSentence } from './wording';


/** @typedef {{id: string, values?: Values | null}} Said */

/** @type {Partial<Record<PaymentRequest['status'], 'good' | 'warn' | 'bad' | 'quiet'>>} */
const TONES = {
  paid: 'good', part_paid: 'warn', in_review: 'warn', authorized: 'warn', unknown: 'warn', declined: 'bad', rejected: 'bad',
  expired: 'quiet', cancelled: 'quiet', reversed: 'quiet', created: 'quiet',
};
const SERIOUS = new Set([
  'overpaid', 'overpaid_part_returned', 'order_lowered', 'other_currency', 'other_currency_held', 'paid_after_close', 'paid_after_close_told',
  'paid_order_refuses', 'part_paid_order_refuses',
]);
// Why a person must look at a payment, unless it only says that money which did not count was given back.
/** @param {string} id */
const isAlarm = (id) => id === 'do_not_ship' || (id.startsWith('attention_') && !id.endsWith('_returned'));
const SECONDS_SHOWN = 60;
// Not what a right withholds: that is no news of the payment.
const HOLDS_UP = /^capture_off_|_unknown$/;

// The core's time for a step may correct ours, and a later writing has a time of its own: neither is news.
/** @param {string} name @param {unknown} value */
const untimed = (name, value) => (/^(.+_)?at$/.test(name) ? undefined : value);

/** Return the id of the status in one word; a link that was only previewed has not been opened. @param {PaymentRequest} request */
export const statusId = (request) => `status_${isOnlyPreviewed(request) ? 'sent' : request.status}`;

/** Return the one sentence of a request now. @param {PaymentRequest} request @param {number} now @returns {Sentence} */
export function mainSentence(request, now) {
  return dueSentence(request.sentences, now) ?? { id: statusId(request), values: {} };
}

/** Return what the agent may say now. @param {PaymentRequest} request @param {number} now */
export const sayOf = (request, now) => dueSentence(request.say, now);

/** Return the colour of a request: money that went wrong beats its status. @param {Order} order @param {PaymentRequest} request @param {number} now */
export function toneOf(order, request, now) {
  const main = mainSentence(request, now);
  const beside = warningsOf(order, request, main.id);
  const isSerious = isUndelivered(request) || [main, ...beside].some(({ id }) => SERIOUS.has(id) || isAlarm(id));
  return isSerious ? 'bad' : (TONES[request.status] ?? 'info');
}

/** @param {PaymentRequest} request @returns {Said} */
export function whoOf(request) {
  const { requested_by: sender, handled_by: handler } = request;
  const handedOver = Boolean(handler?.id) && handler.id !== sender?.id;
  return {
    id: handedOver ? 'requested_by_handled_by' : 'requested_by',
    values: { agent: sender?.name, handler: handler?.name, phone_ending: request.phone_ending },
  };
}

/** @param {PaymentRequest} request @param {{asking: boolean, now: number}} page @returns {Said} */
export function freshOf(request, { asking, now }) {
  if (asking) return { id: 'fresh_asking' };
  if (!request.proven_at) return { id: 'fresh_never' };
  const seconds = Math.max(0, Math.floor((now - Date.parse(request.proven_at)) / 1000));
  return seconds < SECONDS_SHOWN ? { id: 'fresh_seconds', values: { seconds: String(seconds) } } : { id: 'fresh_at', values: { at: request.proven_at } };
}

/**
 * Return why nothing more can be sent, where nothing else on the page says it.
 *
 * @param {Order} order
 * @param {PaymentRequest} request
 * @param {{userId: string, now: number}} page
 * @returns {Said | null}
 */
export function sendOffOf(order, request, { userId, now }) {
  const isOwn = request.live && request.requested_by.id === userId;
  const reason = order.can_send || isOwn ? null : (order.send_off ?? order.problems[0]?.sentence ?? null);
  const shown = ['live_link', mainSentence(request, now).id, ...order.sentences.map(({ id }) => id)];
  return reason && !shown.includes(reason.id) ? reason : null;
}

/**
 * Return what a screen reader must be told of an order: the request's sentence, each warning, and what holds its money up.
 *
 * @param {Order} order
 * @param {number} now
 * @param {(id: string, values?: Values | null) => string} text
 * @returns {{key: string, text: string}[]} key: changes when the sentence is news
 */
export function newsOf(order, now, text) {
  const request = featuredRequest(order);
  if (request === null) return [];
  const main = mainSentence(request, now);
  const said = [main, ...warningsOf(order, request, main.id), ...request.money_off.filter(({ id }) => HOLDS_UP.test(id))];
  return said.map(({ id, values }) => ({ key: JSON.stringify([request.reference, id, values], untimed), text: text(id, values) }));
}

/**
 * Return what a screen reader must be told of an order while its form is open: what prevents sending, the amount and the number.
 *
 * @param {Order} order
 * @param {(id: string, values?: Values | null) => string} text
 * @returns {{key: string, text: string}[]}
 */
export function formNewsOf(order, text) {
  /** @param {string} id @param {Values | null} [values] */
  const said = (id, values) => ({ key: JSON.stringify([id, values]), text: text(id, values) });
  const problems = order.problems.map(({ sentence: { id, values } }) => said(id, values));
  const number = order.phone_reading?.number;
  return [
    ...(problems.length > 0 || !order.can_send ? problems : [said('sendable')]),
    ...(isTotalKnown(order) ? [said('order_total_now', { total: { amount: order.total, currency: order.currency } })] : []),
    ...(number ? [{ key: number, text: text('order_number_now', { phone_ending: endOf(number) }) }] : []),
  ];
}

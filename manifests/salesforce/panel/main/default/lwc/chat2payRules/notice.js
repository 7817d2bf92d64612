/* Written by tools/copy_page_rules.py from connector/web/static/agent/status/notice.js: change that file. */
/* A notice, and when it ends: it belongs to a state of the request or of the form's order, and goes when that moves on. */
import { featuredRequest } from './orderRules';


/** @typedef {'request' | 'sending'} Subject request: the one that is shown; sending: what a send would send, and whether it may */

/**
 * Return the state of the request that is shown, as a text that changes with it. A message's way is no part of it: what became
 * of a link is as true after a delivery report as before.
 *
 * @param {Order} order
 */
export function requestMoment(order) {
  const request = featuredRequest(order);
  if (request === null) return '';
  const { reference, status, live, states, amount_authorized: held, amount_paid: paid, amount_reversed: reversed } = request;
  const { awaiting_confirmation: reported, attention, do_not_ship: stop, actions } = request;
  // Whether the customer could be told of a cancellation is known later than the cancellation.
  const told = status === 'cancelled' ? request.sentences.map(({ id }) => id) : null;
  return JSON.stringify([reference, status, live, states.link, states.money, held, paid, reversed, reported, attention, stop, actions, told]);
}

/** @param {Order} order */
function sendingMoment(order) {
  const { total, currency, amount_due: due, limits, can_send: canSend, send_off: sendOff, channels, problems } = order;
  const requests = order.payment_requests.map(({ reference, status, live }) => [reference, status, live]);
  const why = [sendOff?.id, ...problems.map(({ sentence }) => sentence.id)];
  return JSON.stringify([total, currency, due, limits.maximum, canSend, why, channels, order.phone_reading?.number, requests]);
}

const MOMENTS = { request: requestMoment, sending: sendingMoment };

export class Notice {
  /**
   * @param {{id: string, values?: Values | null}} sentence
   * @param {{subject: Subject, order: Order, after?: number | null}} of after: the answer came without the order, which may have
   *   changed before; the notice belongs to the first one that is read by a later question than this one
   */
  constructor({ id, values = {} }, { subject, order, after = null }) {
    this.id = id;
    this.values = values;
    this.subject = subject;
    this.after = after;
    this.moment = after === null ? MOMENTS[subject](order) : null;
  }

  /**
   * Return whether what the notice speaks of has moved on.
   *
   * @param {Order} order
   * @param {number} answered the number of the question that the order is the answer to
   */
  isOver(order, answered) {
    const now = MOMENTS[this.subject](order);
    if (this.moment === null && answered > (this.after ?? 0)) this.moment = now;
    return this.moment !== null && this.moment !== now;
  }
}

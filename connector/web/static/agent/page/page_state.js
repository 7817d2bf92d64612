/* The state of the page: the server's last answer, and what the agent has opened since. */
import { featuredRequest, liveRequest, mayOfferAgain } from '../order_rules.js';
import { replacedByForm } from '../confirmations/replacing.js';

/** @import {Values} from '../wording.js' */
/** @import {Order, PaymentRequest} from '../server/api.js' */
/** @import {Offers} from '../status/offers.js' */
/** @import {Notice} from '../status/notice.js' */

/** @typedef {{id: string, values?: Values}} Warning */

/** @typedef {PaymentRequest['withheld'][number]} Denial */

/** How its message travels says nothing of what the customer does with a link. @param {PaymentRequest['states']} states */
const useOf = ({ link, money }) => `${link} ${money}`;

/** @type {Denial[]} */
const IN_USE = [
  { action: 'cancel', sentence: { id: 'link_in_use', values: {} } },
  { action: 'replace', sentence: { id: 'link_in_use', values: {} } },
];

/** @param {Order} order @param {Map<string, Denial[]>} denials @returns {Order} */
function withoutDenied(order, denials) {
  if (denials.size === 0) return order;
  const requests = order.payment_requests.map((request) => {
    const denied = (denials.get(request.reference) ?? []).filter(({ action }) => request.actions.includes(action));
    if (denied.length === 0) return request;
    const actions = request.actions.filter((action) => !denied.some((one) => one.action === action));
    return { ...request, actions, withheld: [...request.withheld, ...denied] };
  });
  return { ...order, payment_requests: requests };
}

export class PageState {
  /** @param {{order: Order, answeredAt: number}} first the page's own data; times are the server's, in milliseconds */
  constructor({ order, answeredAt }) {
    this.order = order;
    /** @type {string | null} */
    this.etag = null;
    this.answeredAt = answeredAt;
    // The number of actions whose answers changed the order: a poll that was sent before one of them is older.
    this.changes = 0;
    this.asking = false;
    // The launch has ended: the server accepts no call any more.
    this.over = false;
    // The agent may not see the order any more: nothing of it is shown.
    this.withdrawn = false;
    // The server shows this order no longer, perhaps for a while: what is offered would be refused.
    this.barred = false;
    // The questions for the order are numbered: an answer to an early one may be older than what came meanwhile.
    this.asked = 0;
    this.answered = 0;
    /** @type {Map<string, Denial[]>} what the server refused this agent although the page offered it, by request */
    this.denials = new Map();
    /** @type {Map<string, string>} the states of requests whose links the payment core does not close for now */
    this.inUse = new Map();
    /** @type {Notice | null} the answer to the last action */
    this.notice = null;
    /** @type {Warning | null} why what is shown may be old */
    this.stale = null;
    /** @type {string | null} the request in whose place the agent wants to send a new one */
    this.reopened = null;
    /** @type {Offers | null} */
    this.offers = null;
  }

  /**
   * Offer no longer what the server has refused for want of a right, until the rights are read again.
   *
   * @param {PaymentRequest} request
   * @param {Denial} denial
   */
  deny({ reference }, denial) {
    this.denials.set(reference, [...(this.denials.get(reference) ?? []), denial]);
    this.take(this.order);
  }

  /** Offer no longer to close a link that the core has just refused to close, until its request moves on. @param {PaymentRequest} request */
  markInUse({ reference, states }) {
    this.inUse.set(reference, useOf(states));
  }

  /** Let the next answer offer again what it does. @param {string} reference */
  unmarkInUse(reference) {
    this.inUse.delete(reference);
    this.etag = null;
  }

  /** Take over the newest order. @param {Order} order */
  take(order) {
    const used = order.payment_requests.filter(({ reference, states }) => this.inUse.get(reference) === useOf(states));
    this.inUse = new Map(used.map(({ reference, states }) => [reference, useOf(states)]));
    this.order = withoutDenied(withoutDenied(order, this.denials), new Map(used.map(({ reference }) => [reference, IN_USE])));
    const live = liveRequest(order);
    if (live && (live.reference !== this.reopened || this.replaced() === null)) this.reopened = null;
  }

  /** Take over one request from the answer to an action. @param {PaymentRequest | null | undefined} request */
  takeRequest(request) {
    if (!request) return;
    const requests = this.order.payment_requests;
    const isKnown = requests.some((each) => each.reference === request.reference);
    const list = isKnown
      ? requests.map((each) => (each.reference === request.reference ? request : each))
      : [request, ...requests];
    this.changes += 1;
    this.etag = null;
    this.take({ ...this.order, payment_requests: list });
  }

  /** Take over the order's note, which is newer than any answer that is under way. @param {Order['note']} note */
  takeNote(note) {
    this.changes += 1;
    this.etag = null;
    this.take({ ...this.order, note });
  }

  /** Return whether the form is shown in place of a request. @param {PaymentRequest | null} request */
  showsForm(request) {
    if (request === null) return true;
    return this.reopened === request.reference && (mayOfferAgain(this.order) || this.replaced() !== null);
  }

  /** Return the link whose place a send from the form takes; null: nobody's. */
  replaced() {
    const request = featuredRequest(this.order);
    return request !== null && this.reopened === request.reference ? replacedByForm(this.order, request) : null;
  }
}

/* The state of the page: the server's last answer, and what the agent has opened since. */
import { featuredRequest, liveRequest, mayOfferAgain } from '../order_rules.js';
import { replacedByForm } from '../status/replacing.js';

/** @import {Values} from '../wording.js' */
/** @import {Order, PaymentRequest} from '../server/api.js' */
/** @import {Offers} from '../status/offers.js' */
/** @import {Notice} from './notice.js' */

/** @typedef {{id: string, values?: Values}} Warning */

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
    // The questions for the order are numbered: an answer to an early one may be older than what came meanwhile.
    this.asked = 0;
    this.answered = 0;
    /** @type {Notice | null} the answer to the last action */
    this.notice = null;
    /** @type {Warning | null} why what is shown may be old */
    this.stale = null;
    /** @type {string | null} the request in whose place the agent wants to send a new one */
    this.reopened = null;
    /** @type {Offers | null} */
    this.offers = null;
  }

  /** Take over the newest order. @param {Order} order */
  take(order) {
    this.order = order;
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

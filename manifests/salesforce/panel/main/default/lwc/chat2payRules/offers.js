/* Written by tools/copy_page_rules.py from connector/web/static/agent/status/offers.js: change that file. */
/* The buttons beside a payment request, and the channel that a new request would start with. */
import { amountChanged, asksForRest, deliveryFailed, mayOfferAgain, otherChannel, unopenedForLong } from './orderRules';


/** @typedef {{id: string, values: Values, channel: Channel}} Offer id: the sentence on the button */
/** @typedef {{cancel: boolean, release: boolean, replace: Offer | null, again: Offer | null}} Offers */

/** @param {Channel} channel */
const sendInstead = (channel) => ({ id: 'button_send_instead', values: { channel }, channel });

/** @param {Order} order @param {PaymentRequest} request @param {number} now @returns {Offers} */
export function offersOf(order, request, now) {
  const other = otherChannel(order, request);
  const cancel = request.actions.includes('cancel');
  return {
    cancel,
    release: request.actions.includes('release'),
    replace: cancel ? replaceOffer(order, request, other, now) : null,
    again: mayOfferAgain(order) ? againOffer(order, request, other) : null,
  };
}

/** @param {Order} order @param {PaymentRequest} request @param {Channel | null} other @param {number} now */
function replaceOffer(order, request, other, now) {
  if (amountChanged(order, request)) return { id: 'button_replace', values: {}, channel: request.channel };
  const notArriving = deliveryFailed(request) || unopenedForLong(request, now);
  return notArriving && other ? sendInstead(other) : null;
}

/** @param {Order} order @param {PaymentRequest} request @param {Channel | null} other */
function againOffer(order, request, other) {
  if (asksForRest(order)) return { id: 'button_send_rest', values: {}, channel: request.channel };
  if (deliveryFailed(request) && other) return sendInstead(other);
  return { id: 'button_send_again', values: {}, channel: request.channel };
}

/* Written by tools/copy_page_rules.py from connector/web/static/agent/status/offers.js: change that file. */
/* The buttons beside a payment request, and the channel that a new request would start with. */
import { amountChanged, asksForRest, mayOfferAgain, otherChannel, unopenedForLong } from './orderRules';
import { mainSentence } from './reading';


/** @typedef {{id: string, values: Values, channel: Channel}} Offer id: the sentence on the button */
/**
 * @typedef {{cancel: boolean, release: boolean, replace: Offer | null, renumber: Offer | null, again: Offer | null}} Offers
 *   renumber: replace the link by one to another number
 */

/** @param {Channel} channel */
const sendInstead = (channel) => ({ id: 'button_send_instead', values: { channel }, channel });

/** @param {PaymentRequest} request */
const sendAgain = ({ channel }) => ({ id: 'button_send_again', values: {}, channel });

/** @param {Order} order @param {PaymentRequest} request @param {number} now @returns {Offers} */
export function offersOf(order, request, now) {
  const other = otherChannel(order, request);
  const cancel = request.actions.includes('cancel');
  const mayReplace = request.actions.includes('replace');
  const replace = mayReplace ? replaceOffer(order, request, other, now) : null;
  return {
    cancel,
    // While the page says that we are finding out, nobody is offered to send beside it.
    release: request.actions.includes('release') && mainSentence(request, now).id !== 'unknown',
    replace,
    renumber: mayReplace ? (renumberOffer(request) ?? doubtedNumberOffer(request, now)) : null,
    again: mayOfferAgain(order) ? againOffer(order, request, other) : null,
  };
}

/** @param {Order} order @param {PaymentRequest} request @param {Channel | null} other @param {number} now */
function replaceOffer(order, request, other, now) {
  if (amountChanged(order, request)) return { id: 'button_replace', values: {}, channel: request.channel };
  if (request.remedy === 'send_again') return sendAgain(request);
  const notArriving = request.remedy === 'other_channel' || (!request.remedy && unopenedForLong(request, now));
  return notArriving && other ? sendInstead(other) : null;
}

/** @param {PaymentRequest} request */
const otherNumber = ({ channel }) => ({ id: 'button_other_number', values: {}, channel });

/** @param {PaymentRequest} request */
function renumberOffer(request) {
  return request.remedy === 'other_number' || request.remedy === 'other_channel' ? otherNumber(request) : null;
}

/** A link that nobody opens may have gone to a wrong number. @param {PaymentRequest} request @param {number} now */
function doubtedNumberOffer(request, now) {
  return !request.remedy && unopenedForLong(request, now) ? otherNumber(request) : null;
}

/** @param {Order} order @param {PaymentRequest} request @param {Channel | null} other */
function againOffer(order, request, other) {
  if (asksForRest(order)) return { id: 'button_send_rest', values: {}, channel: request.channel };
  if (request.remedy === 'other_channel' && other) return sendInstead(other);
  return renumberOffer(request) ?? sendAgain(request);
}

/* The rules of the page about an order: which request to show, whether to offer a new one, what counts down. */

/** @import {Values} from './wording.js' */
/** @import {Channel, Order, PaymentRequest} from './server/api.js' */

/** @typedef {{id: string, values?: Values}} Warning */
/** @typedef {{from: string | null, until: string, label: string}} Countdown */

const MONEY_STATES = new Set(['paid', 'overpaid', 'authorized', 'in_review']);
const MONEY_STATUSES = new Set(['paid', 'part_paid', 'authorized', 'in_review']);
const NO_TOTAL = new Set(['amount_missing', 'amount_unreadable']);
const OLD_PROOF_MS = 60000;
const UNOPENED_MS = 60000;

/** @param {Order} order */
export const liveRequest = (order) => order.payment_requests.find((request) => request.live) ?? null;

/** Return the request to show: the live one, else the one with the order's money, else the newest. @param {Order} order */
export function featuredRequest(order) {
  const hasMoney = MONEY_STATES.has(order.payment_state) || order.other_currencies.length > 0;
  const withMoney = hasMoney ? order.payment_requests.find((request) => MONEY_STATUSES.has(request.status)) : null;
  return liveRequest(order) ?? withMoney ?? order.payment_requests[0] ?? null;
}

/** @param {Order} order */
export function mayOfferAgain(order) {
  return order.can_send && liveRequest(order) === null;
}

// A review goes on when its link is closed and gives the order's live place back.
/** @param {PaymentRequest} request */
const mayChange = (request) => request.live || request.status === 'in_review';

/** Return whether a change is expected soon, so that the page polls fast. @param {Order} order */
export function isUnderWay(order) {
  return order.payment_requests.some(
    (request) => mayChange(request) || request.awaiting_confirmation || request.salesforce.state === 'waiting',
  );
}

/** Return the time by the connector's clock, which dates its proofs, where `now` is the core's. @param {Order} order @param {number} now */
export const proofNow = (order, now) => now - order.core_clock.ahead_ms;

/** @param {PaymentRequest | null} request @param {number} now the connector's time */
export function hasOldProof(request, now) {
  return request !== null && mayChange(request) && (!request.proven_at || now - Date.parse(request.proven_at) > OLD_PROOF_MS);
}

/** Return whether an open link was probably fetched for a preview alone: no sign yet of the customer. @param {PaymentRequest} request */
export const isOnlyPreviewed = (request) =>
  request.status === 'opened' && request.probable_preview && request.states.money === 'none';

/** Return whether the link waits for the customer to open it. @param {PaymentRequest} request */
const isUnopened = (request) => request.status === 'sent' || isOnlyPreviewed(request);

/** Return until when an unopened link works; a core that counts a preview as a click lets it be paid from then on. @param {PaymentRequest} request */
const openUntil = (request) => (isOnlyPreviewed(request) ? request.pay_by : request.open_by);

/** Return the countdown of a live link. @param {PaymentRequest} request @returns {Countdown | null} */
export function countdownOf(request) {
  // The deadline ends no charge that has begun, and the customer has nothing to open any more.
  if (!request.live || request.being_charged) return null;
  const opened = (request.status === 'opened' && !isOnlyPreviewed(request)) || request.status === 'declined';
  if (opened && request.pay_by) return { from: request.opened_at, until: request.pay_by, label: 'count_to_pay' };
  const until = openUntil(request);
  if (isUnopened(request) && until) return { from: request.sent_at ?? request.created_at, until, label: 'count_to_open' };
  return null;
}

/** Return whether the order has a readable total; without one its zero must not be shown as an amount. @param {Order} order */
export const isTotalKnown = (order) => !order.problems.some(({ sentence }) => NO_TOTAL.has(sentence.id));

/** Return an amount without trailing zeros, for comparison. @param {string} amount */
const withoutZeros = (amount) => String(amount).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');

/**
 * Return whether the order's total or currency differs now from what a live link asks for.
 *
 * @param {Order} order
 * @param {PaymentRequest} request
 */
export function amountChanged(order, request) {
  if (request.live && request.currency !== order.currency) return true;
  if (!request.live || (request.purpose !== 'full' && request.purpose !== 'balance')) return false;
  return ![order.total, order.amount_due, order.limits.maximum].map(withoutZeros).includes(withoutZeros(request.amount));
}

/** @param {Order} order @param {PaymentRequest} request @returns {Channel | null} */
export function otherChannel(order, request) {
  return order.channels.find((channel) => channel !== request.channel && order.consents[channel]?.state !== 'refused') ?? null;
}

/** Return whether the message failed, and nothing shows that the customer has the link. @param {PaymentRequest} request */
export const isUndelivered = (request) => isUnopened(request) && request.states.message === 'failed';

/** @param {PaymentRequest} request @param {number} now */
export function unopenedForLong(request, now) {
  if (!isUnopened(request) || !request.sent_at || now >= Date.parse(openUntil(request) ?? '')) return false;
  return now - Date.parse(request.sent_at) >= UNOPENED_MS;
}

/** Return whether a new request would be for what is left beside money that was taken or is held. @param {Order} order */
export const asksForRest = (order) => Number(order.amount_paid) > 0 || Number(order.amount_authorized) > 0;

/** Return whether the live link that prevents a send is the one that is being sent. @param {Order} order @param {boolean} sending */
export const isOurSend = (order, sending) => sending && order.send_off?.id === 'live_link';

/**
 * Return the link that was closed for a new one which was never sent: the request itself, or the one that it was to replace.
 *
 * @param {Order} order
 * @param {PaymentRequest} request
 */
export function unfollowed(order, request) {
  const near = [request, order.payment_requests.find(({ reference }) => reference === request.replaces)];
  return near.find((one) => one?.sentences.some(({ id }) => id === 'cancelled_unfollowed')) ?? null;
}

/**
 * Return whether the customer wants no more messages on the channel of a live link; consents are those of the order's own number.
 *
 * @param {Order} order
 * @param {PaymentRequest} request
 */
function hasStopped(order, request) {
  const isOwnNumber = order.phone_reading?.number.endsWith(request.phone_ending) ?? false;
  return request.live && isOwnNumber && order.consents[request.channel]?.sentence?.id === 'channel_stopped';
}

/**
 * Return the warnings beside the main sentence, the most serious first.
 *
 * @param {Order} order
 * @param {PaymentRequest} request
 * @param {string} mainId
 * @returns {Warning[]}
 */
export function warningsOf(order, request, mainId) {
  /** @type {Warning[]} */
  const warnings = [...order.sentences];
  if (amountChanged(order, request)) {
    const values = {
      new: { amount: order.total, currency: order.currency },
      old: { amount: request.amount, currency: request.currency },
    };
    warnings.push({ id: 'amount_changed', values });
  }
  const closed = unfollowed(order, request);
  if (closed !== null && closed !== request) warnings.push({ id: 'cancelled_unfollowed', values: { phone_ending: closed.phone_ending } });
  if (request.live && request.probable_preview) warnings.push({ id: 'probable_preview', values: {} });
  if (request.live && isOnlyPreviewed(request)) warnings.push({ id: 'preview_counts', values: { until: request.pay_by } });
  if (hasStopped(order, request)) warnings.push({ id: 'stopped_while_live', values: {} });
  return warnings.filter(({ id }) => id !== mainId);
}

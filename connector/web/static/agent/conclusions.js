/*
 * Knows what the page concludes from an order view: which request to show, whether a new one may be offered,
 * what counts down, how fast to poll. It touches neither the page nor the network.
 */
const MONEY_STATES = new Set(['paid', 'overpaid', 'authorized', 'in_review']);
const MONEY_STATUSES = new Set(['paid', 'authorized', 'in_review']);
const NOT_OVER = new Set(['unknown', 'sending', 'in_review', 'authorized']);
const PENDING = new Set(['unknown', 'sending', 'in_review']);
const OLD_PROOF_MS = 60000;
const UNOPENED_MS = 60000;

export const liveRequest = (order) => order.payment_requests.find((request) => request.live) ?? null;

export function featuredRequest(order) {
  const held = MONEY_STATES.has(order.payment_state) ? order.payment_requests.find((request) => MONEY_STATUSES.has(request.status)) : null;
  return liveRequest(order) ?? held ?? order.payment_requests[0] ?? null;
}

export function mayOfferAgain(order, request) {
  return order.can_send && liveRequest(order) === null && !NOT_OVER.has(request.status);
}

export function isUnderWay(order) {
  return order.payment_requests.some(
    (request) => request.live || request.awaiting_confirmation || PENDING.has(request.status) || request.salesforce?.state === 'waiting',
  );
}

export function hasOldProof(request, now) {
  return request !== null && request.live && (!request.proven_at || now - Date.parse(request.proven_at) > OLD_PROOF_MS);
}

/* What counts down on a live link, or null: {from, until, label}. */
export function countdownOf(request) {
  if (!request.live) return null;
  const opened = request.status === 'opened' || request.status === 'declined';
  if (opened && request.pay_by) return { from: request.opened_at, until: request.pay_by, label: 'count_to_pay' };
  if (request.status === 'sent' && request.open_by) {
    return { from: request.sent_at ?? request.created_at, until: request.open_by, label: 'count_to_open' };
  }
  return null;
}

/* The order's total moved away from what a live link asks for. */
export function amountChanged(order, request) {
  if (!request.live || request.purpose !== 'full' || request.currency !== order.currency) return false;
  return ![order.total, order.amount_due, order.limits.maximum].includes(request.amount);
}

export function otherChannel(order, request) {
  return order.channels.find((channel) => channel !== request.channel && order.consents?.[channel]?.state !== 'refused') ?? null;
}

export const deliveryFailed = (request) => request.states?.message === 'failed';

export function unopenedForLong(request, now) {
  if (request.status !== 'sent' || !request.sent_at || now >= Date.parse(request.open_by)) return false;
  return now - Date.parse(request.sent_at) >= UNOPENED_MS;
}

/* One thing that the agent must know beside the main sentence, or null. */
export function warningOf(order, request, mainId) {
  if (amountChanged(order, request)) {
    const money = (amount) => ({ amount, currency: order.currency });
    return { id: 'amount_changed', values: { new: money(order.total), old: money(request.amount) } };
  }
  if (order.send_off?.id === 'overpaid' && mainId !== 'overpaid') return order.send_off;
  if (request.live && deliveryFailed(request) && mainId !== 'cannot_deliver') return { id: 'cannot_deliver', values: { channel: request.channel } };
  if (request.live && request.probable_preview && mainId !== 'probable_preview') return { id: 'probable_preview', values: {} };
  return null;
}

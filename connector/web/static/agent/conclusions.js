/*
 * Knows what the page concludes from an order view: which request to show, whether a new one may be offered,
 * what counts down, how fast to poll. It touches neither the page nor the network.
 */
const MONEY_STATES = new Set(['paid', 'overpaid', 'authorized', 'in_review']);
const MONEY_STATUSES = new Set(['paid', 'part_paid', 'authorized', 'in_review']);
const OLD_PROOF_MS = 60000;
const UNOPENED_MS = 60000;

export const liveRequest = (order) => order.payment_requests.find((request) => request.live) ?? null;

export function featuredRequest(order) {
  const hasMoney = MONEY_STATES.has(order.payment_state) || order.other_currencies?.length > 0;
  const held = hasMoney ? order.payment_requests.find((request) => MONEY_STATUSES.has(request.status)) : null;
  return liveRequest(order) ?? held ?? order.payment_requests[0] ?? null;
}

export function mayOfferAgain(order) {
  return order.can_send && liveRequest(order) === null;
}

export function isUnderWay(order) {
  return order.payment_requests.some(
    (request) => request.live || request.awaiting_confirmation || request.salesforce?.state === 'waiting',
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

const NO_TOTAL = new Set(['amount_missing', 'amount_unreadable']);

/* False where Salesforce holds nothing that could be a total: then the order's zero is no amount to show. */
export const isTotalKnown = (order) => !(order.problems ?? []).some(({ sentence }) => NO_TOTAL.has(sentence.id));

const units = (amount) => String(amount).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');

/* The order's total, or its currency, moved away from what a live link asks for. */
export function amountChanged(order, request) {
  if (request.live && request.currency !== order.currency) return true;
  if (!request.live || request.purpose !== 'full') return false;
  return ![order.total, order.amount_due, order.limits.maximum].map(units).includes(units(request.amount));
}

export function otherChannel(order, request) {
  return order.channels.find((channel) => channel !== request.channel && order.consents?.[channel]?.state !== 'refused') ?? null;
}

export const deliveryFailed = (request) => request.states?.message === 'failed';

export function unopenedForLong(request, now) {
  if (request.status !== 'sent' || !request.sent_at || now >= Date.parse(request.open_by)) return false;
  return now - Date.parse(request.sent_at) >= UNOPENED_MS;
}

/* Whether a new request would be for what is left beside money that was taken or is held. */
export const asksForRest = (order) => Number(order.amount_paid) > 0 || Number(order.amount_authorized) > 0;

/* What the agent must know beside the main sentence, the gravest first. */
export function warningsOf(order, request, mainId) {
  const told = [...(order.sentences ?? [])];
  if (amountChanged(order, request)) {
    const money = (amount, { currency }) => ({ amount, currency });
    told.push({ id: 'amount_changed', values: { new: money(order.total, order), old: money(request.amount, request) } });
  }
  if (request.live && deliveryFailed(request)) told.push({ id: 'cannot_deliver', values: { channel: request.channel } });
  else if (request.live && request.probable_preview) told.push({ id: 'probable_preview', values: {} });
  return told.filter(({ id }) => id !== mainId);
}

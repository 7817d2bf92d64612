/* What an action is asked with, and how its answer changes the order that is shown. */

import { asksConsent } from 'c/chat2payRules';

/** Return the parameters of a verb from what the agent pressed and typed. */
export function parametersOf({ verb, reference, typed, channel }, { recordId: orderId, seen, order }) {
  const base = { orderId, reference };
  if (verb === 'release') return { ...base, reason: typed };
  if (verb === 'replace') {
    // The question that the agent answered with yes asked for the customer's word.
    return { ...base, wish: { channel, seen, ...(asksConsent(order, channel) ? { customerAgreed: true } : {}) } };
  }
  if (verb === 'capture') {
    const request = order.payment_requests.find((one) => one.reference === reference);
    const part = typed.replace(',', '.');
    return { ...base, amount: Number(part) === Number(request.amount_authorized) ? null : part };
  }
  return base;
}

/** Return the order with a request that an action answered. */
export function withRequest(order, request) {
  const requests = order.payment_requests;
  const isKnown = requests.some(({ reference }) => reference === request.reference);
  return {
    ...order,
    payment_requests: isKnown
      ? requests.map((one) => (one.reference === request.reference ? request : one))
      : [request, ...requests],
  };
}

/** Return whether the order that was read holds a request that the one before did not. */
export function hasNewRequest(before, read) {
  const known = new Set(before.payment_requests.map(({ reference }) => reference));
  return read.payment_requests.some(({ reference }) => !known.has(reference));
}

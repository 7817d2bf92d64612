/* What an action is asked with, and how its answer changes the order that is shown. */

import { asksConsent, captureBody, mayOfferAgain, replacedByForm } from 'c/chat2payRules';

/** Return the parameters of a verb from what the agent pressed and typed. */
export function parametersOf({ verb, reference, typed, channel }, { recordId: orderId, seen, order }) {
  const base = { orderId, reference };
  if (verb === 'release') return { ...base, reason: typed };
  if (verb === 'replace') {
    // The question that the agent answered with yes asked for the customer's consent.
    return { ...base, command: { channel, seen, ...(asksConsent(order, channel) ? { customerAgreed: true } : {}) } };
  }
  if (verb === 'capture') {
    const request = order.payment_requests.find((one) => one.reference === reference);
    return { ...base, amount: captureBody(request, typed).amount ?? null };
  }
  return base;
}

/** Return the link whose place a send from the form takes, or null. */
export function replacedLink({ order, request, reopened }) {
  return request && reopened === request.reference ? replacedByForm(order, request) : null;
}

/** Return whether the form is shown in place of a request. */
export function showsForm({ order, request, reopened, sending, replaced }) {
  if (order === null || request === null) return order !== null;
  if (reopened !== request.reference) return false;
  return sending || mayOfferAgain(order) || replaced !== null;
}

/** Send what the form asks for, in the place of the link that it replaces; return the request, and a replacement's sentence. */
export async function sendForm(act, command, { recordId: orderId, replaced }) {
  if (replaced !== null) {
    const { reference } = replaced;
    // A replacement keeps the purpose of the link that it replaces.
    const answer = await act('replace', { orderId, reference, command: { ...command, purpose: null } });
    const { outcome, body, sentence } = answer;
    // Of a link that is over the panel knows enough: where its end cannot be shown once more, the new one is sent alone.
    // Where the end turns out to be none, because somebody paid or is paying, nothing else is sent.
    if (outcome !== 'unknown' || body.reference !== reference || replaced.live) return { body, sentence };
  }
  const { body } = await act('send', { orderId, command });
  return { body, sentence: null };
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

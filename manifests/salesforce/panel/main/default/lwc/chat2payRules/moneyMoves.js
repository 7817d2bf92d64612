/* Written by tools/copy_page_rules.py from connector/web/static/agent/money/money_moves.js: change that file. */
/* What can be done with a payment's money: take what is held, all or a part, or give back; how much, and the questions before it. */
import { compareAmounts, digitsAfterPoint, lesserAmount, readAmount, subtractAmounts, withDigits } from './amounts';


/** @typedef {'capture' | 'reverse'} Move */
/** @typedef {{capture: Said | null, reverse: Said | null}} Moves the buttons */
/** @typedef {{question: Said, means: Said | null, yes: string}} MoveQuestion means: what else it brings about */

/** @param {string} amount */
const isZero = (amount) => compareAmounts(amount, '0') <= 0;

/**
 * Return the most that can be taken now: no more than is held, and no more than is due; null where nothing can be.
 *
 * @param {Order} order
 * @param {PaymentRequest} request
 * @param {number} now
 */
export function mostToCapture(order, request, now) {
  const isOver = request.capture_before !== null && now >= Date.parse(request.capture_before);
  if (isOver || !request.actions.includes('capture')) return null;
  const { amount_authorized: held } = request;
  // What is due in another currency says nothing about this money.
  const most = request.currency === order.currency ? lesserAmount(held, order.amount_due) : held;
  return isZero(most) ? null : withDigits(most, digitsAfterPoint(held));
}

/** Return what giving back would move: what was taken, else what is held. @param {PaymentRequest} request */
export function reversible(request) {
  const isTaken = !isZero(request.amount_paid);
  return { isTaken, amount: { amount: isTaken ? request.amount_paid : request.amount_authorized, currency: request.currency } };
}

/** @param {Order} order @param {PaymentRequest} request @param {number} now @returns {Moves} */
export function movesOf(order, request, now) {
  const most = mostToCapture(order, request, now);
  const { isTaken, amount } = reversible(request);
  return {
    capture: most === null ? null : { id: 'button_capture', values: { amount: { amount: most, currency: request.currency } } },
    reverse: request.actions.includes('reverse') ? { id: isTaken ? 'button_reverse' : 'button_release_hold', values: { amount } } : null,
  };
}

/** Read the amount to take. @param {string} typed @param {{request: PaymentRequest, most: string, locale: string}} of @returns {Read} */
export const readCapture = (typed, { request, most, locale }) => readAmount(typed, { currency: request.currency, locale, maximum: most });

/** Return the question before money is taken. @param {PaymentRequest} request @param {Read} read @returns {MoveQuestion} */
export function captureQuestion(request, read) {
  const { currency, amount_authorized: held } = request;
  if ('refused' in read) {
    return { question: { id: 'capture_question_open', values: { held: { amount: held, currency } } }, means: null, yes: 'button_capture_yes' };
  }
  const rest = subtractAmounts(held, read.amount);
  const values = { rest: { amount: rest, currency }, held: { amount: held, currency } };
  return {
    question: { id: 'capture_question', values: { amount: { amount: read.amount, currency } } },
    means: isZero(rest) ? null : { id: 'capture_rest', values },
    yes: 'button_capture_yes',
  };
}

/** Return the question before money is given back, or let go. @param {PaymentRequest} request @returns {MoveQuestion} */
export function reverseQuestion(request) {
  const { isTaken, amount } = reversible(request);
  return isTaken
    ? { question: { id: 'reverse_question', values: { amount } }, means: { id: 'reverse_means' }, yes: 'button_reverse_yes' }
    : { question: { id: 'release_hold_question', values: { amount } }, means: null, yes: 'button_release_hold_yes' };
}

/** Return what is sent to take an amount: none where it is all that is held. @param {PaymentRequest} request @param {string} amount */
export const captureBody = (request, amount) => (compareAmounts(amount, request.amount_authorized) === 0 ? {} : { amount });

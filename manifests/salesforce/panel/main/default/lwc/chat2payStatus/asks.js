/* The questions before something is done to a payment request; where it moves money, they name the amount. */
import { replaceQuestion, replaceTold } from 'c/chat2payRules';

const money = (amount, currency) => ({ amount, currency });
const DECIMAL = /^\d+(\.\d+)?$/;

/** Return what giving money back would move: what was taken, else what is held. */
export function reversible(request) {
  const isTaken = Number(request.amount_paid) > 0;
  return { isTaken, amount: money(isTaken ? request.amount_paid : request.amount_authorized, request.currency) };
}

/** Return what taking held money would move. */
export const held = (request) => money(request.amount_authorized, request.currency);

// As it will be sent: with a point. What is no amount is refused, so the question then names all that is held.
function takenBy(request, typed) {
  const part = (typed ?? '').trim().replace(',', '.');
  return DECIMAL.test(part) ? money(part, request.currency) : held(request);
}

const QUESTIONS = {
  cancel: () => ({ question: ['cancel_question'], yes: ['button_cancel_yes'], working: ['button_cancelling'] }),
  replace: ({ order, request, offer }) => {
    const { id, values } = replaceQuestion(order, request, offer.channel);
    return { question: [id, values], told: replaceTold(order).id, yes: ['button_replace_send'] };
  },
  release: () => ({
    question: ['release_question'],
    yes: ['button_release_yes'],
    working: ['button_releasing'],
    input: { label: ['label_release_reason'], missing: ['release_reason_missing'], value: '' },
  }),
  capture: ({ request, typed }) => ({
    question: ['capture_question', { amount: takenBy(request, typed) }],
    yes: ['button_capture_yes'],
    input: { label: ['label_amount'], missing: ['capture_nothing_held'], value: request.amount_authorized },
  }),
  reverse: ({ request }) => {
    const { isTaken, amount } = reversible(request);
    const word = isTaken ? 'reverse' : 'release_hold';
    return { question: [`${word}_question`, { amount }], yes: [`button_${word}_yes`] };
  },
};

/**
 * Return the question before a verb, as chat2payConfirm shows it. `facts` holds the order, the request, the offer of the button,
 * and what is typed so far.
 */
export function askFor(verb, facts, text) {
  const { question, told = null, yes, working = ['button_working'], input = null } = QUESTIONS[verb](facts);
  return {
    question: text(...question),
    told: told && text(told),
    yes: text(...yes),
    no: text('button_cancel_no'),
    working: text(...working),
    input: input && { label: text(...input.label), missing: text(...input.missing), value: input.value },
  };
}

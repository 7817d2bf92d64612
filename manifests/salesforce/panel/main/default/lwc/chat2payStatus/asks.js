/* The questions before something is done to a payment request; where it moves money, they name the amount. */
import { captureQuestion, replaceQuestion, replaceTold, reverseQuestion, typedForm } from 'c/chat2payRules';

// A question of the page's rules, with `told`: what else it brings about.
const asked = ({ question, means, yes }) => ({
  question: [question.id, question.values],
  told: means && [means.id, means.values],
  yes: [yes],
});

const QUESTIONS = {
  cancel: () => ({ question: ['cancel_question'], yes: ['button_cancel_yes'], working: ['button_cancelling'] }),
  replace: ({ order, request, offer }) => {
    const { id, values } = replaceQuestion(order, request, offer.channel);
    const told = replaceTold(order, request);
    return { question: [id, values], told: [told.id, told.values], yes: ['button_replace_send'] };
  },
  release: () => ({
    question: ['release_question'],
    yes: ['button_release_yes'],
    working: ['button_releasing'],
    input: { label: ['label_release_reason'], missing: ['release_reason_missing'], value: '' },
  }),
  capture: ({ request, most, read, locale }) => ({
    ...asked(captureQuestion(request, read)),
    input: {
      label: ['label_amount'],
      value: typedForm(most, locale),
      hint: ['amount_hint', { maximum: { amount: most, currency: request.currency } }],
      refusal: read.refused ? [read.refused.id, read.refused.values] : null,
    },
  }),
  reverse: ({ request }) => asked(reverseQuestion(request)),
};

/**
 * Return the question before a verb, as chat2payConfirm shows it. `facts` holds the order, the request, the offer of the button,
 * and of a capture the most that can be taken and how the typed amount is read.
 */
export function askFor(verb, facts, text) {
  const { question, told = null, yes, working = ['button_working'], input = null } = QUESTIONS[verb](facts);
  return {
    question: text(...question),
    told: told && text(...told),
    yes: text(...yes),
    no: text('button_cancel_no'),
    working: text(...working),
    input: input && {
      label: text(...input.label),
      missing: input.missing && text(...input.missing),
      value: input.value,
      hint: input.hint && text(...input.hint),
      refusal: input.refusal && text(...input.refusal),
    },
  };
}

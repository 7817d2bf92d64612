/* Why this agent may not do to a payment request what another could: one sentence for each reason. */

/** @import {PaymentRequest, Sentence} from '../server/api.js' */

const MONEY = new Set(['capture', 'reverse']);

/**
 * Return the sentences, each once. What is said of money is said beside its own buttons.
 *
 * @param {PaymentRequest} request
 * @param {string | null} saidId the sentence that the page says of sending already
 * @returns {Sentence[]}
 */
export function withheldOf(request, saidId) {
  const sentences = request.withheld
    .filter(({ action, sentence }) => sentence.id !== saidId && !MONEY.has(action))
    .map(({ sentence }) => sentence);
  return [...new Map(sentences.map((one) => [JSON.stringify(one), one])).values()];
}

/* Written by tools/copy_page_rules.py from connector/web/static/agent/status/withheld.js: change that file. */
/* Why this agent may not do to a payment request what another could: one sentence for each reason. */


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

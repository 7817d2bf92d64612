/* Written by tools/copy_page_rules.py from connector/web/static/agent/status/withheld.js: change that file. */
/* Why this agent may not do to a payment request what another could: one sentence for each reason. */


// Of money it is said beside its buttons; of a release the request's own sentence sends to the supervisor, once it is time.
const SAID_ELSEWHERE = new Set(['capture', 'reverse', 'release']);

/**
 * Return the sentences, each once, that nothing else on the page says.
 *
 * @param {PaymentRequest} request
 * @param {string | null} saidId the sentence that the page says of sending already
 * @returns {Sentence[]}
 */
export function withheldOf(request, saidId) {
  const sentences = request.withheld
    .filter(({ action, sentence }) => sentence.id !== saidId && !SAID_ELSEWHERE.has(action))
    .map(({ sentence }) => sentence);
  return [...new Map(sentences.map((one) => [JSON.stringify(one), one])).values()];
}

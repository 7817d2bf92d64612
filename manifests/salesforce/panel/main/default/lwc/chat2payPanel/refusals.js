/* What the panel says when it cannot look at the order. */
const FAILURES_BEFORE_STALE = 2;
// Nothing of the order may be shown any more, or nothing will come until an admin has acted.
const FINAL = new Set(['no_access', 'wrong_org', 'not_set_up', 'forbidden', 'invalid']);

/**
 * Return the sentence, null while a single lost answer needs none, and whether it ends what is shown.
 *
 * @param refused the error
 * @param failures how many in a row
 * @param at what is shown is from this time
 * @param isShown whether an order is shown
 */
export function staleOf(refused, failures, at, isShown) {
  const isFinal = FINAL.has(refused.code);
  const isLost = refused.code === null || refused.isUncertain || refused.code === 'no_answer';
  if (isFinal || !isShown) {
    const sentence = refused.code === null ? { id: 'panel_no_answer' } : refused.sentence;
    return { isFinal, sentence };
  }
  if (!isLost) return { isFinal, sentence: refused.sentence };
  return { isFinal, sentence: failures < FAILURES_BEFORE_STALE ? null : { id: 'not_fresh', values: { at } } };
}

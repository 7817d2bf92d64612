/* What the panel says of an action, until what it speaks of has moved on. */
import { Notice, asSentence, mainSentence } from 'c/chat2payRules';

// The request that the core did not take comes with the next answer and takes the form's place: its reason must outlive the form.
const WRITTEN_DOWN = new Set(['core_unavailable', 'core_refused']);

/** Return what is said of a send that was refused: the connector's sentence, where it gave one. */
export function sentenceOf({ isUncertain, cause, sentence }) {
  return isUncertain && cause === null ? { id: 'send_no_answer', values: {} } : sentence;
}

/** Return whether a send without success is a request all the same. */
export const isWrittenDown = ({ code, cause }) => WRITTEN_DOWN.has(cause ?? code);

/** Return the notice of an action's answer; null where there is none. */
export function noticeOf(sentence, { order, after = null }) {
  const said = asSentence(sentence);
  return said.id ? new Notice(said, { subject: 'request', order, after }) : null;
}

/** Return why nothing was sent, or that it is not known, as the form shows it. `asked`: the last question for the order. */
export function refusalOf(refused, { order, asked }) {
  const sentence = sentenceOf(refused);
  const isCertain = !refused.isUncertain || refused.cause !== null;
  return {
    sentence,
    code: refused.code,
    notice: new Notice(sentence, { subject: 'sending', order, after: isCertain ? asked : null }),
  };
}

/** Return the notice and the refusal of those that still hold. */
export function stillHolding({ notice, refusal, order, answered }) {
  return {
    notice: notice?.isOver(order, answered) ? null : notice,
    refusal: refusal?.notice.isOver(order, answered) ? null : refusal,
  };
}

/** Return a notice in words; null where there is none, or the status says the same itself. */
export function noticeText(notice, { wording, showsStatus, request, now }) {
  if (notice === null) return null;
  const text = wording.text(notice.id, notice.values);
  if (!showsStatus) return text;
  const { id, values } = mainSentence(request, now);
  return wording.text(id, values) === text ? null : text;
}

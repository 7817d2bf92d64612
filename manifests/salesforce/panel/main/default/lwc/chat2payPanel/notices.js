/* What the panel says of an action, until what it speaks of has moved on. */
import { Notice, asSentence, mainSentence } from 'c/chat2payRules';

/** Return the notice of an action's answer; null where there is none. */
export function noticeOf(sentence, { order, after = null }) {
  const said = asSentence(sentence);
  return said.id ? new Notice(said, { subject: 'request', order, after }) : null;
}

/** Return why nothing was sent, or that it is not known, as the form shows it. `asked`: the last question for the order. */
export function refusalOf(refused, { order, asked }) {
  const sentence = refused.isUncertain ? { id: 'send_no_answer', values: {} } : refused.sentence;
  return {
    sentence,
    notice: new Notice(sentence, { subject: 'sending', order, after: refused.isUncertain ? null : asked }),
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

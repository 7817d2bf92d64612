/* Written by tools/copy_page_rules.py from connector/web/static/agent/status/steps.js: change that file. */
/* The steps of one payment request: those done, the current one, and those that did not happen. */


/** @typedef {'done' | 'now' | 'to_come' | 'failed' | 'open' | 'none'} Mark open: not certain; none: did not happen */
/** @typedef {{id: string, mark: Mark, at: string | null, values: Values}} Step */
/**
 * @typedef {{
 *   request: PaymentRequest, order: Order, over: boolean, doubtful: boolean, left: boolean, opened: boolean, preview: boolean, hasMoney: boolean,
 * }} Facts doubtful: its end was reported or given up, and is not proven; left: it was sent out; preview: opened, but hardly by the customer
 */

const OVER = new Set(['expired', 'cancelled', 'rejected', 'created', 'reversed', 'paid', 'part_paid', 'authorized']);
/** @type {Partial<Record<PaymentRequest['status'], Mark>>} */
const RESULT_MARKS = {
  paid: 'done', part_paid: 'done', authorized: 'done', in_review: 'now', declined: 'failed', expired: 'failed', cancelled: 'failed',
  reversed: 'done', rejected: 'failed',
};

// What the history calls the results, whose times are those of the money and not of the link's end.
/** @type {Partial<Record<PaymentRequest['status'], string[]>>} */
const RESULTS_IN_HISTORY = {
  paid: ['timeline_paid'], part_paid: ['timeline_part_paid', 'timeline_paid', 'timeline_part_reversed'], authorized: ['timeline_authorized'],
  in_review: ['timeline_in_review'], declined: ['timeline_declined'], reversed: ['timeline_reversed'],
};
const UNPROVEN_ENDS = new Set(['end_reported', 'released']);

/** @param {string} id @param {Mark} mark @param {string | null} [at] @param {Values} [values] @returns {Step} */
const step = (id, mark, at = null, values = {}) => ({ id, mark, at, values });

/** Return the six steps in their order. @param {PaymentRequest} request @param {Order} order */
export function stepsOf(request, order) {
  const isOver = OVER.has(request.status) || request.status === 'declined';
  const opened = request.opened_at !== null;
  const hasMoney = request.states.money !== 'none';
  /** @type {Facts} */
  const facts = {
    request,
    order,
    over: !request.live && isOver,
    doubtful: (!request.live && !isOver && request.status !== 'in_review') || request.sentences.some(({ id }) => UNPROVEN_ENDS.has(id)),
    left: request.sent_at !== null,
    opened,
    preview: opened && request.probable_preview && !hasMoney,
    hasMoney,
  };
  return [sentStep(facts), deliveredStep(facts), openedStep(facts), payingStep(facts), resultStep(facts), salesforceStep(facts)];
}

/** Return the mark of what may still happen: not certain where the end was reported, or nobody waits for it. @param {Facts} facts */
const ahead = ({ over, doubtful }) => {
  if (over) return 'none';
  return doubtful ? 'open' : 'to_come';
};

/** @param {Facts} facts */
function sentStep({ request, over, left, opened, hasMoney }) {
  if (request.status === 'unknown') return step('step_sent_unknown', 'open');
  if (left || opened || hasMoney) return step('step_sent', 'done', request.sent_at);
  return over ? step('step_not_sent', 'failed') : step('step_sending', 'now');
}

/** @param {Facts} facts */
function deliveredStep(facts) {
  const { request, order, left } = facts;
  const { message } = request.states;
  const { message_at: at } = request;
  if (message === 'failed') return step('step_not_delivered', 'failed', at);
  if (message === 'read') return step('step_read', 'done', at);
  if (message === 'delivered') return step('step_delivered', 'done', at);
  if (request.message_failure === 'not_known') return step('step_delivery_unknown', 'open');
  if (left && order.delivery_reports[request.channel] === false) return step('no_delivery_report', 'none');
  return step('step_delivery_to_come', ahead(facts));
}

/** @param {Facts} facts */
const isWaiting = ({ request, left, doubtful }) => left && !doubtful && request.status === 'sent' && request.states.message !== 'failed';

/** @param {Facts} facts */
function openedStep(facts) {
  const { request, over, opened, preview, hasMoney } = facts;
  if (preview) return step('step_opened_preview', 'open', request.opened_at);
  if (opened) return step('step_opened', 'done', request.opened_at);
  // Money needs no opened page: a customer with a saved card pays by a reply.
  if (hasMoney || request.being_charged) return step('step_opened_unseen', 'none');
  if (over) return step('step_not_opened', 'none');
  return isWaiting(facts) ? step('step_opened_waiting', 'now') : step('step_opened', ahead(facts));
}

// A preview by the messaging app does not mean that the customer is paying.
/** @param {Facts} facts */
const isPaying = ({ request, opened, preview, doubtful }) => opened && !preview && request.live && !doubtful;

/** @param {Facts} facts */
function payingStep(facts) {
  const { request, opened, hasMoney } = facts;
  if (request.being_charged) return step('step_paying', 'now');
  if (hasMoney && !opened) return step('step_paying_unseen', 'none');
  const mayTryAgain = request.states.money === 'declined' && request.live;
  if (hasMoney && !mayTryAgain) return step('step_paying_done', 'done');
  if (isPaying(facts)) return step(mayTryAgain ? 'step_paying_again' : 'step_paying', 'now');
  return step('step_paying_to_come', ahead(facts));
}

/** Return when a result was: money's by the history, because a hold that was taken later ended earlier. @param {PaymentRequest} request */
function resultAt({ status, timeline, finished_at: finishedAt }) {
  const names = RESULTS_IN_HISTORY[status];
  return timeline.findLast(({ id }) => names?.includes(id))?.at ?? finishedAt;
}

/** @param {Facts} facts */
function resultStep(facts) {
  const { request, over } = facts;
  const mark = RESULT_MARKS[request.status];
  if (mark) return step(`step_result_${request.status}`, mark, resultAt(request));
  return over ? step('step_result_none', 'none') : step('step_result_to_come', ahead(facts));
}

/** @param {Facts} facts */
function salesforceStep(facts) {
  const { request, over } = facts;
  const { state, written_at: writtenAt, reason_word: reason } = request.salesforce;
  if (state === 'refused') return step('step_salesforce_refused', 'failed', null, { reason });
  if (state === 'waiting' && over) return step('step_salesforce_waiting', 'now');
  if (state === 'written' && over) return step('step_salesforce_written', 'done', null, { at: writtenAt });
  if (writtenAt) return step('step_salesforce_so_far', ahead(facts), writtenAt);
  return over ? step('step_salesforce_none', 'none') : step('step_salesforce_to_come', 'to_come');
}

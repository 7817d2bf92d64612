/* Written by tools/copy_page_rules.py from connector/web/static/agent/status/steps.js: change that file. */
/* The steps of one payment request: those done, the current one, and those that did not happen. */


/** @typedef {'done' | 'now' | 'to_come' | 'failed' | 'open' | 'none'} Mark open: not certain; none: did not happen */
/** @typedef {{id: string, mark: Mark, at: string | null, values: Values}} Step */
/** @typedef {{request: PaymentRequest, order: Order, over: boolean, left: boolean, opened: boolean}} Facts left: it was sent out */

const OVER = new Set(['expired', 'cancelled', 'rejected', 'created', 'reversed', 'paid', 'part_paid', 'authorized']);
/** @type {Partial<Record<PaymentRequest['status'], Mark>>} */
const RESULT_MARKS = {
  paid: 'done', part_paid: 'done', authorized: 'done', in_review: 'now', declined: 'failed', expired: 'failed', cancelled: 'failed',
  reversed: 'done', rejected: 'failed',
};

/** @param {string} id @param {Mark} mark @param {string | null} [at] @param {Values} [values] @returns {Step} */
const step = (id, mark, at = null, values = {}) => ({ id, mark, at, values });

/** Return the six steps in their order. @param {PaymentRequest} request @param {Order} order */
export function stepsOf(request, order) {
  /** @type {Facts} */
  const facts = {
    request,
    order,
    over: !request.live && (OVER.has(request.status) || request.status === 'declined'),
    left: request.sent_at !== null,
    opened: Boolean(request.opened_at) || request.states.money !== 'none',
  };
  return [sentStep(facts), deliveredStep(facts), openedStep(facts), payingStep(facts), resultStep(facts), salesforceStep(facts)];
}

/** @param {Facts} facts */
function sentStep({ request, over, left, opened }) {
  if (request.status === 'unknown') return step('step_sent_unknown', 'open');
  if (left || opened) return step('step_sent', 'done', request.sent_at);
  return over ? step('step_not_sent', 'failed') : step('step_sending', 'now');
}

/** @param {Facts} facts */
function deliveredStep({ request, order, over, left }) {
  const { message } = request.states;
  const { message_at: at } = request;
  if (message === 'failed') return step('step_not_delivered', 'failed', at);
  if (message === 'read') return step('step_read', 'done', at);
  if (message === 'delivered') return step('step_delivered', 'done', at);
  if (request.message_failure === 'not_known') return step('step_delivery_unknown', 'open');
  if (left && order.delivery_reports[request.channel] === false) return step('no_delivery_report', 'none');
  return step('step_delivery_to_come', over ? 'none' : 'to_come');
}

/** @param {Facts} facts */
function openedStep({ request, over, left, opened }) {
  if (opened && request.probable_preview && request.states.money === 'none') return step('step_opened_preview', 'open', request.opened_at);
  if (opened) return step('step_opened', 'done', request.opened_at);
  if (over) return step('step_not_opened', 'none');
  return left && request.status === 'sent' && request.states.message !== 'failed' ? step('step_opened_waiting', 'now') : step('step_opened', 'to_come');
}

/** @param {Facts} facts */
function payingStep({ request, over, opened }) {
  const { money } = request.states;
  const { live } = request;
  const mayTryAgain = money === 'declined' && live;
  if (money !== 'none' && !mayTryAgain) return step('step_paying_done', 'done');
  // A preview by the messaging app does not mean that the customer is paying.
  const byCustomer = opened && !(request.probable_preview && money === 'none');
  if (byCustomer && live) return step(mayTryAgain ? 'step_paying_again' : 'step_paying', 'now');
  return step('step_paying_to_come', over ? 'none' : 'to_come');
}

/** @param {Facts} facts */
function resultStep({ request }) {
  const mark = RESULT_MARKS[request.status];
  if (!mark) return step('step_result_to_come', 'to_come');
  return step(`step_result_${request.status}`, mark, request.finished_at);
}

/** @param {Facts} facts */
function salesforceStep({ request, over }) {
  const { state, written_at: writtenAt, reason_word: reason } = request.salesforce;
  if (state === 'refused') return step('step_salesforce_refused', 'failed', null, { reason });
  if (state === 'waiting' && over) return step('step_salesforce_waiting', 'now');
  if (state === 'written' && over) return step('step_salesforce_written', 'done', null, { at: writtenAt });
  return writtenAt ? step('step_salesforce_so_far', 'to_come', writtenAt) : step('step_salesforce_to_come', 'to_come');
}

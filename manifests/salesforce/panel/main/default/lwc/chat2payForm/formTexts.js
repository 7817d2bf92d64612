/* What the form says: its labels, what stands against a send, and which link it replaces. */
import { endOf, formReplaces, isOurSend, isTotalKnown, speaksOfOld } from 'c/chat2payRules';

// A number that is not read yet is another one until it is: nothing is promised to it.
const endingOf = (reading) => (reading ? endOf(reading.number) : '');

/** Return whether a send is possible: also beside a live link where that is the one which is replaced. */
export function canSend(order, replaced) {
  const replacesLive = Boolean(replaced?.live) && isTotalKnown(order) && order.problems.length === 0;
  return order.can_send || replacesLive;
}

function linesOf(said, text) {
  return said.map(({ id, values }) => ({ key: id, text: text(id, values) }));
}

function remarksOf({ notes }, text) {
  const said = notes.map(({ sentence }) => sentence);
  return linesOf(said, text);
}

// What stands against a send.
function problemsOf({ order, replaced, sending }, text) {
  const said = order.problems.map(({ sentence }) => sentence);
  if (!canSend(order, replaced) && !isOurSend(order, sending)) {
    const { send_off: sendOff } = order;
    if (sendOff && !said.some(({ id }) => id === sendOff.id)) said.unshift(sendOff);
    if (said.length === 0) said.push({ id: 'send_off', values: {} });
  }
  return linesOf(said, text);
}

// What is said of the link whose place a send takes.
function replacesOf({ order, replaced, shownReading }, text) {
  if (!replaced) return [];
  const said = formReplaces(order, replaced, endingOf(shownReading));
  return linesOf(said, text);
}

/** Return {amount, replaces} of the message that Send would have sent; null: it would send none. */
export function previewOf({ order, replaced, shownReading, channel, part }) {
  if (!canSend(order, replaced) || channel === null || part?.refused) return null;
  const amount = part?.amount ?? askedAmount(order, replaced).amount;
  return { amount, replaces: Boolean(replaced) && speaksOfOld(order, replaced, endingOf(shownReading)) };
}

/** Return what the button says that it sends, or why it sends nothing. */
export function sendLabelOf({ order, replaced, sending, reading, channel, part }, text) {
  const all = askedAmount(order, replaced);
  if (sending || reading) return text('button_sending');
  if (channel === null) return text('button_send_off');
  if (Number(all.amount) === 0) return text('button_send_nothing');
  if (part?.refused) return text('button_send_check');
  return text('button_send', { amount: { ...all, amount: part?.amount ?? all.amount }, channel });
}

// All that may be asked for, or a replaced part's amount.
function askedAmount(order, replaced) {
  const isPart = Boolean(replaced?.live) && replaced.purpose !== 'full';
  const { amount, currency } = isPart ? replaced : { amount: order.limits.maximum, currency: order.currency };
  return { amount, currency };
}

// The order's total, what was paid of it, and what is due of it where something was.
function factsOf(order, { money }) {
  const { currency, total, amount_paid: paid, amount_due: due } = order;
  return {
    total: isTotalKnown(order) ? money({ amount: total, currency }) : '–',
    paid: money({ amount: paid, currency }),
    due: Number(paid) > 0 ? money({ amount: due, currency }) : null,
  };
}

/** Return the order's facts, when they were read, and what stands against a send or is said of it, as [{key, text}]. */
export function formTextsOf(form, { text, formats }) {
  const { order } = form;
  return {
    facts: factsOf(order, formats),
    fresh: text('fresh_order', { at: order.read_at }),
    notes: remarksOf(order, text),
    problems: problemsOf(form, text),
    replaces: replacesOf(form, text),
  };
}

/** Return the labels of the form. */
export function labelsOf(replaced, text) {
  return {
    heading: text('label_new_request'),
    total: text('label_total'),
    paid: text('label_amount_paid'),
    due: text('label_amount_due'),
    phone: text('label_phone'),
    channel: text('label_channel'),
    agreed: text('label_customer_agreed'),
    amount: text('label_part'),
    problems: text('label_problems'),
    right: text('button_phone_yes'),
    change: text('button_phone_no'),
    leave: text(replaced?.live ? 'button_keep_link' : 'button_back'),
  };
}

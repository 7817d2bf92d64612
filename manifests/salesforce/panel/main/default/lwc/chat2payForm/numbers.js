/* What the reading of a typed number asks of the agent. */
import { digitsOf, endOf } from 'c/chat2payRules';

// No line break between the groups of a number in a sentence.
const named = (one) => ({ country: one.country_name, phone: one.shown.replaceAll(' ', '\u00a0') });

// The question where a text that was read can be several numbers; none of them is taken before it is answered.
function whichOf(read, shown, text) {
  if (read?.text !== shown || read.outcome !== 'ambiguous') return null;
  return {
    question: text(read.sentence?.id, read.sentence?.values),
    choices: read.readings.map((one) => ({ key: one.number, label: text('button_phone_choice', named(one)) })),
  };
}

/** Return {error}, or {question, reading, isUnknown} for the one number that was read; neither where it can be several. */
export function askedBy(read, text, { last_number: last }) {
  if (read.outcome === 'refused') return { error: text(read.sentence?.id ?? 'phone_missing', read.sentence?.values) };
  if (read.outcome === 'ambiguous') return {};
  const [one] = read.readings;
  const isUnknown = read.outcome === 'unconfirmed';
  const values = { ...named(one), phone_ending: endOf(one.number) };
  return {
    reading: one,
    isUnknown,
    question: text(isUnknown ? 'phone_confirm_unknown' : confirmedAs(one, last), values),
  };
}

// The country of a number as it was read, with the number where another text is shown.
function countryOf(reading, shown) {
  if (!reading) return null;
  return shown === reading.shown ? reading.country_name : `${reading.country_name} ${reading.shown}`;
}

/** Return the reading of a number that the order offers, where the field has one of these; null for another one. */
export function offeredReading({ order, shownPhone, isOwnNumber }) {
  if (isOwnNumber) return order.phone_reading;
  const last = order.last_number?.reading;
  return last && digitsOf(shownPhone) === digitsOf(last.shown) ? last : null;
}

// Where the number in the field is from, and whether Salesforce has another one than when the form was opened.
function hintOf({ order, numberBefore, ownNumber, shownPhone, isOwnNumber }, notes, text) {
  const last = order.last_number;
  if (last && digitsOf(shownPhone) === digitsOf(last.reading.shown)) {
    return text('phone_hint_last', { agent: last.by, at: last.at });
  }
  if (ownNumber === '') return text(notes.length > 0 ? 'phone_hint_none_sure' : 'phone_hint_none');
  const known = isOwnNumber ? 'phone_hint_order' : 'phone_hint_changed';
  const fresh = isOwnNumber ? 'phone_hint_order_new' : 'phone_hint_kept';
  const isNew = order.phone_reading?.number !== numberBefore;
  return text(isNew ? fresh : known, { phone_ending: endOf(ownNumber) });
}

// The order's numbers that are not sure: the agent asks the customer and takes one.
function notesOf(order, text) {
  const { phone_notes: notes = [], phone_reading: own, last_number: last } = order;
  // Salesforce's own number stays one press away from the one that was last used.
  const before = last && own ? [{ sentence: { id: 'phone_note_own' }, readings: [own] }] : [];
  return [...before, ...notes].map(({ sentence, readings }, place) => ({
    key: place,
    text: text(sentence.id, sentence.values),
    uses: readings.map((one) => ({
      shown: one.shown,
      label: text('button_phone_use', named(one)),
    })),
  }));
}

// What to say of a number that may take no texts.
function warningOf(reading, text) {
  const said = reading?.warning;
  return said ? text(said.id, said.values) : null;
}

function confirmedAs(one, last) {
  return one.number === last?.reading.number ? 'phone_confirm_last' : 'phone_confirm';
}

/** Return what is said of the number in the field: its country, a warning, which one it is, where it is from, and others. */
export function numberOf(form, text) {
  const { shownReading, shownPhone } = form;
  const notes = notesOf(form.order, text);
  return {
    country: countryOf(shownReading, shownPhone),
    warning: warningOf(shownReading, text),
    which: whichOf(form.read, shownPhone, text),
    hint: hintOf(form, notes, text),
    notes,
  };
}

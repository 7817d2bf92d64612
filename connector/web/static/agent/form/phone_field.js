/* The customer's number while an agent edits it: its origin, the server's reading of it, and the number that is sent. */
import { announce } from '../accessibility/live_region.js';
import { byId, make, setAttribute, setList, setShown, setText } from '../dom.js';
import { looksLikeCard } from '../card_numbers.js';
import { digitsOf, endOf } from '../format.js';
import { ApiError } from '../server/api.js';
import { afterPress } from './pointer.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Order, PhoneRead, PhoneReading, Schemas} from '../server/api.js' */

/** @typedef {PhoneRead & {text: string}} Result text: what was in the field when it was read */
/** @typedef {ReturnType<typeof createPhoneField>} PhoneField */

const TYPING_PAUSE_MS = 500;
const FEWEST_DIGITS = 6;
const SENDABLE = new Set(['read', 'unconfirmed']);

/**
 * Return the phone field. It never parses a number itself: the server reads it, so that what is shown is what is sent.
 *
 * @param {{
 *   catalogue: Pick<Catalogue, 'write' | 'text'>,
 *   readPhone: (text: string) => Promise<PhoneRead>,
 *   onRead: () => void,
 * }} options
 */
export function createPhoneField({ catalogue, readPhone, onRead }) {
  const input = byId('phone', HTMLInputElement);
  /** @type {PhoneReading | null} */
  let fromOrder = null;
  /** @type {Order['phone_notes']} */
  let notes = [];
  // Whether Salesforce has another number than when the page was opened.
  let isNews = false;
  let followed = false;
  let edited = false;
  let edits = 0;
  /** @type {Result | null} */
  let result = null;
  // The text of which the agent does not want to be asked which number it is, until the next press on Send.
  /** @type {string | null} */
  let unasked = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @type {Order['last_number']} the number that was last used for this order, which is offered before Salesforce's own */
  let last = null;

  const offered = () => last?.reading ?? fromOrder;
  const current = () => (result?.text === input.value ? result : null);
  /** @returns {PhoneReading | null} */
  const reading = () => {
    if (!edited) return offered();
    const read = current();
    return read !== null && SENDABLE.has(read.outcome) ? read.readings[0] : null;
  };
  const isLast = () => last !== null && reading()?.number === last.reading.number;
  const sameAsOrder = () => fromOrder !== null && reading()?.number === fromOrder.number;
  // No line break between the groups of a number in a sentence.
  /** @param {PhoneReading} one */
  const named = (one) => ({ country: one.country_name, phone: one.shown.replaceAll(' ', '\u00a0') });

  /** @param {PhoneReading} one */
  const endingOf = (one) => ({ phone_ending: endOf(one.number) });

  function showHint() {
    if (last !== null && isLast()) catalogue.write(byId('phone-hint'), 'phone_hint_last', { agent: last.by, at: last.at });
    else if (fromOrder === null) catalogue.write(byId('phone-hint'), notes.length > 0 ? 'phone_hint_none_sure' : 'phone_hint_none');
    else if (sameAsOrder()) catalogue.write(byId('phone-hint'), isNews ? 'phone_hint_order_new' : 'phone_hint_order', endingOf(fromOrder));
    else catalogue.write(byId('phone-hint'), isNews ? 'phone_hint_kept' : 'phone_hint_changed', endingOf(fromOrder));
  }

  function showReading() {
    const one = reading();
    setShown(byId('phone-country'), one !== null);
    if (one !== null) setText(byId('phone-country'), input.value === one.shown ? one.country_name : `${one.country_name} ${one.shown}`);
    const warning = one?.warning ?? null;
    setShown(byId('phone-warning'), warning !== null);
    if (warning !== null) catalogue.write(byId('phone-warning'), warning.id, warning.values);
    showChoice();
    showHint();
  }

  /** @param {'button_phone_choice' | 'button_phone_use'} sentence @param {PhoneReading} one @param {() => void} onPress */
  function numberButton(sentence, one, onPress) {
    const button = make('button', 'slds-button slds-button_neutral c2p-button', catalogue.text(sentence, named(one)));
    button.type = 'button';
    button.addEventListener('click', onPress);
    return button;
  }

  // Where a text can be several numbers, the agent asks the customer and chooses one; none is preselected.
  function showChoice() {
    const read = edited ? current() : null;
    const asked = read?.outcome === 'ambiguous' && unasked !== input.value ? read : null;
    setShown(byId('phone-choice'), asked !== null);
    if (asked === null) return;
    if (asked.sentence !== null) catalogue.write(byId('phone-choice-question'), asked.sentence.id, asked.sentence.values);
    setList(byId('phone-choices'), asked.readings, (one) => numberButton('button_phone_choice', one, () => take(one)));
  }

  /** @param {Schemas['PhoneNote']} note */
  function noteLine({ sentence, readings }) {
    const text = make('p', '');
    catalogue.write(text, sentence.id, sentence.values);
    return make('div', 'c2p-phone-note', text, ...readings.map((one) => numberButton('button_phone_use', one, () => fill(one.shown))));
  }

  /** @param {string | null} error a sentence's id, or the server's own words */
  function showError(error) {
    setShown(byId('phone-error'), error !== null);
    setAttribute(input, 'aria-invalid', error !== null ? 'true' : null);
    byId('phone-field').classList.toggle('slds-has-error', error !== null);
    if (error !== null) catalogue.write(byId('phone-error'), error);
  }

  function showOffered() {
    input.value = offered()?.shown ?? '';
    showError(null);
  }

  // Salesforce's own number stays one press away from the one that was last used.
  function showNotes() {
    const own = { field: '', sentence: { id: 'phone_note_own', values: {} }, readings: fromOrder ? [fromOrder] : [] };
    const shown = last !== null && fromOrder !== null ? [own, ...notes] : notes;
    setShown(byId('phone-notes'), shown.length > 0);
    setList(byId('phone-notes'), shown, noteLine);
  }

  /**
   * Take over the order's number, unless the agent has typed another one.
   *
   * @param {Order['phone_reading']} given
   * @param {Order['phone_notes']} givenNotes
   * @param {Order['last_number']} givenLast
   */
  function follow(given, givenNotes, givenLast) {
    notes = givenNotes;
    const before = offered()?.number;
    if (given?.number !== fromOrder?.number) isNews = followed;
    fromOrder = given ?? null;
    last = givenLast;
    if (offered()?.number !== before && !edited) showOffered();
    followed = true;
    showNotes();
    showReading();
  }

  /** Set the number that a person chose among several. @param {PhoneReading} one */
  function take(one) {
    edit();
    input.value = one.shown;
    result = { text: one.shown, outcome: 'read', readings: [one], sentence: null };
    showError(null);
    tell();
    input.focus();
  }

  /** @param {string} text */
  function fill(text) {
    edit();
    input.value = text;
    showError(null);
    input.focus();
    settle();
  }

  /**
   * Have the server read the current text.
   *
   * @returns {Promise<PhoneRead | null>} the reading; null where the server could not be asked
   */
  async function settle() {
    clearTimeout(timer);
    const own = offered();
    if (!edited && own !== null) return { outcome: 'read', readings: [own], sentence: null };
    const text = input.value;
    if (current() === null && !looksLikeCard(text)) {
      try {
        const answer = await readPhone(text);
        await afterPress();
        // The agent may have typed on meanwhile: an answer for another text is dropped.
        if (input.value === text) result = { text, ...answer };
      } catch (error) {
        showError(error instanceof ApiError && error.status === 429 ? 'phone_too_often' : 'phone_not_checked');
        return null;
      }
      tell();
    }
    return current();
  }

  function tell() {
    showReading();
    onRead();
    const one = reading();
    if (one !== null) announce(`${byId('phone-country').textContent} ${byId('phone-warning').hidden ? '' : byId('phone-warning').textContent}`.trim());
    else if (!byId('phone-choice').hidden) announce(byId('phone-choice-question').textContent);
  }

  // Once the agent has left the field, the number is shown in groups with its plus.
  async function leave() {
    await afterPress();
    if (looksLikeCard(input.value)) {
      showError(dropCard());
      return;
    }
    if (!edited || digitsOf(input.value) === '') return;
    const read = await settle();
    if (read === null || document.activeElement === input) return;
    if (read.outcome === 'refused') showError(read.sentence?.id ?? null);
    if (!SENDABLE.has(read.outcome)) return;
    input.value = read.readings[0].shown;
    result = { ...read, text: input.value };
    showReading();
  }

  // A card number must not stay on the page.
  function dropCard() {
    input.value = '';
    showReading();
    return 'card_number_refused';
  }

  /* Return the id of the error that can be found without the server, or null. */
  function errorOf() {
    if (looksLikeCard(input.value)) return dropCard();
    return digitsOf(input.value) === '' ? 'phone_missing' : null;
  }

  function edit() {
    edited = true;
    edits += 1;
  }

  input.addEventListener('input', () => {
    edit();
    unasked = null;
    showError(null);
    showReading();
    clearTimeout(timer);
    if (digitsOf(input.value).length >= FEWEST_DIGITS) timer = setTimeout(settle, TYPING_PAUSE_MS);
  });
  input.addEventListener('blur', leave);
  byId('phone-choice-no').addEventListener('click', () => {
    unasked = input.value;
    showChoice();
    input.focus();
  });

  return {
    follow, errorOf, showError, settle, sameAsOrder, isLast,
    value: () => reading()?.number ?? input.value,
    // The identity of the number for an agent's tick: it changes with edits, but not with the server's reading.
    version: () => (sameAsOrder() ? 'order' : edits),
    /* Return the values for sentences: {country, phone, phone_ending}. */
    values: () => {
      const one = reading();
      return one === null ? {} : { ...named(one), phone_ending: endOf(one.number) };
    },
    /* Return the last digits of the number; empty while it is not read: it is another one until then, and nothing is promised to it. */
    ending: () => {
      const one = reading();
      return one === null ? '' : endOf(one.number);
    },
    askWhich: () => {
      unasked = null;
      showChoice();
      /** @type {HTMLElement | null} */ (byId('phone-choices').firstElementChild)?.focus();
    },
    focus: () => input.focus(),
    /** @param {boolean} locked */
    lock: (locked) => {
      input.readOnly = locked;
    },
  };
}

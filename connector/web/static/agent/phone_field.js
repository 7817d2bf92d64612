/*
 * The customer's number while an agent edits it: where it came from, what the server reads it as, and which one is sent.
 * The page reads no number by itself: it asks, and sends what it was told, with its plus.
 */
import { byId, make, setAttribute, setList, setShown, setText } from './dom.js';
import { digitsOf, endOf, looksLikeCard } from './format.js';
import { afterPress } from './pointer.js';

const TYPING_PAUSE_MS = 500;
const FEWEST_DIGITS = 6;

export function createPhoneField({ catalogue, readPhone, announce, onRead }) {
  const input = byId('phone');
  const error = byId('phone-error');
  let fromOrder = null;
  let notes = [];
  let edited = false;
  let edits = 0;
  let result = null;
  let timer = null;

  const current = () => (result?.text === input.value ? result : null);
  const reading = () => {
    if (!edited) return fromOrder;
    const [first] = current()?.readings ?? [];
    return ['read', 'unconfirmed'].includes(current()?.outcome) ? first : null;
  };
  const sameAsOrder = () => fromOrder !== null && reading()?.number === fromOrder.number;
  // A number in a sentence never breaks between two of its groups.
  const named = (one) => ({ country: one.country_name, phone: one.shown.replaceAll(' ', '\u00a0') });

  function showHint() {
    if (fromOrder === null) catalogue.write(byId('phone-hint'), notes.length > 0 ? 'phone_hint_none_sure' : 'phone_hint_none');
    else if (sameAsOrder()) catalogue.write(byId('phone-hint'), 'phone_hint_order');
    else catalogue.write(byId('phone-hint'), 'phone_hint_changed', { phone_ending: endOf(fromOrder.number) });
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

  function choiceButton(one) {
    const button = make('button', 'slds-button slds-button_neutral c2p-button', catalogue.text('button_phone_choice', named(one)));
    button.type = 'button';
    button.addEventListener('click', () => take(one));
    return button;
  }

  // Where a text can be several numbers the agent asks the customer and presses one; nothing is chosen before.
  function showChoice() {
    const asked = edited && current()?.outcome === 'ambiguous' ? current() : null;
    setShown(byId('phone-choice'), asked !== null);
    if (asked === null) return;
    catalogue.write(byId('phone-choice-question'), asked.sentence.id, asked.sentence.values);
    setList(byId('phone-choices'), asked.readings, choiceButton);
  }

  function noteLine({ sentence, readings }) {
    const line = make('div', 'c2p-phone-note', make('p', ''));
    catalogue.write(line.firstChild, sentence.id, sentence.values);
    for (const one of readings) {
      const button = make('button', 'slds-button slds-button_neutral c2p-button', catalogue.text('button_phone_use', named(one)));
      button.type = 'button';
      button.addEventListener('click', () => fill(one.shown));
      line.append(button);
    }
    return line;
  }

  function showError(id, text = null) {
    setShown(error, id !== null || text !== null);
    setAttribute(input, 'aria-invalid', id !== null || text !== null ? 'true' : null);
    byId('phone-field').classList.toggle('slds-has-error', id !== null || text !== null);
    if (id !== null) catalogue.write(error, id);
    else if (text !== null) catalogue.write(error, text);
  }

  /* This function will take over the order's number, unless the agent has typed another one. */
  function follow(given, givenNotes) {
    notes = givenNotes ?? [];
    setShown(byId('phone-notes'), notes.length > 0);
    setList(byId('phone-notes'), notes, noteLine);
    if (given?.number !== fromOrder?.number) {
      fromOrder = given ?? null;
      if (!edited) input.value = fromOrder?.shown ?? '';
    }
    showReading();
  }

  /* This function will set the number that a person chose among several. */
  function take(one) {
    edit();
    input.value = one.shown;
    result = { text: one.shown, outcome: 'read', readings: [one], sentence: null };
    showError(null);
    tell();
    input.focus();
  }

  function fill(text) {
    edit();
    input.value = text;
    showError(null);
    input.focus();
    settle();
  }

  /* This function will have the text read that stands in the field now, and return what it is read as; null where nobody could be asked. */
  async function settle() {
    clearTimeout(timer);
    if (!edited && fromOrder !== null) return { outcome: 'read', readings: [fromOrder], sentence: null };
    const text = input.value;
    if (current() === null && !looksLikeCard(text)) {
      try {
        const answer = await readPhone(text);
        await afterPress();
        if (input.value === text) result = { text, ...answer };
      } catch (failure) {
        showError(failure.status === 429 ? 'phone_too_often' : 'phone_not_checked');
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

  /* This function will put the number into groups with its plus once the agent has left the field. */
  async function leave() {
    await afterPress();
    if (looksLikeCard(input.value)) {
      showError(dropCard());
      return;
    }
    if (!edited || digitsOf(input.value) === '') return;
    const read = await settle();
    if (read === null || document.activeElement === input) return;
    if (read.outcome === 'refused') showError(read.sentence.id);
    if (!['read', 'unconfirmed'].includes(read.outcome)) return;
    input.value = read.readings[0].shown;
    result = { ...read, text: input.value };
    showReading();
  }

  /* A card number is removed at once. */
  function dropCard() {
    input.value = '';
    showReading();
    return 'card_number_refused';
  }

  /* The id of what is wrong with the text before anybody is asked, or null. */
  function faultOf() {
    if (looksLikeCard(input.value)) return dropCard();
    return digitsOf(input.value) === '' ? 'phone_missing' : null;
  }

  function edit() {
    edited = true;
    edits += 1;
  }

  input.addEventListener('input', () => {
    edit();
    showError(null);
    showReading();
    clearTimeout(timer);
    if (digitsOf(input.value).length >= FEWEST_DIGITS) timer = setTimeout(settle, TYPING_PAUSE_MS);
  });
  input.addEventListener('blur', leave);

  return {
    follow, faultOf, showError, settle, sameAsOrder,
    value: () => reading()?.number ?? input.value,
    // Which number stands here, as far as an agent's tick is concerned: reading it does not make another one of it.
    version: () => (sameAsOrder() ? 'order' : edits),
    told: () => ({ ...named(reading()), phone_ending: endOf(reading().number) }),
    askWhich: () => byId('phone-choices').firstElementChild.focus(),
    focus: () => input.focus(),
    lock: (locked) => {
      input.readOnly = locked;
    },
  };
}

/*
 * Knows the customer's number while an agent edits it: where it came from, whether it was changed, and how it travels (digits only).
 */
import { byId, setAttribute, setShown } from './dom.js';
import { digitsOf, endOf, groupPhone, looksLikeCard } from './format.js';

export function createPhoneField({ catalogue }) {
  const input = byId('phone');
  const error = byId('phone-error');
  let fromOrder = null;
  let edited = false;

  function sameAsOrder() {
    const digits = digitsOf(input.value);
    if (fromOrder === null) return false;
    return digits === fromOrder || digits === `00${fromOrder}` || (digits.startsWith('0') && digits.length > 8 && fromOrder.endsWith(digits.slice(1)));
  }

  function showHint() {
    if (fromOrder === null) catalogue.write(byId('phone-hint'), 'phone_hint_none');
    else if (sameAsOrder()) catalogue.write(byId('phone-hint'), 'phone_hint_order');
    else catalogue.write(byId('phone-hint'), 'phone_hint_changed', { phone_ending: endOf(fromOrder) });
  }

  function showError(id, text = null) {
    setShown(error, id !== null || text !== null);
    setAttribute(input, 'aria-invalid', id !== null || text !== null ? 'true' : null);
    byId('phone-field').classList.toggle('slds-has-error', id !== null || text !== null);
    if (id !== null) catalogue.write(error, id);
    else if (text !== null) catalogue.write(error, text);
  }

  /* This function will take over the order's number, unless the agent has typed another one. */
  function follow(phone) {
    if (phone !== fromOrder) {
      fromOrder = phone;
      if (!edited) input.value = phone ? groupPhone(`+${phone}`) : '';
    }
    showHint();
  }

  /* The id of what is wrong with the number, or null. A card number is removed at once. */
  function faultOf() {
    if (looksLikeCard(input.value)) {
      input.value = '';
      return 'card_number_refused';
    }
    const digits = digitsOf(input.value);
    if (digits === '') return 'phone_missing';
    return digits.length < 8 || digits.length > 16 || /[^\d\s()+./-]/.test(input.value) ? 'phone_impossible' : null;
  }

  /* Digits only; a number in local form stays local and is completed by the server with the order's region. */
  const value = () => (sameAsOrder() ? fromOrder : digitsOf(input.value).replace(/^00/, ''));

  input.addEventListener('input', () => {
    edited = true;
    showError(null);
    showHint();
  });
  input.addEventListener('blur', () => {
    if (looksLikeCard(input.value)) showError(faultOf());
    else if (!/[^\d\s()+./-]/.test(input.value)) input.value = groupPhone(input.value);
    showHint();
  });

  return {
    follow, faultOf, showError, value, sameAsOrder,
    grouped: () => groupPhone(input.value),
    ending: () => endOf(input.value),
    focus: () => input.focus(),
    lock: (locked) => {
      input.readOnly = locked;
    },
  };
}

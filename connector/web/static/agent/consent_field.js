/*
 * Knows whether the customer may be written to on a channel: what the server said of the order's number and of others,
 * what it answered to a send, and the tick with which the agent says that the customer agreed on this call.
 */
import { byId, setAttribute, setShown } from './dom.js';

const FINE = { state: 'fine', sentence: null };

export function createConsentField({ catalogue, phone, announce, onTick }) {
  const tick = byId('customer-agreed');
  const learned = new Map();
  let told = {};
  let shownFor = null;

  const keyOf = (channel) => `${channel} ${phone.version()}`;

  /* What may be done on a channel with the number that stands in the form now: {state: fine | ask | refused, sentence}. */
  function of(channel) {
    const known = learned.get(keyOf(channel)) ?? told[channel];
    if (!known) return FINE;
    return known.other_number && !phone.sameAsOrder() ? known.other_number : known;
  }

  /* This function will take over what the server says of all channels; what a send was answered before is older news. */
  function follow(consents) {
    if (JSON.stringify(consents ?? {}) === JSON.stringify(told)) return;
    told = consents ?? {};
    learned.clear();
  }

  /* This function will keep the server's refusal of a send for this number, and say whether it was one of consent. */
  function learn(code, channel, sentence) {
    const state = { channel_refused: 'refused', consent_needed: 'ask' }[code];
    if (state === undefined) return false;
    learned.set(keyOf(channel), { state, sentence });
    return true;
  }

  function showError(id) {
    setShown(byId('customer-agreed-error'), id !== null);
    setAttribute(tick, 'aria-invalid', id !== null ? 'true' : null);
    if (id === null) return;
    catalogue.write(byId('customer-agreed-error'), id);
    announce(byId('customer-agreed-error').textContent);
  }

  /* This function will ask for the tick where the chosen channel needs it; a tick counts for one channel and one number. */
  function show(channel) {
    const asked = channel !== null && of(channel).state === 'ask';
    const key = asked ? keyOf(channel) : null;
    const isNew = key !== shownFor;
    setShown(byId('consent'), asked);
    if (isNew) tick.checked = false;
    if (isNew) showError(null);
    const appears = asked && (shownFor === null || !shownFor.startsWith(`${channel} `));
    shownFor = key;
    if (!asked) return;
    catalogue.write(byId('customer-agreed-hint'), phone.sameAsOrder() ? 'customer_agreed_hint' : 'customer_agreed_hint_other', { channel });
    if (appears) announce(byId('customer-agreed-hint').textContent);
  }

  const isAsked = () => shownFor !== null;

  function askAgain() {
    showError('customer_agreed_missing');
    tick.focus();
  }

  tick.addEventListener('change', () => {
    showError(null);
    onTick();
  });

  return {
    of, follow, learn, show, isAsked, askAgain,
    agreed: () => isAsked() && tick.checked,
    forget: () => learned.clear(),
    focus: () => tick.focus(),
    untick: () => {
      tick.checked = false;
    },
    lock: (locked) => {
      tick.disabled = locked;
    },
  };
}

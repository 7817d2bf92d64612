/* The consent for a channel, and the checkbox by which the agent confirms that the customer agreed on this call. */
import { announce } from '../accessibility/live_region.js';
import { byId, setAttribute, setShown } from '../dom.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Channel, Order, Schemas, Sentence} from '../server/api.js' */
/** @import {PhoneField} from './phone_field.js' */

/** @typedef {Schemas['NumberConsent']} NumberConsent */
/** @typedef {NumberConsent & {other_number?: NumberConsent}} ChannelConsent */
/** @typedef {ReturnType<typeof createConsentField>} ConsentField */

/** @type {ChannelConsent} */
const FINE = { state: 'fine', sentence: null };
/** @type {Record<string, NumberConsent['state']>} */
const STATE_BY_ERROR_CODE = { channel_refused: 'refused', consent_needed: 'ask' };

/** @param {{catalogue: Pick<Catalogue, 'write'>, phone: Pick<PhoneField, 'version' | 'sameAsOrder'>, onTick: () => void}} options */
export function createConsentField({ catalogue, phone, onTick }) {
  const tick = byId('customer-agreed', HTMLInputElement);
  /** @type {Map<string, ChannelConsent>} */
  const learned = new Map();
  /** @type {Partial<Record<Channel, ChannelConsent>>} */
  let fromServer = {};
  /** @type {string | null} */
  let shownFor = null;

  /** @param {Channel} channel */
  const keyOf = (channel) => `${channel} ${phone.version()}`;

  /** Return the consent for a channel with the number that is in the form now. @param {Channel} channel @returns {NumberConsent} */
  function of(channel) {
    const known = learned.get(keyOf(channel)) ?? fromServer[channel];
    if (!known) return FINE;
    return known.other_number && !phone.sameAsOrder() ? known.other_number : known;
  }

  /** Take over the server's consents of all channels. @param {Order['consents']} consents */
  function follow(consents) {
    // Only a change is newer than a refusal that a send has learned: the same consents as before must not forget it.
    if (JSON.stringify(consents) === JSON.stringify(fromServer)) return;
    fromServer = consents;
    learned.clear();
  }

  /**
   * Remember the server's refusal of a send for this number, and return whether it was one of consent.
   *
   * @param {string | null} code
   * @param {Channel} channel
   * @param {Sentence} sentence
   */
  function learn(code, channel, sentence) {
    const state = STATE_BY_ERROR_CODE[code ?? ''];
    if (state === undefined) return false;
    learned.set(keyOf(channel), { state, sentence });
    return true;
  }

  /** @param {string | null} id */
  function showError(id) {
    setShown(byId('customer-agreed-error'), id !== null);
    setAttribute(tick, 'aria-invalid', id !== null ? 'true' : null);
    if (id === null) return;
    catalogue.write(byId('customer-agreed-error'), id);
    announce(byId('customer-agreed-error').textContent);
  }

  /** Show the checkbox where the chosen channel needs it. @param {Channel | null} channel */
  function show(channel) {
    // A tick counts for one channel and one number only, so it is cleared with a change of either.
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
    /** @param {boolean} locked */
    lock: (locked) => {
      tick.disabled = locked;
    },
  };
}

/* The form that asks for a new payment request; a changed number is read back once before anything is sent. */
import { asSentence } from '../catalogue.js';
import { announce, unannounce } from '../accessibility/live_region.js';
import { byId, isOff, setAttribute, setOff, setShown } from '../dom.js';
import { Notice } from '../status/notice.js';
import { createChannelField } from './channel_field.js';
import { createConsentField } from './consent_field.js';
import { isOurSend } from '../order_rules.js';
import { createOrderFactsView } from './order_facts_view.js';
import { createPartField } from './part_field.js';
import { askedFor } from './parts.js';
import { createPhoneField } from './phone_field.js';
import { createReplacingView } from './replacing_view.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Values} from '../wording.js' */
/** @import {Channel, Order, PaymentRequest, PhoneRead, Sentence} from '../server/api.js' */

/** @typedef {ReturnType<typeof createFormView>} FormView */

/* Thrown where nothing was sent: why, the errors by field, and the question for the order before which that was (null: unsure). */
export class NotSent extends Error {
  /** @param {{code: string | null, fields: Record<string, string[] | string>, sentence: Sentence | null, after?: number | null}} refusal */
  constructor({ code, fields, sentence, after = null }) {
    super('not sent');
    this.code = code;
    this.fields = fields;
    this.sentence = sentence;
    this.after = after;
  }
}

/**
 * @param {{
 *   catalogue: Catalogue,
 *   onSend: (details: object) => Promise<void>,
 *   readPhone: (text: string) => Promise<PhoneRead>,
 *   onLeave: () => void,
 * }} options onSend throws NotSent
 */
export function createFormView({ catalogue, onSend, readPhone, onLeave }) {
  const phone = createPhoneField({ catalogue, readPhone, onRead: showSendAnew });
  const consent = createConsentField({ catalogue, phone, onTick: () => showError(null) });
  const channels = createChannelField({ catalogue, consent, onChoose: choose });
  const facts = createOrderFactsView({ catalogue });
  const replacing = createReplacingView({ catalogue });
  const part = createPartField({ catalogue, onType: showSendAnew });
  /** @type {Order | null} */
  let order = null;
  let sending = false;
  /** @type {string | null} */
  let confirmed = null;
  /** @type {Notice | null} why nothing was sent */
  let refused = null;
  let unknownRange = false;

  const mayPress = () => order !== null && (order.can_send || replacing.isOpen());

  /** Return what is asked for; its amount is null while what is typed cannot be. */
  function askedNow() {
    const typed = part.amount();
    const all = replacing.amount();
    return typed === null ? all : { ...all, amount: typed ?? null };
  }

  /** @param {boolean} frozen */
  function showSend(frozen) {
    if (order === null) return;
    part.show(order, { isReplacing: replacing.isOpen(), locked: sending });
    const asked = askedNow();
    const button = byId('send');
    const channel = channels.chosen();
    if (sending) catalogue.write(button, 'button_sending');
    else if (channel === null) catalogue.write(button, 'button_send_off');
    else if (part.amount() === undefined) catalogue.write(button, 'button_send_check');
    else if (Number(asked.amount) === 0) catalogue.write(button, 'button_send_nothing');
    else catalogue.write(button, 'button_send', { amount: asked, channel });
    setAttribute(button, 'aria-busy', sending ? 'true' : null);
    setOff(button, frozen || sending || !mayPress() || channel === null);
    phone.lock(sending);
    consent.lock(sending);
  }

  function showSendAnew() {
    if (order === null) return;
    channels.show(order);
    showSend(false);
  }

  /** @param {Channel} name */
  function choose(name) {
    channels.choose(name);
    showError(null);
    channels.showError(null);
    showSendAnew();
  }

  /** @param {{id: string, values?: Values} | null} sentence */
  function showError(sentence) {
    setShown(byId('form-error'), sentence !== null);
    if (sentence === null) refused = null;
    if (sentence === null) return;
    catalogue.write(byId('form-error'), sentence.id, sentence.values);
    announce(byId('form-error').textContent);
  }

  /** @param {NotSent['fields']} fields */
  function showFieldErrors(fields) {
    /** @param {string} name */
    const first = (name) => (Array.isArray(fields[name]) ? fields[name][0] : fields[name]) ?? null;
    const phoneError = first('phone');
    channels.showError(first('channel'));
    if (phoneError === null) return;
    phone.showError(phoneError);
    phone.focus();
  }

  function closePhoneAsk() {
    setShown(byId('phone-ask'), false);
    setShown(byId('send'), true);
  }

  /** @param {string} sentence */
  function askForPhone(sentence) {
    catalogue.write(byId('phone-question'), sentence, phone.values());
    setShown(byId('phone-ask'), true);
    setShown(byId('send'), false);
    byId('phone-yes').focus();
    announce(byId('phone-question').textContent);
  }

  async function submit() {
    if (sending || isOff(byId('send'))) return;
    showError(null);
    if (!part.accept()) return;
    const error = phone.errorOf();
    phone.showError(error);
    if (error !== null) {
      phone.focus();
      return;
    }
    // While the server reads the number, another press or a poll may have changed what can be sent.
    const read = await phone.settle();
    if (read === null || sending || isOff(byId('send'))) return;
    await proceed(read);
  }

  /** Ask what must still be confirmed of a number that was read, or send. @param {PhoneRead} read */
  async function proceed(read) {
    if (read.outcome === 'ambiguous') {
      phone.askWhich();
    } else if (read.outcome === 'refused') {
      phone.showError(read.sentence?.id ?? null);
      phone.focus();
    } else if (consent.isAsked() && !consent.agreed()) {
      consent.askAgain();
    } else if (!phone.sameAsOrder() && confirmed !== phone.value()) {
      unknownRange = read.outcome === 'unconfirmed';
      askForPhone(phoneQuestion());
    } else {
      await send();
    }
  }

  function phoneQuestion() {
    if (unknownRange) return 'phone_confirm_unknown';
    return phone.isLast() ? 'phone_confirm_last' : 'phone_confirm';
  }

  /** @param {Order} of */
  function detailsOf(of) {
    return {
      order_id: of.order_id, channel: channels.chosen(), phone: phone.value(), ...askedFor(of, part.amount() ?? null),
      expected_total: of.total, expected_currency: of.currency,
      ...(consent.agreed() ? { customer_agreed: true } : {}),
      // Whoever used it last has confirmed it, and so does the agent who reads it back.
      ...((unknownRange || phone.isLast()) && !phone.sameAsOrder() ? { phone_confirmed: true } : {}),
    };
  }

  async function send() {
    if (sending || order === null) return;
    sending = true;
    closePhoneAsk();
    byId('send').focus();
    showSend(false);
    try {
      await onSend(detailsOf(order));
      consent.untick();
      part.clear();
    } catch (error) {
      if (!(error instanceof NotSent)) throw error;
      showRefusal(error);
    } finally {
      sending = false;
      showSend(false);
      if (consent.isAsked() && !consent.agreed() && byId('form-error').hidden === false) consent.focus();
    }
  }

  // What was refused holds for the order as it was: with another amount or another link it says nothing.
  /** @param {number} answered */
  function dropRefusal(answered) {
    if (order === null || refused === null || !refused.isOver(order, answered)) return;
    unannounce(byId('form-error').textContent);
    showError(null);
    channels.showError(null);
    phone.showError(null);
  }

  /** @param {NotSent} refusal */
  function showRefusal({ code, fields, sentence: given, after }) {
    const sentence = given ? asSentence(given) : null;
    const channel = channels.chosen();
    if (order === null) return;
    refused = new Notice(sentence ?? { id: '' }, { subject: 'sending', order, after });
    if (sentence === null || channel === null || !consent.learn(code, channel, sentence)) {
      showFieldErrors(fields);
    } else if (!channels.isOpen(order, channel)) {
      showClosed(order, channel);
      return;
    } else {
      channels.show(order);
    }
    if (sentence !== null) showError(sentence);
  }

  // The channel's card says why; this sentence says that nothing was sent, and what the Send button would do now.
  /** @param {Order} of @param {Channel} closed */
  function showClosed(of, closed) {
    const why = channels.refusalOf(closed);
    channels.show(of);
    const channel = channels.chosen();
    const values = { closed: catalogue.text(`channel_${closed}`), channel };
    showError({ id: channel === null ? 'nothing_sent_closed' : 'nothing_sent_by', values });
    announce(`${why} ${byId('form-error').textContent}`);
  }

  byId('form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (!byId('phone-ask').hidden) return;
    submit();
  });
  byId('phone').addEventListener('input', () => {
    closePhoneAsk();
    consent.forget();
    showSendAnew();
  });
  byId('phone-yes').addEventListener('click', () => {
    confirmed = phone.value();
    send();
  });
  byId('phone-no').addEventListener('click', () => {
    closePhoneAsk();
    phone.focus();
  });

  byId('form-back').addEventListener('click', leave);

  function leave() {
    if (sending) return;
    closePhoneAsk();
    showError(null);
    onLeave();
  }

  /**
   * Show the newest order without changing what the agent has typed.
   *
   * @param {{order: Order, frozen: boolean, answered?: number, replaced?: PaymentRequest | null, mayLeave?: boolean}} page
   *   replaced: the link whose place a send takes; mayLeave: whether the form was opened in place of a request
   */
  function show({ order: newest, frozen, answered = 0, replaced = null, mayLeave = false }) {
    order = newest;
    replacing.show(order, replaced, { mayLeave, ending: phone.ending() });
    facts.show(order, { isOpen: replacing.isOpen() || isOurSend(order, sending) });
    phone.follow(order.phone_reading, order.phone_notes, order.last_number);
    consent.follow(order.consents);
    channels.show(order);
    dropRefusal(answered);
    showSend(frozen);
  }

  /** Return what Send would ask for now; null where it can send nothing. */
  function wanted() {
    const channel = channels.chosen();
    const { amount } = askedNow();
    if (order === null || !mayPress() || channel === null || amount === null) return null;
    return { channel, amount, ...(replacing.isNamed(phone.ending()) ? { replaces: true } : {}) };
  }

  return { show, choose, wanted, focusPhone: phone.focus, isSending: () => sending };
}

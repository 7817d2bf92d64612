/*
 * Knows the form that asks for a new payment request: the order's facts (read only), the number, the channel with its
 * consent, and that a changed number is read back once before anything is sent.
 */
import { asSentence } from './catalogue.js';
import { byId, isOff, make, setAttribute, setList, setOff, setShown, setText } from './dom.js';
import { isTotalKnown } from './conclusions.js';
import { createConsentField } from './consent_field.js';
import { createPhoneField } from './phone_field.js';

export function createFormView({ catalogue, onSend, readPhone, announce }) {
  const phone = createPhoneField({ catalogue, readPhone, announce, onRead: showChannelsAnew });
  const consent = createConsentField({ catalogue, phone, announce, onTick: () => showError(null) });
  let order = null;
  let channel = null;
  let sending = false;
  let confirmed = null;
  let unknownRange = false;

  const money = (amount) => ({ amount, currency: order.currency });
  const moneyText = (amount) => (amount === null || amount === undefined ? '' : catalogue.formats.money(money(amount)));

  function showFacts() {
    setText(byId('fact-order-number'), order.order_number);
    setText(byId('fact-total'), isTotalKnown(order) ? moneyText(order.total) : '–');
    setText(byId('fact-tax'), order.tax === null ? catalogue.text('tax_not_shown') : moneyText(order.tax));
    setText(byId('fact-sub-total'), order.sub_total === null || !isTotalKnown(order) ? '–' : moneyText(order.sub_total));
    setText(byId('fact-currency'), order.currency ?? '–');
    const partly = Number(order.amount_paid) > 0;
    setShown(byId('fact-paid-row'), partly);
    setShown(byId('fact-due-row'), partly);
    setText(byId('fact-paid'), partly ? moneyText(order.amount_paid) : '');
    setText(byId('fact-due'), partly ? moneyText(order.amount_due) : '');
    catalogue.write(byId('fresh-order'), 'fresh_order', { at: order.read_at });
  }

  function sentenceLine({ sentence }) {
    const line = make('p', '');
    catalogue.write(line, sentence.id, sentence.values);
    return line;
  }

  function showNotes() {
    const notes = order.notes ?? [];
    setShown(byId('order-notes'), notes.length > 0);
    setList(byId('order-notes'), notes, sentenceLine);
  }

  function showProblems() {
    const problems = [...(order.problems ?? [])];
    const known = new Set(problems.map(({ sentence }) => sentence.id));
    if (!order.can_send && order.send_off && !known.has(order.send_off.id)) problems.unshift({ field: null, sentence: order.send_off });
    if (!order.can_send && problems.length === 0) problems.push({ field: null, sentence: { id: 'send_off', values: {} } });
    setShown(byId('problems'), problems.length > 0);
    setList(byId('problems'), problems, sentenceLine);
  }

  function channelCard({ name, reports, refused }) {
    const input = make('input', 'c2p-card-input');
    Object.assign(input, { type: 'radio', name: 'channel', value: name, id: `channel-${name}`, checked: name === channel, disabled: refused !== null });
    input.addEventListener('change', () => choose(name));
    const label = make('label', 'c2p-card-label',
      make('span', 'c2p-card-name', catalogue.text(`channel_${name}`)),
      refused === null
        ? make('span', 'c2p-quiet', catalogue.text(reports ? 'channel_reports' : 'channel_no_reports'))
        : make('span', 'c2p-card-refused', refused));
    label.htmlFor = input.id;
    return make('div', 'c2p-card-choice', input, label);
  }

  const isOpen = (name) => order.channels.includes(name) && consent.of(name).state !== 'refused';

  function channelItem(name) {
    const { state, sentence } = consent.of(name);
    const refused = state === 'refused' ? catalogue.text(sentence.id, sentence.values) : null;
    return { name, reports: Boolean(order.delivery_reports?.[name]), refused };
  }

  // A channel that closes while it is chosen gives way to one that is open, and the agent hears why.
  function showChannels() {
    if (!isOpen(channel)) {
      const closed = order.channels.includes(channel) ? channelItem(channel).refused : null;
      channel = order.channels.find(isOpen) ?? null;
      if (closed !== null) announce(closed);
    }
    const focused = byId('channels').contains(document.activeElement) ? document.activeElement.id : null;
    setList(byId('channels'), order.channels.map(channelItem), channelCard);
    for (const name of order.channels) byId(`channel-${name}`).checked = name === channel;
    if (focused !== null && !byId('channels').contains(document.activeElement)) byId(`channel-${channel}`)?.focus();
    consent.show(channel);
  }

  function showSend(frozen) {
    const button = byId('send');
    if (sending) catalogue.write(button, 'button_sending');
    else if (channel === null) catalogue.write(button, 'button_send_off');
    else if (Number(order.limits.maximum) === 0) catalogue.write(button, 'button_send_nothing');
    else catalogue.write(button, 'button_send', { amount: money(order.limits.maximum), channel });
    setAttribute(button, 'aria-busy', sending ? 'true' : null);
    setOff(button, frozen || sending || !order.can_send || channel === null);
    phone.lock(sending);
    consent.lock(sending);
  }

  function choose(name) {
    channel = name;
    showError(null);
    byId('channel-error').hidden = true;
    showChannels();
    showSend(false);
  }

  function showError(sentence) {
    setShown(byId('form-error'), sentence !== null);
    if (sentence === null) return;
    catalogue.write(byId('form-error'), sentence.id, sentence.values);
    announce(byId('form-error').textContent);
  }

  function showFieldErrors(fields) {
    const first = (name) => (Array.isArray(fields[name]) ? fields[name][0] : fields[name]) ?? null;
    const [phoneFault, channelFault] = [first('phone'), first('channel')];
    setShown(byId('channel-error'), channelFault !== null);
    if (channelFault !== null) catalogue.write(byId('channel-error'), channelFault);
    if (phoneFault === null) return;
    phone.showError(null, phoneFault);
    phone.focus();
  }

  function closePhoneAsk() {
    setShown(byId('phone-ask'), false);
    setShown(byId('send'), true);
  }

  function showChannelsAnew() {
    if (order === null) return;
    showChannels();
    showSend(false);
  }

  function askForPhone(sentence) {
    catalogue.write(byId('phone-question'), sentence, phone.told());
    setShown(byId('phone-ask'), true);
    setShown(byId('send'), false);
    byId('phone-yes').focus();
    announce(byId('phone-question').textContent);
  }

  async function submit() {
    if (sending || isOff(byId('send'))) return;
    showError(null);
    const fault = phone.faultOf();
    phone.showError(fault);
    if (fault !== null) {
      phone.focus();
      return;
    }
    const read = await phone.settle();
    if (read === null || sending || isOff(byId('send'))) return;
    if (read.outcome === 'ambiguous') {
      phone.askWhich();
    } else if (read.outcome === 'refused') {
      phone.showError(read.sentence.id);
      phone.focus();
    } else if (consent.isAsked() && !consent.agreed()) {
      consent.askAgain();
    } else if (!phone.sameAsOrder() && confirmed !== phone.value()) {
      unknownRange = read.outcome === 'unconfirmed';
      askForPhone(unknownRange ? 'phone_confirm_unknown' : 'phone_confirm');
    } else {
      send();
    }
  }

  async function send() {
    if (sending) return;
    sending = true;
    closePhoneAsk();
    byId('send').focus();
    showSend(false);
    try {
      const agreed = consent.agreed() ? { customer_agreed: true } : {};
      const answered = unknownRange && !phone.sameAsOrder() ? { phone_confirmed: true } : {};
      await onSend({
        order_id: order.order_id, channel, phone: phone.value(), purpose: 'full',
        expected_total: order.total, expected_currency: order.currency, ...agreed, ...answered,
      });
      consent.untick();
    } catch (error) {
      refused(error);
    } finally {
      sending = false;
      showSend(false);
      if (consent.isAsked() && !consent.agreed() && byId('form-error').hidden === false) consent.focus();
    }
  }

  function refused(error) {
    const sentence = error.sentence ? asSentence(error.sentence) : null;
    if (sentence === null || !consent.learn(error.code, channel, sentence)) showFieldErrors(error.fields ?? {});
    else if (!isOpen(channel)) {
      tellClosed(channel);
      return;
    } else showChannels();
    if (sentence !== null) showError(sentence);
  }

  // The card says why; this says that nothing went out, and what the Send button would do now.
  function tellClosed(closed) {
    const why = channelItem(closed).refused;
    showChannels();
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
    showChannels();
    showSend(false);
  });
  byId('phone-yes').addEventListener('click', () => {
    confirmed = phone.value();
    send();
  });
  byId('phone-no').addEventListener('click', () => {
    closePhoneAsk();
    phone.focus();
  });
  byId('phone-ask').addEventListener('keydown', (event) => {
    if (event.key === 'Escape') byId('phone-no').click();
  });

  /* This function will show the newest order in the form without touching what the agent has typed. */
  function show(model) {
    order = model.order;
    showFacts();
    showNotes();
    showProblems();
    phone.follow(order.phone_reading, order.phone_notes);
    consent.follow(order.consents);
    showChannels();
    showSend(model.frozen);
  }

  return { show, choose, isSending: () => sending };
}

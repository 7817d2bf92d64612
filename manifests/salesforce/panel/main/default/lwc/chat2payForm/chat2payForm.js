/* The form that asks for a new payment request; a changed number is read back once before anything is sent. */
import { LightningElement, api } from 'lwc';
import { digitsOf, isTotalKnown, looksLikeCard, partHint, partOf, takesParts } from 'c/chat2payRules';
import { readNumber } from 'c/chat2payServer';
import { askedBy, countryOf, hintOf, notesOf, warningOf } from './numbers';
import { askedAmount, canSend, labelsOf, problemsOf, refusalOf, replacesOf } from './standing';
import { wishOf } from './wishes';

const FINE = { state: 'fine', sentence: null };

export default class Chat2payForm extends LightningElement {
  @api order;
  @api wording;
  @api frozen = false;
  @api sending = false;
  /** What the last send was refused with: {sentence, fields}, or null. */
  @api refusal = null;
  /** The link whose place a send takes, or null. */
  @api replaced = null;
  /** The request in whose place the form was opened, to which the agent may go back, or null. */
  @api reopened = null;
  phone = null;
  chosen = null;
  agreed = false;
  amount = '';
  amountError = null;
  phoneError = null;
  consentError = null;
  asked = null;
  reading = false;

  connectedCallback() {
    this.numberBefore = this.order.phone_reading?.number;
  }

  /** Choose a channel, as the button that opened the form says. */
  @api
  choose(channel) {
    if (channel) this.chosen = channel;
  }

  @api
  focusFirst() {
    this.template.querySelector('[data-id="heading"]')?.focus();
  }

  get labels() {
    return labelsOf(this.replaced, this.wording.text);
  }

  money(amount) {
    return this.wording.formats.money({ amount, currency: this.order.currency });
  }

  get total() {
    return isTotalKnown(this.order) ? this.money(this.order.total) : '–';
  }

  get due() {
    return Number(this.order.amount_paid) > 0 ? this.money(this.order.amount_due) : null;
  }

  get problems() {
    return problemsOf(this.order, this.replaced, this.wording.text);
  }

  get replaces() {
    return replacesOf(this.order, this.replaced, this.wording.text);
  }

  get hasProblems() {
    return this.problems.length > 0;
  }

  get notes() {
    return this.order.notes.map(({ sentence }) => ({
      key: sentence.id,
      text: this.wording.text(sentence.id, sentence.values),
    }));
  }

  // Numbers of the order that are not sure: the agent asks the customer and takes one.
  get phoneNotes() {
    return notesOf(this.order, this.wording.text);
  }

  get ownNumber() {
    return this.order.phone_reading?.shown ?? '';
  }

  get shownPhone() {
    return this.phone ?? this.order.last_number?.reading.shown ?? this.ownNumber;
  }

  get isOwnNumber() {
    return this.ownNumber !== '' && digitsOf(this.shownPhone) === digitsOf(this.ownNumber);
  }

  get phoneHint() {
    return hintOf(this, this.wording.text);
  }

  get shownReading() {
    return this.asked?.reading ?? (this.isOwnNumber ? this.order.phone_reading : null);
  }

  get phoneCountry() {
    return countryOf(this.shownReading, this.shownPhone);
  }

  get phoneWarning() {
    return warningOf(this.shownReading, this.wording.text);
  }

  consentOf(channel) {
    const known = this.order.consents[channel] ?? FINE;
    return known.other_number && !this.isOwnNumber ? known.other_number : known;
  }

  get open() {
    return this.order.channels.filter((one) => this.consentOf(one).state !== 'refused');
  }

  get channel() {
    return this.open.includes(this.chosen) ? this.chosen : (this.open[0] ?? null);
  }

  get channelOptions() {
    return this.open.map((value) => ({ value, label: this.wording.text(`channel_${value}`) }));
  }

  get hasChannels() {
    return this.open.length > 0;
  }

  get closed() {
    const names = this.order.channels.filter((one) => !this.open.includes(one));
    return names.map((one) => ({ key: one, text: refusalOf(one, this.consentOf(one), this.wording.text) }));
  }

  get asksConsent() {
    return this.channel !== null && this.consentOf(this.channel).state === 'ask';
  }

  get consentHint() {
    return this.wording.text(this.isOwnNumber ? 'customer_agreed_hint' : 'customer_agreed_hint_other', {
      channel: this.channel,
    });
  }

  get takesParts() {
    return takesParts(this.order) && !this.replaced;
  }

  // How the part is read: null where nothing is typed, so that all is asked for.
  get part() {
    return this.takesParts ? partOf(this.order, this.amount, this.wording.locale) : null;
  }

  get amountHint() {
    const { id, values } = partHint(this.order, this.part);
    return this.wording.text(id, values);
  }

  get sendLabel() {
    const { text } = this.wording;
    const all = askedAmount(this.order, this.replaced);
    if (this.sending || this.reading) return text('button_sending');
    if (this.channel === null) return text('button_send_off');
    if (Number(all.amount) === 0) return text('button_send_nothing');
    if (this.part?.refused) return text('button_send_check');
    const amount = { ...all, amount: this.part?.amount ?? all.amount };
    return text('button_send', { amount, channel: this.channel });
  }

  get isOff() {
    return this.frozen || !canSend(this.order, this.replaced) || this.channel === null;
  }

  get errorText() {
    if (!this.refusal) return null;
    const { id, values } = this.refusal.sentence;
    return this.wording.text(id, values);
  }

  handlePhone(event) {
    this.phone = event.target.value;
    this.phoneError = null;
    this.asked = null;
    this.agreed = false;
  }

  handleUse(event) {
    this.handlePhone({ target: { value: event.target.dataset.shown } });
    this.focusOn('phone');
  }

  handleChannel(event) {
    this.chosen = event.detail.value;
    this.agreed = false;
  }

  handleAgreed(event) {
    this.agreed = event.target.checked;
    this.consentError = null;
  }

  handleAmount(event) {
    this.amount = event.target.value;
    this.amountError = null;
  }

  async handleSend() {
    if (this.isOff || this.sending || this.reading || this.asked) return;
    const refused = this.part?.refused;
    if (refused) {
      this.amountError = this.wording.text(refused.id, refused.values);
      this.focusOn('amount');
      return;
    }
    if (this.asksConsent && !this.agreed) {
      this.consentError = this.wording.text('customer_agreed_missing');
      this.focusOn('agreed');
      return;
    }
    if (this.isOwnNumber) this.send({});
    else await this.readBack();
  }

  async readBack() {
    const typed = this.shownPhone;
    if (looksLikeCard(typed)) {
      // A card number must not stay on the page.
      this.phone = '';
      this.showPhoneError('card_number_refused');
    } else if (digitsOf(typed) === '') {
      this.showPhoneError('phone_missing');
    } else {
      await this.askFor(typed);
    }
  }

  async askFor(typed) {
    this.reading = true;
    try {
      const read = await readNumber(this.order.order_id, typed);
      // The agent may have typed on meanwhile.
      if (typed !== this.shownPhone) return;
      const asked = askedBy(read, this.wording.text, this.order);
      if (asked.error) this.showPhoneError(null, asked.error);
      else this.asked = asked;
    } catch {
      this.showPhoneError('phone_not_checked');
    } finally {
      this.reading = false;
    }
  }

  showPhoneError(id, text = this.wording.text(id)) {
    this.phoneError = text;
    this.focusOn('phone');
  }

  focusOn(id) {
    this.template.querySelector(`[data-id="${id}"]`)?.focus();
  }

  handleChoice(event) {
    const choice = this.asked.choices.find(({ key }) => key === event.target.dataset.key);
    this.phone = choice.shown;
    // After "which one?" comes "is it right?", as on the page.
    this.asked = this.asked.reading
      ? null
      : askedBy({ outcome: 'read', readings: [choice.reading] }, this.wording.text, this.order);
    if (!this.asked) this.send({ phone: choice.phone, phoneConfirmed: choice.phoneConfirmed || null });
  }

  handleLeave() {
    if (!this.sending) this.dispatchEvent(new CustomEvent('leave'));
  }

  // What was opened last is closed first.
  handleKey(event) {
    if (event.key === 'Enter' && !event.repeat && event.target.dataset.id === 'phone') this.handleSend();
    if (event.key !== 'Escape') return;
    if (this.asked) this.handleChange();
    else if (this.reopened) this.handleLeave();
  }

  handleChange() {
    this.asked = null;
    this.focusOn('phone');
  }

  send(number) {
    if (!this.sending) this.dispatchEvent(new CustomEvent('send', { detail: wishOf(this, number) }));
  }
}

/* The form that asks for a new payment request; a changed number is read back once before anything is sent. */
import { LightningElement, api } from 'lwc';
import { digitsOf, looksLikeCard, partHint, partOf, takesParts } from 'c/chat2payRules';
import { askedBy, numberOf, offeredReading } from './numbers';
import { createReadings, readingOf, takenReading } from './readings';
import { channelsOf, consentHintOf, consentOf, learnedFrom, refusedText } from './channels';
import { canSend, labelsOf, previewOf, sendLabelOf, formTextsOf } from './formTexts';
import { toSendCommand } from './sendCommand';

export default class Chat2payForm extends LightningElement {
  @api order;
  @api wording;
  @api frozen = false;
  @api sending = false;
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
  read = null;
  refused = null;
  learned = null;
  sentBy = null;
  readNumber = createReadings();

  /** What the last send was refused with: {code, sentence}, or null. */
  @api
  get refusal() {
    return this.refused;
  }
  set refusal(value) {
    this.refused = value;
    this.learned = learnedFrom(value, this) ?? this.learned;
  }

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

  get texts() {
    return formTextsOf(this, this.wording);
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

  get shownReading() {
    return this.asked?.reading ?? readingOf(this.read, this.shownPhone) ?? offeredReading(this);
  }

  get number() {
    return numberOf(this, this.wording.text);
  }

  get channels() {
    return channelsOf(this, this.wording.text);
  }

  get channel() {
    return this.channels.chosen;
  }

  get asksConsent() {
    return this.channel !== null && consentOf(this, this.channel).state === 'ask';
  }

  get consentHint() {
    return consentHintOf(this, this.wording.text);
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

  get preview() {
    return previewOf(this);
  }

  get sendLabel() {
    return sendLabelOf(this, this.wording.text);
  }

  get isOff() {
    return this.frozen || !canSend(this.order, this.replaced) || this.channel === null;
  }

  get errorText() {
    return refusedText(this, this.wording.text);
  }

  handlePhone(event) {
    this.phone = event.target.value;
    this.phoneError = null;
    this.asked = null;
    this.agreed = false;
    // Another number: what was refused says nothing of it.
    this.learned = null;
    this.refused = null;
  }

  // Once the agent has left the field, its number is read, as on the page.
  async handlePhoneLeft() {
    const typed = this.shownPhone;
    if (looksLikeCard(typed)) this.dropCard();
    if (this.asked || this.isOwnNumber || digitsOf(this.shownPhone) === '') return;
    try {
      const read = await this.readNumber(this.order.order_id, typed);
      if (typed !== this.shownPhone || this.asked) return;
      this.read = read;
      const { error } = askedBy(read, this.wording.text, this.order);
      if (error) this.phoneError = error;
    } catch {
      // Send asks again, and says that nobody could be asked.
    }
  }

  // A card number must not stay on the page.
  dropCard() {
    this.phone = '';
    this.phoneError = this.wording.text('card_number_refused');
  }

  handleUse(event) {
    this.handlePhone({ target: { value: event.target.dataset.shown } });
    this.focusOn('phone');
  }

  handleChannel(event) {
    this.chosen = event.detail.value;
    this.agreed = false;
    this.refused = null;
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
      this.dropCard();
      this.focusOn('phone');
    } else if (digitsOf(typed) === '') {
      this.showPhoneError('phone_missing');
    } else {
      await this.askFor(typed);
    }
  }

  async askFor(typed) {
    this.reading = true;
    try {
      const read = this.read?.text === typed ? this.read : await this.readNumber(this.order.order_id, typed);
      // The agent may have typed on meanwhile.
      if (typed !== this.shownPhone) return;
      this.read = read;
      const asked = askedBy(read, this.wording.text, this.order);
      if (asked.error) this.showPhoneError(null, asked.error);
      else if (this.number.which) this.focusNext('[data-id="which"] lightning-button');
      else {
        this.asked = asked;
        // The question takes the place of the button that had the focus.
        this.focusNext('[data-id="right"]');
      }
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

  // Send reads it back, as any other number.
  handleWhich(event) {
    const one = this.read.readings.find(({ number }) => number === event.target.dataset.key);
    this.handlePhone({ target: { value: one.shown } });
    this.read = takenReading(one);
    this.focusOn('phone');
  }

  handleRight() {
    const { reading, isUnknown } = this.asked;
    this.phone = reading.shown;
    this.asked = null;
    this.send({ phone: reading.number, phoneConfirmed: isUnknown || null });
  }

  async focusNext(selector) {
    await Promise.resolve();
    this.template.querySelector(selector)?.focus();
  }

  handleLeave() {
    if (!this.sending) this.dispatchEvent(new CustomEvent('leave'));
  }

  handleKey(event) {
    if (event.key !== 'Enter' || event.target.dataset.id !== 'phone') return;
    // Else the same press would answer the question that it leads to.
    event.preventDefault();
    if (!event.repeat) this.handleSend();
  }

  /** Close the question, or the form where it was opened in place of a request; return whether there was one. */
  @api
  leave() {
    if (this.asked) this.handleChange();
    else if (this.reopened) this.handleLeave();
    else return false;
    return true;
  }

  handleChange() {
    this.asked = null;
    this.focusOn('phone');
  }

  send(number) {
    if (this.sending) return;
    this.sentBy = this.channel;
    this.dispatchEvent(new CustomEvent('send', { detail: toSendCommand(this, number) }));
  }
}

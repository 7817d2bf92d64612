/* The form that asks for a new payment request; a changed number is read back once before anything is sent. */
import { LightningElement, api } from 'lwc';
import { digitsOf, looksLikeCard, partHint, partOf, takesParts } from 'c/chat2payRules';
import { askedBy, countryOf, hintOf, notesOf, offeredReading, warningOf } from './numbers';
import { createReadings, readingOf } from './readings';
import { channelsOf, consentOf } from './channels';
import { canSend, factsOf, labelsOf, previewOf, problemsOf, remarksOf, replacesOf, sendLabelOf } from './standing';
import { wishOf } from './wishes';

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
  read = null;
  readNumber = createReadings();

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

  get facts() {
    return factsOf(this.order, this.wording.formats);
  }

  get problems() {
    return problemsOf(this, this.wording.text);
  }

  get replaces() {
    return replacesOf(this, this.wording.text);
  }

  get notes() {
    return remarksOf(this.order, this.wording.text);
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
    return this.asked?.reading ?? readingOf(this.read, this.shownPhone) ?? offeredReading(this);
  }

  get phoneCountry() {
    return countryOf(this.shownReading, this.shownPhone);
  }

  get phoneWarning() {
    return warningOf(this.shownReading, this.wording.text);
  }

  get channels() {
    return channelsOf(this, this.wording.text);
  }

  get channel() {
    const { open } = this.channels;
    return open.includes(this.chosen) ? this.chosen : (open[0] ?? null);
  }

  get reports() {
    return this.wording.text(this.order.delivery_reports[this.channel] ? 'channel_reports' : 'channel_no_reports');
  }

  get asksConsent() {
    return this.channel !== null && consentOf(this, this.channel).state === 'ask';
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
    return this.refusal && this.wording.text(this.refusal.sentence.id, this.refusal.sentence.values);
  }

  handlePhone(event) {
    this.phone = event.target.value;
    this.phoneError = null;
    this.asked = null;
    this.agreed = false;
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
      const read = await this.readNumber(this.order.order_id, typed);
      // The agent may have typed on meanwhile.
      if (typed !== this.shownPhone) return;
      const asked = askedBy(read, this.wording.text, this.order);
      if (asked.error) this.showPhoneError(null, asked.error);
      else this.ask(asked);
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
    if (this.asked.reading) {
      this.asked = null;
      this.send({ phone: choice.phone, phoneConfirmed: choice.phoneConfirmed || null });
      return;
    }
    // After "which one?" comes "is it right?", as on the page.
    this.ask(askedBy({ outcome: 'read', readings: [choice.reading] }, this.wording.text, this.order));
  }

  // The question takes the place of the button that had the focus.
  async ask(asked) {
    this.asked = asked;
    await Promise.resolve();
    this.template.querySelector('[data-id="ask"] lightning-button')?.focus();
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

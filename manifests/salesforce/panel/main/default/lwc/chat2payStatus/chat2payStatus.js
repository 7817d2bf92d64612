/* One payment request: sentence, countdown, what to say, steps, how fresh it is, and the buttons that it offers. */
import { LightningElement, api } from 'lwc';
import {
  countdownOf,
  freshOf,
  mainSentence,
  mostToCapture,
  movesOf,
  offersOf,
  proofNow,
  readCapture,
  replacementMessage,
  sayOf,
  sendOffOf,
  statusId,
  stepsOf,
  storyOf,
  toneOf,
  warningsOf,
  whoOf,
  withheldOf,
} from 'c/chat2payRules';
import { askFor } from './asks';

const SPOKEN_MARKS = {
  done: 'step_done',
  now: 'step_now',
  to_come: 'step_to_come',
  failed: 'step_failed',
  open: 'step_open',
};
// What is done at once; everything else is asked first.
const AT_ONCE = new Set(['again', 'renumber']);

export default class Chat2payStatus extends LightningElement {
  @api order;
  @api request;
  @api wording;
  @api now;
  @api userId;
  @api asking = false;
  @api frozen = false;
  asked = null;
  typed = null;
  wasBusy = false;

  /** True while what was asked for is being done; the question closes when it ends. */
  @api
  get busy() {
    return this.wasBusy;
  }
  set busy(value) {
    if (this.wasBusy && !value) this.closeAsk();
    this.wasBusy = value;
  }

  /** Put the focus on the sentence. */
  @api
  focusSentence() {
    this.template.querySelector('[data-id="sentence"]')?.focus();
  }

  say(said) {
    return said ? this.wording.text(said.id, said.values) : null;
  }

  get main() {
    return mainSentence(this.request, this.now);
  }

  get sentence() {
    return this.say(this.main);
  }

  get cardClass() {
    return `card ${toneOf(this.order, this.request, this.now)}`;
  }

  get pill() {
    return this.wording.text(statusId(this.request));
  }

  get labels() {
    const { text } = this.wording;
    return {
      say: text('label_say'),
      steps: text('label_truth_line'),
      story: text('label_story'),
      history: text('label_history'),
    };
  }

  get amount() {
    const { amount, currency, channel } = this.request;
    return this.wording.text('amount_by_channel', { amount: { amount, currency }, channel });
  }

  get warnings() {
    return warningsOf(this.order, this.request, this.main.id).map((one) => ({ key: one.id, text: this.say(one) }));
  }

  get hasWarnings() {
    return this.warnings.length > 0;
  }

  get who() {
    return this.say(whoOf(this.request));
  }

  get story() {
    return storyOf(this.request, this.order.payment_requests).map(({ sent, replaced }, place) => ({
      key: place,
      text: `${this.say(sent)} ${this.say(replaced)}`,
    }));
  }

  get hasStory() {
    return this.story.length > 0;
  }

  get countdown() {
    return countdownOf(this.request);
  }

  get sayLine() {
    const said = this.say(sayOf(this.request, this.now));
    return said && this.wording.text('say_quoted', { said });
  }

  get steps() {
    const { text, formats } = this.wording;
    return stepsOf(this.request, this.order).map(({ id, values, mark, at }, place) => ({
      key: place,
      text: text(id, values),
      spoken: SPOKEN_MARKS[mark] ? ` (${text(SPOKEN_MARKS[mark])})` : '',
      at: at ? formats.moment(at, this.now) : '',
      lineClass: `step ${mark}`,
      current: mark === 'now' ? 'step' : null,
    }));
  }

  get fresh() {
    return this.say(freshOf(this.request, { asking: this.asking, now: proofNow(this.order, this.now) }));
  }

  get history() {
    const { text, formats } = this.wording;
    return this.request.timeline.map(({ at, id, values }, place) => ({
      key: place,
      at: formats.moment(at, this.now),
      text: text(id, values),
    }));
  }

  get hasHistory() {
    return this.history.length > 0;
  }

  get sendOff() {
    return this.say(sendOffOf(this.order, this.request, { userId: this.userId, now: this.now }));
  }

  get withheld() {
    const said = sendOffOf(this.order, this.request, { userId: this.userId, now: this.now });
    return withheldOf(this.request, said?.id ?? null).map((one) => ({ key: one.id, text: this.say(one) }));
  }

  get offers() {
    return offersOf(this.order, this.request, this.now);
  }

  get buttons() {
    const { text } = this.wording;
    const { capture, reverse } = movesOf(this.order, this.request, this.now);
    const { again, replace, renumber, cancel, release } = this.offers;
    const list = [
      again && { verb: 'again', label: text(again.id, again.values), variant: 'brand' },
      capture && { verb: 'capture', label: text(capture.id, capture.values), variant: 'brand' },
      replace && { verb: 'replace', label: text(replace.id, replace.values) },
      renumber && { verb: 'renumber', label: text(renumber.id, renumber.values) },
      cancel && { verb: 'cancel', label: text('button_cancel') },
      release && { verb: 'release', label: text('button_release') },
      reverse && { verb: 'reverse', label: text(reverse.id, reverse.values) },
    ];
    return list.filter(Boolean).map((one) => ({ variant: 'neutral', ...one }));
  }

  get ask() {
    if (this.asked === null || !this.buttons.some(({ verb }) => verb === this.asked)) return null;
    const facts = {
      order: this.order,
      request: this.request,
      offer: this.offers[this.asked],
      locale: this.wording.locale,
      ...(this.asked === 'capture' ? this.captured : {}),
    };
    return askFor(this.asked, facts, this.wording.text);
  }

  get hasNoAsk() {
    return this.ask === null;
  }

  // The message of the link that the open question would send.
  get replacement() {
    if (this.asked !== 'replace') return null;
    const {
      channel,
      amount,
      replaces = false,
    } = replacementMessage(this.order, this.request, this.offers.replace.channel);
    return { channel, amount, replaces };
  }

  // The most that can be taken, and how the typed amount is read; untouched, the field holds the most.
  get captured() {
    const { order, request, now, typed } = this;
    const most = mostToCapture(order, request, now);
    const read = typed === null ? { amount: most } : readCapture(typed, { request, most, locale: this.wording.locale });
    return { most, read };
  }

  get whyNot() {
    // A connector of before this panel does not say why.
    return (this.request.money_off ?? []).map((one) => ({ key: one.id, text: this.say(one) }));
  }

  // By what the gateway's back office finds a payment that can only be refunded there.
  get gatewayReference() {
    const { settled, reconciliation_reference: reference } = this.request;
    const isRefunded = this.whyNot.some(({ key }) => key === 'reverse_too_late_refund_at_gateway');
    return settled && isRefunded ? reference : null;
  }

  handleButton(event) {
    const { verb } = event.target.dataset;
    if (this.frozen || this.busy) return;
    if (AT_ONCE.has(verb)) {
      this.act(verb, '');
      return;
    }
    this.typed = null;
    this.asked = verb;
  }

  handleTyped(event) {
    this.typed = event.detail;
  }

  handleYes(event) {
    if (!this.frozen && !this.busy)
      this.act(this.asked, this.asked === 'capture' ? this.captured.read.amount : event.detail);
  }

  /** Leave the question, back to the button that asked it; return whether there was one. */
  @api
  leave() {
    if (this.ask === null) return false;
    // One that is being answered stays.
    if (!this.busy) {
      const verb = this.asked;
      this.closeAsk();
      this.focusButton(verb);
    }
    return true;
  }

  async focusButton(verb) {
    await Promise.resolve();
    const button = this.template.querySelector(`[data-verb="${verb}"]`);
    if (button) button.focus();
    else this.focusSentence();
  }

  closeAsk() {
    this.asked = null;
  }

  act(verb, typed) {
    const channel = this.offers[verb]?.channel ?? null;
    this.dispatchEvent(new CustomEvent('act', { detail: { verb, reference: this.request.reference, typed, channel } }));
  }
}

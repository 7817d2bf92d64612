/* The quick action: sends a payment link, then closes onto the panel, which follows it. */
import { LightningElement, api } from 'lwc';
import LOCALE from '@salesforce/i18n/locale';
import TIME_ZONE from '@salesforce/i18n/timeZone';
import { CloseActionScreenEvent } from 'lightning/actions';
import { ShowToastEvent } from 'lightning/platformShowToastEvent';
import { createWording } from 'c/chat2payRules';
import { DIRECTION, SPOKEN, createPresses, loadSentences, news, notLoaded, openOrder } from 'c/chat2payServer';

export default class Chat2paySend extends LightningElement {
  order = null;
  wording = null;
  failed = null;
  refusal = null;
  sending = false;
  language = SPOKEN;
  direction = DIRECTION;
  seen = null;
  offset = 0;
  act = createPresses();
  givenId;

  /** A quick action gets its record id after it is created. */
  @api
  get recordId() {
    return this.givenId;
  }
  set recordId(value) {
    if (!value || value === this.givenId) return;
    this.givenId = value;
    this.open();
  }

  async open() {
    try {
      const sentences = await loadSentences();
      const clock = { now: () => performance.now() + this.offset };
      this.wording = createWording({ sentences, locale: LOCALE, language: SPOKEN, timeZone: TIME_ZONE, clock });
    } catch {
      this.failed = notLoaded;
      return;
    }
    await this.read();
  }

  async read() {
    try {
      const answer = await openOrder(this.recordId);
      this.offset = Date.parse(answer.now) - performance.now();
      this.order = answer.body;
      this.seen = answer.seen;
    } catch ({ code, sentence }) {
      this.failed = this.text(code === null ? { id: 'panel_no_answer' } : sentence);
    }
  }

  text({ id, values }) {
    return this.wording.text(id, values);
  }

  get title() {
    return this.wording?.text('send_title') ?? 'Chat 2 Pay';
  }

  get closeLabel() {
    return this.wording?.text('button_close') ?? 'Close';
  }

  get testBanner() {
    return this.order?.environment === 'SANDBOX' ? this.wording.text('test_banner') : null;
  }

  get isLoading() {
    return this.wording !== null && this.order === null && this.failed === null;
  }

  get loadingText() {
    return this.wording.text('loading');
  }

  async handleSend({ detail: command }) {
    if (this.sending) return;
    this.sending = true;
    this.refusal = null;
    try {
      const { pending } = await this.act('send', { orderId: this.recordId, command: { ...command, seen: this.seen } });
      this.finish(pending);
    } catch (refused) {
      const isSilent = refused.isUncertain && refused.cause === null;
      const sentence = isSilent ? { id: 'send_no_answer', values: {} } : refused.sentence;
      this.refusal = { sentence };
      // What the agent looked at has changed: the amount on the button must be the new one before the next press.
      if (refused.code === 'order_changed') await this.read();
    } finally {
      this.sending = false;
    }
  }

  finish(isPending) {
    const message = this.text({ id: isPending ? 'unknown' : 'send_open_panel' });
    this.dispatchEvent(new ShowToastEvent({ title: this.title, message, variant: isPending ? 'warning' : 'success' }));
    news.dispatchEvent(new CustomEvent('sent', { detail: this.recordId }));
    this.handleClose();
  }

  // Escape leaves the question first; without one the window that holds this closes.
  handleKey(event) {
    if (event.key === 'Escape' && event.currentTarget.leave()) event.stopPropagation();
  }

  handleClose() {
    this.dispatchEvent(new CloseActionScreenEvent());
  }
}

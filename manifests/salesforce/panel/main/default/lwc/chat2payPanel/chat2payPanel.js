/* The panel on an order's record page: sends payment links, shows what becomes of them, and acts on them by right. */
import { LightningElement, api } from 'lwc';
import LOCALE from '@salesforce/i18n/locale';
import TIME_ZONE from '@salesforce/i18n/timeZone';
import USER_ID from '@salesforce/user/Id';
import { createPoller } from 'c/chat2payPoller';
import {
  createWording,
  featuredRequest,
  hasOldProof,
  isUnderWay,
  liveRequest,
  paceOf,
  proofNow,
} from 'c/chat2payRules';
import { SPOKEN, createPresses, loadSentences, news, notLoaded, openOrder, versionOf } from 'c/chat2payServer';
import { announcingIn } from './announcing';
import { hasNewRequest, parametersOf, replacedLink, sendForm, showsForm, withRequest } from './changes';
import { focusingIn, leaveOnEscape } from './focusing';
import { headOf } from './head';
import { isWrittenDown, noticeOf, noticeText, refusalOf, sentenceOf, stillHolding } from './notices';
import { staleOf } from './refusals';

const TICK_MS = 1000;
// The connector writes most news to the order, which is cheap to look at; the rest is read at these intervals.
const REREAD_LIVE_MS = 15000;
const REREAD_MS = 60000;

export default class Chat2payPanel extends LightningElement {
  @api recordId;
  order = null;
  wording = null;
  failed = null;
  stale = null;
  notice = null;
  refusal = null;
  now = 0;
  busy = false;
  sending = false;
  asking = false;
  reopened = null;
  userId = USER_ID;

  seen = null;
  version = null;
  changes = 0;
  asked = 0;
  answered = 0;
  readAt = -Infinity;
  refreshedAt = -Infinity;
  offset = 0;
  act = createPresses();
  announcing = announcingIn(this.template);
  focusing = focusingIn(this.template, () => this.focusShown());

  connectedCallback() {
    this.poller = createPoller({
      ask: () => this.look(),
      paceOf: () => (this.order === null ? 'idle' : paceOf(this.order, this.now)),
      onFailure: (error, failures) => this.lookFailed(error, failures),
    });
    this.onNews = ({ detail }) => detail === this.recordId && this.lookNow();
    news.addEventListener('sent', this.onNews);
    // A countdown needs a clock; it ends when the panel leaves the page.
    // eslint-disable-next-line @lwc/lwc/no-async-operation
    this.ticking = setInterval(() => {
      this.now = this.serverNow();
      this.announcing.tell(this);
    }, TICK_MS);
    this.begin();
  }

  disconnectedCallback() {
    this.poller.stop();
    clearInterval(this.ticking);
    news.removeEventListener('sent', this.onNews);
  }

  renderedCallback() {
    this.focusing.rendered();
  }

  async begin() {
    try {
      const sentences = await loadSentences();
      const clock = { now: () => this.serverNow() };
      this.wording = createWording({ sentences, locale: LOCALE, language: SPOKEN, timeZone: TIME_ZONE, clock });
    } catch {
      this.failed = notLoaded;
      return;
    }
    // The agent may have left while the sentences came: nothing would ever stop a poller that begins afterwards.
    if (!this.isConnected) return;
    this.poller.start();
    await this.poller.now();
  }

  serverNow() {
    return performance.now() + this.offset;
  }

  lookNow() {
    this.readAt = -Infinity;
    return this.poller.now();
  }

  async look() {
    const version = await versionOf(this.recordId);
    const patience = this.order && isUnderWay(this.order) ? REREAD_LIVE_MS : REREAD_MS;
    if (this.order && version === this.version && performance.now() - this.readAt < patience) {
      this.connected();
      return;
    }
    await this.read();
    this.version = version;
    await this.prove();
  }

  async read() {
    const { changes } = this;
    this.asked += 1;
    const number = this.asked;
    const answer = await openOrder(this.recordId);
    this.answered = number;
    // The payment core's time: its deadlines are those that count.
    this.offset = Date.parse(answer.body.core_clock.now) - performance.now();
    this.now = this.serverNow();
    this.readAt = performance.now();
    this.connected();
    // Where an action was answered in the meantime, that answer is newer than this one.
    if (changes !== this.changes) return;
    this.seen = answer.seen;
    // A send without an answer has arrived: the same command is a new one from now on.
    if (this.order && hasNewRequest(this.order, answer.body)) this.act.conclude();
    this.take(answer.body);
  }

  // A proof that is old is renewed once, so that what is shown is the payment core's word.
  async prove() {
    const request = featuredRequest(this.order);
    if (!hasOldProof(request, proofNow(this.order, this.now)) || performance.now() - this.refreshedAt < REREAD_MS)
      return;
    this.refreshedAt = performance.now();
    this.asking = true;
    try {
      const { body } = await this.act('refresh', { orderId: this.recordId, reference: request.reference });
      this.takeRequest(body);
    } finally {
      this.asking = false;
    }
  }

  lookFailed(error, failures) {
    const { text } = this.wording;
    const { sentence, isFinal } = staleOf(error, failures, new Date(this.now).toISOString(), this.order !== null);
    if (isFinal) this.order = null;
    if (this.order === null) this.failed = text(sentence.id, sentence.values);
    else if (sentence) this.stale = text(sentence.id, sentence.values);
    if (sentence) this.announcing.lost(this.failed ?? this.stale);
  }

  connected() {
    this.announcing.connected(this.wording);
    this.failed = null;
    this.stale = null;
  }

  take(order) {
    this.order = order;
    Object.assign(this, stillHolding(this));
    const live = liveRequest(order);
    if (live && !this.sending && (live.reference !== this.reopened || this.replaced === null)) this.reopened = null;
    this.announcing.tell(this);
  }

  takeRequest(request) {
    if (request) this.takeChange(withRequest(this.order, request));
  }

  handleNoted({ detail: note }) {
    this.takeChange({ ...this.order, note });
  }

  takeChange(order) {
    this.changes += 1;
    this.take(order);
  }

  get head() {
    return headOf(this);
  }

  get request() {
    return this.order && featuredRequest(this.order);
  }

  // The link whose place a send from the form takes, or null.
  get replaced() {
    return replacedLink(this);
  }

  get showsForm() {
    return showsForm(this);
  }

  get showsStatus() {
    return this.order !== null && !this.showsForm;
  }

  get earlier() {
    return this.order?.payment_requests.filter((one) => this.showsForm || one !== this.request) ?? [];
  }

  get shownNotice() {
    return noticeText(this.notice, this);
  }

  show(sentence, after = null) {
    this.notice = noticeOf(sentence, { order: this.order, after });
    if (this.notice) this.announcing.announce(this.wording.text(this.notice.id, this.notice.values));
  }

  handleKey(event) {
    leaveOnEscape(this.template, event);
  }

  handleRetry() {
    this.failed = null;
    this.lookNow();
  }

  async handleAct({ detail }) {
    if (this.busy) return;
    this.notice = null;
    if (detail.verb === 'again' || detail.verb === 'renumber') {
      this.reopen(detail);
      return;
    }
    this.busy = true;
    try {
      const answer = await this.act(detail.verb, parametersOf(detail, this));
      this.takeRequest(answer.body);
      this.show(answer.sentence);
    } catch (refused) {
      this.show(refused.sentence);
    } finally {
      this.busy = false;
    }
    this.lookNow();
    this.focusShown();
  }

  focusShown() {
    if (this.shownNotice) this.focusing.on('[data-id="notice"]');
    else if (this.showsForm) this.focusing.on('c-chat2pay-form', (form) => form.focusFirst());
    else this.focusing.on('c-chat2pay-status', (status) => status.focusSentence());
  }

  reopen({ reference, channel }) {
    this.refusal = null;
    this.reopened = reference;
    this.focusing.on('c-chat2pay-form', (form) => {
      form.choose(channel);
      form.focusFirst();
    });
  }

  handleLeave() {
    this.reopened = null;
    this.refusal = null;
    this.focusing.on('c-chat2pay-status', (status) => status.focusSentence());
  }

  async handleSend({ detail: command }) {
    if (this.sending) return;
    this.sending = true;
    this.refusal = null;
    this.notice = null;
    try {
      const { body, sentence } = await sendForm(this.act, { ...command, seen: this.seen }, this);
      this.takeRequest(body);
      this.reopened = null;
      if (sentence) this.show(sentence);
      this.focusing.on('c-chat2pay-status', (status) => status.focusSentence());
    } catch (refused) {
      this.sendRefused(refused);
    } finally {
      this.sending = false;
    }
    this.lookNow();
  }

  sendRefused(refused) {
    if (refused.code === 'another_live') this.reopened = null;
    // What has come meanwhile is shown in place of the form: there the refusal is read.
    const isShownElsewhere = refused.code === 'another_live' || !this.showsForm;
    if (isShownElsewhere || isWrittenDown(refused)) this.show(sentenceOf(refused), this.asked);
    if (!isShownElsewhere) this.refusal = refusalOf(refused, this);
  }
}

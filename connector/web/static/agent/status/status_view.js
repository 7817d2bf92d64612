/* The view of one payment request: sentence, countdown, what to say, steps, how fresh it is, and who sent it. */
import { dueSentence } from '../catalogue.js';
import { byId, make, setAttribute, setList, setOff, setShown } from '../dom.js';
import { countdownOf, featuredRequest, warningsOf } from '../order_rules.js';
import { createCountdownView } from './countdown_view.js';
import { offersOf } from './offers.js';
import { stepsOf } from './steps.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Warning} from '../order_rules.js' */
/** @import {Order, PaymentRequest, Sentence} from '../server/api.js' */
/** @import {Clock} from '../server/clock.js' */
/** @import {Offers} from './offers.js' */
/** @import {Mark, Step} from './steps.js' */

/** @type {Partial<Record<PaymentRequest['status'], 'good' | 'warn' | 'bad' | 'quiet'>>} */
const TONES = {
  paid: 'good', part_paid: 'warn', in_review: 'warn', authorized: 'warn', unknown: 'warn', declined: 'bad', rejected: 'bad',
  expired: 'quiet', cancelled: 'quiet', reversed: 'quiet', created: 'quiet',
};
const SERIOUS = new Set([
  'overpaid', 'order_lowered', 'other_currency', 'other_currency_held', 'paid_after_close', 'paid_after_close_told',
  'paid_order_refuses', 'part_paid_order_refuses',
]);
/** @type {Partial<Record<Mark, string>>} */
const SPOKEN_MARKS = { done: 'step_done', now: 'step_now', to_come: 'step_to_come', failed: 'step_failed', open: 'step_open' };
const SECONDS_SHOWN = 60;

/** @param {{catalogue: Catalogue, clock: Pick<Clock, 'now'>}} options */
export function createStatusView({ catalogue, clock }) {
  const countdown = createCountdownView({ catalogue });

  /** @param {PaymentRequest} request @returns {Sentence} */
  function mainSentence(request) {
    return dueSentence(request.sentences, clock.now()) ?? { id: `status_${request.status}`, values: {} };
  }

  /** @param {Order} order @param {PaymentRequest} request @param {Sentence} main */
  function showHead(order, request, main) {
    const warnings = warningsOf(order, request, main.id);
    const tone = [main, ...warnings].some(({ id }) => SERIOUS.has(id)) ? 'bad' : (TONES[request.status] ?? 'info');
    setAttribute(byId('status'), 'data-tone', tone);
    setAttribute(byId('status'), 'data-status', request.status);
    catalogue.write(byId('status-pill'), `status_${request.status}`);
    catalogue.write(byId('status-amount'), 'amount_by_channel', {
      amount: { amount: request.amount, currency: request.currency }, channel: request.channel,
    });
    catalogue.write(byId('status-sentence'), main.id, main.values);
    setShown(byId('status-warning'), warnings.length > 0);
    setList(byId('status-warning'), warnings, warningLine);
  }

  /** @param {Warning} warning */
  function warningLine({ id, values }) {
    const line = make('p', '');
    catalogue.write(line, id, values);
    return line;
  }

  /** @param {PaymentRequest} request */
  function showWho(request) {
    const { requested_by: sender, handled_by: handler } = request;
    const handedOver = Boolean(handler?.id) && handler.id !== sender?.id;
    catalogue.write(byId('status-who'), handedOver ? 'requested_by_handled_by' : 'requested_by', {
      agent: sender?.name, handler: handler?.name, phone_ending: request.phone_ending,
    });
  }

  /** @param {PaymentRequest} request */
  function showSay(request) {
    const say = dueSentence(request.say, clock.now());
    setShown(byId('say'), say !== null);
    if (say) catalogue.write(byId('say-lines'), say.id, say.values);
  }

  /** @param {Step} step */
  function stepLine({ id, values, mark, at }) {
    const text = make('span', 'c2p-step-text');
    catalogue.write(text, id, values);
    const time = make('span', 'c2p-step-time', at ? catalogue.formats.moment(at, clock.now()) : '');
    const spoken = SPOKEN_MARKS[mark];
    const state = spoken ? [make('span', 'slds-assistive-text', ` (${catalogue.text(spoken)}) `)] : [];
    const line = make('li', 'c2p-step', text, ...state, time);
    line.dataset.mark = mark;
    if (mark === 'now') line.setAttribute('aria-current', 'step');
    return line;
  }

  /** @param {PaymentRequest} request */
  function showHistory(request) {
    const entries = request.timeline;
    setShown(byId('history'), entries.length > 0);
    setList(byId('history-lines'), entries, ({ at, id, values }) => {
      const text = make('span', '');
      catalogue.write(text, id, values);
      return make('li', '', make('span', 'c2p-step-time', catalogue.formats.moment(at, clock.now())), text);
    });
  }

  /** @param {PaymentRequest} request @param {boolean} asking */
  function showFresh(request, asking) {
    const element = byId('fresh');
    if (asking) return catalogue.write(element, 'fresh_asking');
    if (!request.proven_at) return catalogue.write(element, 'fresh_never');
    const seconds = Math.max(0, Math.floor((clock.now() - Date.parse(request.proven_at)) / 1000));
    if (seconds < SECONDS_SHOWN) return catalogue.write(element, 'fresh_seconds', { seconds: String(seconds) });
    return catalogue.write(element, 'fresh_at', { at: request.proven_at });
  }

  /** @param {Offers} offers @param {boolean} frozen */
  function showOffers(offers, frozen) {
    for (const name of /** @type {const} */ (['again', 'replace'])) {
      const offer = offers[name];
      setShown(byId(name), offer !== null);
      if (offer) catalogue.write(byId(name), offer.id, offer.values);
      setOff(byId(name), frozen);
    }
    for (const name of /** @type {const} */ (['cancel', 'release'])) {
      setShown(byId(name), offers[name]);
      setOff(byId(name), frozen);
    }
  }

  /** @param {Order} order @param {PaymentRequest} request @param {string} userId @param {Sentence} main */
  function showSendOff(order, request, userId, main) {
    const isOwn = request.live && request.requested_by.id === userId;
    const reason = order.can_send || isOwn ? null : (order.send_off ?? order.problems[0]?.sentence ?? null);
    const shown = ['live_link', main.id, ...order.sentences.map(({ id }) => id)];
    const news = reason && !shown.includes(reason.id) ? reason : null;
    setShown(byId('send-off-quiet'), news !== null);
    if (news) catalogue.write(byId('send-off-quiet'), news.id, news.values);
  }

  /**
   * Show a request and return the buttons that it offers.
   *
   * @param {PaymentRequest} request
   * @param {{order: Order, userId: string, asking: boolean, frozen: boolean}} page
   */
  function show(request, { order, userId, asking, frozen }) {
    const main = mainSentence(request);
    showHead(order, request, main);
    showWho(request);
    countdown.show(countdownOf(request), clock.now());
    showSay(request);
    setList(byId('steps'), stepsOf(request, order), stepLine);
    showFresh(request, asking);
    showHistory(request);
    showSendOff(order, request, userId, main);
    const offers = offersOf(order, request, clock.now());
    showOffers(offers, frozen);
    return offers;
  }

  /** Return the text for screen readers, and the key that changes when it must be announced. @param {Order} order */
  function newsOf(order) {
    const request = featuredRequest(order);
    if (request === null) return { key: '', text: '' };
    const main = mainSentence(request);
    const beside = order.sentences.map(({ id, values }) => catalogue.text(id, values));
    const text = [`${catalogue.text(`status_${request.status}`)}.`, catalogue.text(main.id, main.values), ...beside].join(' ');
    return { key: JSON.stringify([request.reference, request.status, main.id, main.values, order.sentences]), text };
  }

  return { show, newsOf };
}

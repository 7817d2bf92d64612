/* The view of one payment request: sentence, countdown, what to say, steps, how fresh it is, and who sent it. */
import { byId, make, setAttribute, setList, setOff, setShown } from '../dom.js';
import { countdownOf, proofNow, warningsOf } from '../order_rules.js';
import { storyOf } from '../history/chain.js';
import { createCountdownView } from './countdown_view.js';
import { offersOf } from './offers.js';
import { freshOf, mainSentence, sayOf, sendOffOf, statusId, toneOf, whoOf } from './reading.js';
import { stepsOf } from './steps.js';
import { withheldOf } from './withheld.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Warning} from '../order_rules.js' */
/** @import {Order, PaymentRequest, Sentence} from '../server/api.js' */
/** @import {Clock} from '../server/clock.js' */
/** @import {Offers} from './offers.js' */
/** @import {Said} from './reading.js' */
/** @import {Mark, Step} from './steps.js' */

/** @type {Partial<Record<Mark, string>>} */
const SPOKEN_MARKS = { done: 'step_done', now: 'step_now', to_come: 'step_to_come', failed: 'step_failed', open: 'step_open' };

/** @param {{catalogue: Catalogue, clock: Pick<Clock, 'now'>}} options */
export function createStatusView({ catalogue, clock }) {
  const countdown = createCountdownView({ catalogue });

  /** @param {Order} order @param {PaymentRequest} request @param {Sentence} main */
  function showHead(order, request, main) {
    const warnings = warningsOf(order, request, main.id);
    setAttribute(byId('status'), 'data-tone', toneOf(order, request, clock.now()));
    setAttribute(byId('status'), 'data-status', request.status);
    catalogue.write(byId('status-pill'), statusId(request));
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

  /** @param {ReturnType<typeof storyOf>[number]} entry */
  function storyLine({ sent, replaced }) {
    return make('li', 'c2p-quiet', catalogue.text(sent.id, sent.values), ' ', catalogue.text(replaced.id, replaced.values));
  }

  /** @param {PaymentRequest} request */
  function showSay(request) {
    const say = sayOf(request, clock.now());
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

  /** @param {Offers} offers @param {boolean} frozen */
  function showOffers(offers, frozen) {
    for (const name of /** @type {const} */ (['again', 'replace', 'renumber'])) {
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

  /** @param {'status-who' | 'fresh'} element @param {Said} said */
  const write = (element, { id, values }) => catalogue.write(byId(element), id, values);

  /** @param {Said | null} reason */
  function showSendOff(reason) {
    setShown(byId('send-off-quiet'), reason !== null);
    if (reason) catalogue.write(byId('send-off-quiet'), reason.id, reason.values);
  }

  /**
   * Show a request and return the buttons that it offers.
   *
   * @param {PaymentRequest} request
   * @param {{order: Order, userId: string, asking: boolean, frozen: boolean}} page
   */
  function show(request, { order, userId, asking, frozen }) {
    const now = clock.now();
    showHead(order, request, mainSentence(request, now));
    write('status-who', whoOf(request));
    const story = storyOf(request, order.payment_requests);
    setShown(byId('story'), story.length > 0);
    setList(byId('story'), story, storyLine);
    countdown.show(countdownOf(request), now);
    showSay(request);
    setList(byId('steps'), stepsOf(request, order), stepLine);
    write('fresh', freshOf(request, { asking, now: proofNow(order, now) }));
    showHistory(request);
    const sendOff = sendOffOf(order, request, { userId, now });
    showSendOff(sendOff);
    const withheld = withheldOf(request, sendOff?.id ?? null);
    setShown(byId('withheld'), withheld.length > 0);
    setList(byId('withheld'), withheld, warningLine);
    const offers = offersOf(order, request, now);
    showOffers(offers, frozen);
    return offers;
  }

  return { show };
}

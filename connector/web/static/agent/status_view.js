/*
 * Knows how one payment request is shown: the sentence, the countdown, what to say, the truth line, how fresh it is, and who sent it.
 */
import { dueSentence } from './catalogue.js';
import { amountChanged, asksForRest, countdownOf, deliveryFailed, featuredRequest, mayOfferAgain, otherChannel, unopenedForLong, warningsOf } from './conclusions.js';
import { createCountdownView } from './countdown_view.js';
import { byId, make, setAttribute, setList, setOff, setShown, setText } from './dom.js';
import { stepsOf } from './steps.js';

const TONES = {
  paid: 'good', part_paid: 'warn', in_review: 'warn', authorized: 'warn', unknown: 'warn', declined: 'bad', rejected: 'bad',
  expired: 'quiet', cancelled: 'quiet', reversed: 'quiet', created: 'quiet',
};
const SERIOUS = new Set(['overpaid', 'order_lowered', 'other_currency', 'other_currency_held', 'paid_after_close', 'paid_order_refuses', 'part_paid_order_refuses']);
const SPOKEN_MARKS = { done: 'step_done', now: 'step_now', to_come: 'step_to_come', failed: 'step_failed', open: 'step_open' };
const SECONDS_SHOWN = 60;

export function createStatusView({ catalogue, clock }) {
  const countdown = createCountdownView({ catalogue });

  function mainSentence(request) {
    return dueSentence(request.sentences, clock.now()) ?? { id: `status_${request.status}`, values: {} };
  }

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

  function warningLine({ id, values }) {
    const line = make('p', '');
    catalogue.write(line, id, values);
    return line;
  }

  function showWho(request) {
    const { requested_by: sender, handled_by: handler } = request;
    const handedOver = Boolean(handler?.id) && handler.id !== sender?.id;
    catalogue.write(byId('status-who'), handedOver ? 'requested_by_handled_by' : 'requested_by', {
      agent: sender?.name, handler: handler?.name, phone_ending: request.phone_ending,
    });
  }

  function showSay(request) {
    const say = dueSentence(request.say, clock.now());
    setShown(byId('say'), say !== null);
    if (say) catalogue.write(byId('say-lines'), say.id, say.values);
  }

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

  function showHistory(request) {
    const entries = request.timeline ?? [];
    setShown(byId('history'), entries.length > 0);
    setList(byId('history-lines'), entries, ({ at, id, values }) => {
      const text = make('span', '');
      catalogue.write(text, id, values);
      return make('li', '', make('span', 'c2p-step-time', catalogue.formats.moment(at, clock.now())), text);
    });
  }

  function showFresh(request, asking) {
    const element = byId('fresh');
    if (asking) return catalogue.write(element, 'fresh_asking');
    if (!request.proven_at) return catalogue.write(element, 'fresh_never');
    const seconds = Math.max(0, Math.floor((clock.now() - Date.parse(request.proven_at)) / 1000));
    if (seconds < SECONDS_SHOWN) return catalogue.write(element, 'fresh_seconds', { seconds: String(seconds) });
    return catalogue.write(element, 'fresh_at', { at: request.proven_at });
  }

  /* What may be pressed, and which channel a new request would start with. */
  function offersOf(order, request) {
    const now = clock.now();
    const other = otherChannel(order, request);
    const cancel = request.actions?.includes('cancel') ?? false;
    const notArriving = deliveryFailed(request) || unopenedForLong(request, now);
    const again = mayOfferAgain(order);
    let replace = null;
    if (cancel && amountChanged(order, request)) replace = { id: 'button_replace', values: {}, channel: request.channel };
    else if (cancel && notArriving && other) replace = { id: 'button_send_instead', values: { channel: other }, channel: other };
    const release = request.actions?.includes('release') ?? false;
    return { cancel, release, replace, again: again ? againOffer(order, request, other) : null };
  }

  function againOffer(order, request, other) {
    if (asksForRest(order)) return { id: 'button_send_rest', values: {}, channel: request.channel };
    if (deliveryFailed(request) && other) return { id: 'button_send_instead', values: { channel: other }, channel: other };
    return { id: 'button_send_again', values: {}, channel: request.channel };
  }

  function showOffers(offers, frozen) {
    for (const name of ['again', 'replace']) {
      setShown(byId(name), offers[name] !== null);
      if (offers[name]) catalogue.write(byId(name), offers[name].id, offers[name].values);
      setOff(byId(name), frozen);
    }
    for (const name of ['cancel', 'release']) {
      setShown(byId(name), offers[name]);
      setOff(byId(name), frozen);
    }
  }

  function showSendOff(order, request, userId, main) {
    const mine = request.live && request.requested_by?.id === userId;
    const reason = order.can_send || mine ? null : (order.send_off ?? order.problems?.[0]?.sentence ?? null);
    const told = ['live_link', main.id, ...(order.sentences ?? []).map(({ id }) => id)];
    const wanted = reason && !told.includes(reason.id) ? reason : null;
    setShown(byId('send-off-quiet'), wanted !== null);
    if (wanted) catalogue.write(byId('send-off-quiet'), wanted.id, wanted.values);
  }

  /* This function will show the request that matters now and return what the agent may press. */
  function show({ order, userId, asking, frozen }) {
    const request = featuredRequest(order);
    const main = mainSentence(request);
    showHead(order, request, main);
    showWho(request);
    countdown.show(countdownOf(request), clock.now());
    showSay(request);
    setList(byId('steps'), stepsOf(request, order), stepLine);
    showFresh(request, asking);
    showHistory(request);
    showSendOff(order, request, userId, main);
    const offers = offersOf(order, request);
    showOffers(offers, frozen);
    return offers;
  }

  /* What a screen reader is told, and the key that says whether it is news. */
  function newsOf(order) {
    const request = featuredRequest(order);
    if (request === null) return { key: '', text: '' };
    const main = mainSentence(request);
    const beside = (order.sentences ?? []).map(({ id, values }) => catalogue.text(id, values));
    const text = [`${catalogue.text(`status_${request.status}`)}.`, catalogue.text(main.id, main.values), ...beside].join(' ');
    return { key: JSON.stringify([request.reference, request.status, main.id, main.values, order.sentences]), text };
  }

  return { show, newsOf };
}

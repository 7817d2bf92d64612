/*
 * The agent's page on one order: the only module where the parts meet. It holds what the server said last,
 * and decides when to show it again, when to ask, and what to tell the agent when nothing answers.
 */
import { ApiError, createApi, LaunchOver } from './api.js';
import { createCancelAsk } from './cancel_ask.js';
import { asSentence, createCatalogue } from './catalogue.js';
import { createClock } from './clock.js';
import { countdownOf, featuredRequest, hasOldProof, isTotalKnown, isUnderWay, liveRequest, mayOfferAgain } from './conclusions.js';
import { byId, setAttribute, setShown, setText } from './dom.js';
import { createEarlierView } from './earlier_view.js';
import { createFormView } from './form_view.js';
import { createPoller } from './poller.js';
import { createPress } from './press.js';
import { createReleaseAsk } from './release_ask.js';
import { createStatusView } from './status_view.js';

const FAILURES_BEFORE_STALE = 2;
const TICK_MS = 500;
const RENEW_SOON_MS = 60000;

const page = JSON.parse(byId('page-data').textContent);
const clock = createClock(page.server_now);
const catalogue = createCatalogue({ sentences: page.sentences, locale: page.locale, timeZone: page.time_zone, clock });
const api = createApi({ token: page.launch_token, clock });

const model = {
  order: page.order,
  etag: null,
  heardAt: Date.parse(page.server_now),
  changes: 0,
  asking: false,
  over: false,
  stale: null,
  reopened: null,
  renewedAt: clock.mark(),
  askedAtZero: null,
  news: null,
};

const press = createPress(api.send);
const statusView = createStatusView({ catalogue, clock });
const earlierView = createEarlierView({ catalogue, clock });
const formView = createFormView({ catalogue, onSend: send, readPhone, announce });
const cancelAsk = createCancelAsk({ catalogue, onYes: cancel });
const releaseAsk = createReleaseAsk({ catalogue, announce, onYes: release });
const poller = createPoller({ ask: poll, isFast: () => isUnderWay(model.order), onFailure: pollFailed });

let offers = null;

/* What is shown */

function render() {
  const { order } = model;
  const request = featuredRequest(order);
  const formOpen = formView.isSending() || isFormOpen(order, request);
  setText(byId('head-total'), !isTotalKnown(order) ? '' : catalogue.formats.money({ amount: order.total, currency: order.currency }));
  formView.show({ order, frozen: model.over });
  if (request !== null) {
    offers = statusView.show({ order, userId: page.user.id, asking: model.asking, frozen: model.over });
    if (cancelAsk.isOpen() && !cancelAsk.isBusy() && !offers.cancel) cancelAsk.close();
    if (releaseAsk.isOpen() && !releaseAsk.isBusy() && !offers.release) releaseAsk.close();
  }
  showPart(formOpen);
  earlierView.show(order.payment_requests.filter((each) => formOpen || each !== request));
  showStale();
  dropStaleNotice();
  catalogue.tick();
  tellNews(formOpen);
}

// Where the focus would vanish with its part of the page, it moves to what is shown instead.
function showPart(formOpen) {
  const [shown, gone] = formOpen ? ['new-request', 'status'] : ['status', 'new-request'];
  const focusGoes = byId(gone).contains(document.activeElement);
  setShown(byId(shown), true);
  setShown(byId(gone), false);
  if (focusGoes) byId(formOpen ? 'new-request-heading' : 'status-sentence').focus();
}

function isFormOpen(order, request) {
  if (request === null) return true;
  return model.reopened === request.reference && mayOfferAgain(order);
}

function showStale() {
  setShown(byId('stale'), model.stale !== null);
  setAttribute(byId('main'), 'data-stale', model.stale === null ? null : 'true');
  if (model.stale) catalogue.write(byId('stale'), model.stale.id, model.stale.values);
}

function setStale(sentence) {
  const news = sentence !== null && sentence.id !== model.stale?.id;
  model.stale = sentence;
  render();
  if (news) announce(byId('stale').textContent);
}

function showNotice(sentence) {
  setShown(byId('notice'), sentence !== null);
  if (sentence === null) return;
  catalogue.write(byId('notice'), sentence.id, sentence.values);
  announce(byId('notice').textContent);
}

// The same words twice on a page help nobody: the status says them itself now.
function dropStaleNotice() {
  const notice = byId('notice');
  if (notice.hidden || model.reopened !== null || byId('status').hidden || notice.textContent !== byId('status-sentence').textContent) return;
  const focused = document.activeElement === notice;
  notice.hidden = true;
  if (focused) byId('status-sentence').focus();
}

function announce(text) {
  setText(byId('announcer'), text);
}

function tellNews(formOpen) {
  const { key, text } = statusView.newsOf(model.order);
  if (model.news !== null && model.news !== key && !formOpen) announce(text);
  model.news = key;
}

/* What the server says */

function take(order) {
  model.order = order;
  const live = liveRequest(order);
  if (live && live.reference !== model.reopened) model.reopened = null;
}

function takeRequest(request) {
  if (!request) return;
  const rest = model.order.payment_requests.filter((each) => each.reference !== request.reference);
  const isNew = rest.length === model.order.payment_requests.length;
  const list = isNew
    ? [request, ...rest]
    : model.order.payment_requests.map((each) => (each.reference === request.reference ? request : each));
  model.changes += 1;
  model.etag = null;
  take({ ...model.order, payment_requests: list });
}

async function poll() {
  const { changes } = model;
  const answer = await api.order(model.order.order_id, model.etag);
  model.heardAt = clock.now();
  if (changes === model.changes) {
    if (answer.data) take(answer.data);
    model.etag = answer.etag ?? model.etag;
  }
  setStale(null);
}

function pollFailed(error, failures) {
  if (error instanceof LaunchOver) {
    stopForGood(error);
  } else if (error instanceof ApiError && (error.status === 403 || error.status === 404)) {
    setStale(sentenceOf(error));
  } else if (failures >= FAILURES_BEFORE_STALE) {
    setStale({ id: 'not_fresh', values: { at: new Date(model.heardAt).toISOString() } });
  }
}

/* Only a reload of the tab helps, or somebody else; the server says which, where it knows. */
function stopForGood(over) {
  model.over = true;
  poller.stop();
  setStale(over.sentence ? asSentence(over.sentence) : { id: 'reload_tab', values: {} });
}

/* The sentence that the server chose for an error; where it chose none, its words. */
function sentenceOf(error, fallback = 'internal_error') {
  if (error.facts?.sentence) return asSentence(error.facts.sentence);
  return error.status > 0 && error.facts?.message ? { id: error.facts.message, values: {} } : { id: fallback, values: { admin: catalogue.text('admin_unknown') } };
}

/* What the agent does */

async function send(details) {
  showNotice(null);
  try {
    const { data } = await press(details);
    takeRequest(data);
    model.reopened = null;
    setTimeout(render);
    poller.now();
  } catch (error) {
    if (error instanceof LaunchOver) stopForGood(error);
    else sendFailed(error);
  }
}

function sendFailed(error) {
  poller.now();
  const certain = error.code !== null && (error.status < 500 || error.status === 503);
  const sentence = certain ? sentenceOf(error) : { id: 'send_no_answer', values: {} };
  if (error.code === 'another_live') {
    model.reopened = null;
    showNotice(sentence);
    return;
  }
  const refused = new Error('not sent');
  refused.code = error.code;
  refused.fields = error.fields;
  refused.sentence = sentence;
  throw refused;
}

async function readPhone(text) {
  try {
    return (await api.readPhone(text)).data;
  } catch (error) {
    if (error instanceof LaunchOver) stopForGood(error);
    throw error;
  }
}

async function cancel({ replacing }) {
  const request = featuredRequest(model.order);
  const channel = offers?.replace?.channel ?? request.channel;
  showNotice(null);
  try {
    const { data } = await api.cancel(request.reference);
    takeRequest(data.payment_request);
    showNotice(asSentence(data.sentence));
    if (replacing && data.outcome === 'cancelled') reopen(channel);
    render();
  } catch (error) {
    if (error instanceof LaunchOver) stopForGood(error);
    else showNotice(sentenceOf(error, 'action_no_answer'));
  }
  poller.now();
}

/* Returns whether the server has an answer: a reason that was not taken stays in its field. */
async function release(reason) {
  showNotice(null);
  let answered = false;
  try {
    const { data } = await api.release(featuredRequest(model.order).reference, reason);
    takeRequest(data.payment_request);
    showNotice(asSentence(data.sentence));
    render();
    answered = true;
  } catch (error) {
    if (error instanceof LaunchOver) stopForGood(error);
    else showNotice(sentenceOf(error, 'action_no_answer'));
  }
  poller.now();
  return answered;
}

function reopen(channel) {
  model.reopened = featuredRequest(model.order).reference;
  formView.choose(channel);
}

async function refresh(request) {
  model.asking = true;
  render();
  try {
    const { data } = await api.refresh(request.reference);
    takeRequest(data.payment_request);
  } catch (error) {
    if (error instanceof LaunchOver) stopForGood(error);
  } finally {
    model.asking = false;
    poller.now();
  }
}

/* What time does */

function refreshIfOld() {
  const live = liveRequest(model.order);
  if (!model.asking && !model.over && hasOldProof(live, clock.now())) refresh(live);
}

// The clock alone ends nothing: at zero the payment core is asked, once for each deadline.
function askAtZero() {
  const live = liveRequest(model.order);
  const until = live && countdownOf(live)?.until;
  if (!until || model.asking || model.over || model.askedAtZero === until || clock.now() < Date.parse(until)) return;
  model.askedAtZero = until;
  refresh(live);
}

function renewIfDue() {
  // Rights that could not be read are read again with a new token: soon, for until then nothing can be sent.
  const after = model.order.send_off?.id === 'rights_unread' ? RENEW_SOON_MS : page.renew_after_s * 1000;
  if (model.over || clock.mark() - model.renewedAt < after) return;
  const before = model.renewedAt;
  model.renewedAt = clock.mark();
  api.renew().catch((error) => {
    if (error instanceof LaunchOver) stopForGood(error);
    else model.renewedAt = before + TICK_MS * 20;
  });
}

function tick() {
  renewIfDue();
  if (document.hidden) return;
  render();
  askAtZero();
}

function wake() {
  if (document.hidden) {
    poller.pause();
    return;
  }
  renewIfDue();
  refreshIfOld();
  poller.now();
}

byId('again').addEventListener('click', () => {
  if (model.over || !offers?.again) return;
  showNotice(null);
  reopen(offers.again.channel);
  render();
});
document.addEventListener('visibilitychange', wake);
window.addEventListener('online', () => poller.now());

render();
setAttribute(byId('main'), 'aria-busy', null);
refreshIfOld();
poller.now();
setInterval(tick, TICK_MS);

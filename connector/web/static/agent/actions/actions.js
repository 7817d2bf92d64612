/* The agent's actions: send, cancel, replace, release, and refresh from the payment core's record. */
import { asSentence } from '../catalogue.js';
import { NotSent } from '../form/form_view.js';
import { requestMoment } from '../status/notice.js';
import { featuredRequest } from '../order_rules.js';
import { ApiError, LaunchOver } from '../server/api.js';
import { createSendOnce } from '../server/send_once.js';
import { asksConsent } from '../confirmations/replacing.js';
import { isUnanswered, sentenceOf } from './error_sentence.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Api, Channel, PaymentRequest, Schemas, Sentence} from '../server/api.js' */
/** @import {OrderFollower} from '../following/order_follower.js' */
/** @import {Denial, PageState} from '../page/page_state.js' */
/** @import {PageView} from '../page/page_view.js' */
/** @import {Taking} from '../hand_over/hand_over.js' */
/** @import {Handed} from '../hand_over/hand_over_view.js' */

/** @typedef {ReturnType<typeof createActions>} Actions */

/** Return a replacement's body from a send's. @param {Record<string, any>} details */
function asReplacement({ order_id: _order, purpose: _purpose, ...rest }) {
  return rest;
}
// The request that the core did not take comes with the next answer and takes the form's place: its reason must outlive the form.
/** @type {Set<string | null>} */
const WRITTEN_DOWN = new Set(['core_unavailable', 'core_refused']);

// An error body proves that our server decided; a 500, or a bare status of a proxy, proves nothing about the send.
/** @param {unknown} error */
const isCertain = (error) => error instanceof ApiError && error.code !== null && (error.status < 500 || error.status === 503);

// The core closes no link that somebody is paying: by a reply, of which nothing else tells, or where it counts a preview.
/** @type {Set<Schemas['Cancelled']['outcome'] | Schemas['Replaced']['outcome']>} */
const REFUSED_IN_USE = new Set(['already_clicked', 'not_dead']);
// A reply's payment that came to nothing is told by nobody either: after this it may be tried again.
const TRY_AGAIN_MS = 60000;

/**
 * @param {{
 *   api: Pick<Api, 'send' | 'readPhone' | 'previewMessage' | 'cancel' | 'replace' | 'release' | 'refresh' | 'handOver' | 'writeNote' | 'savePhone'>,
 *   catalogue: Pick<Catalogue, 'text'>,
 *   state: PageState,
 *   view: Pick<PageView, 'render' | 'showNotice' | 'reopen' | 'focusPhone'>,
 *   follower: Pick<OrderFollower, 'now' | 'end' | 'ends'>,
 * }} options
 */
export function createActions({ api, catalogue, state, view, follower }) {
  const sendOnce = createSendOnce(api.send);
  /** @type {Map<string, ReturnType<typeof createSendOnce<Schemas['Replaced']>>>} */
  const replacing = new Map();
  /** @param {string} reference @param {object} details */
  function replaceOnce(reference, details) {
    const once = replacing.get(reference) ?? createSendOnce((body, key) => api.replace(reference, body, key));
    replacing.set(reference, once);
    return once(details);
  }

  /** @param {string} reference */
  function tryAgain(reference) {
    state.unmarkInUse(reference);
    follower.now();
  }

  /** @param {Pick<Schemas['Cancelled'] | Schemas['Replaced'], 'outcome' | 'payment_request'>} data */
  function takeRefusable({ outcome, payment_request: request }) {
    if (REFUSED_IN_USE.has(outcome) && request.live) {
      state.markInUse(request);
      if (request.status === 'sent') setTimeout(tryAgain, TRY_AGAIN_MS, request.reference);
    }
    state.takeRequest(request);
  }

  const newestOf = () => state.order.payment_requests[0]?.reference ?? null;

  /** @param {object} details @throws {NotSent} */
  async function send(details) {
    const newest = newestOf();
    view.showNotice(null);
    try {
      const { request, sentence } = await deliver(details);
      state.takeRequest(request);
      state.reopened = null;
      if (sentence !== null) view.showNotice(asSentence(sentence));
      // After this function returns: until then the form counts as sending, and would stay open.
      setTimeout(view.render);
      follower.now();
    } catch (error) {
      if (follower.ends(error)) return;
      // The request that came meanwhile says itself what went out: there is nothing to press once more.
      if (isCertain(error) || newestOf() === newest) sendFailed(error);
      else follower.now();
    }
  }

  /** @param {object} details @returns {Promise<{request: PaymentRequest, sentence: Sentence | string | null}>} */
  async function deliver(details) {
    const old = state.replaced();
    const newest = newestOf();
    if (old !== null) {
      const { data } = await replaceOnce(old.reference, asReplacement(details));
      const { payment_request: request, sentence } = data;
      // Of a link that is over the page knows enough: where its end cannot be shown once more now, the new one is sent alone.
      // Where the end turns out to be none, because somebody paid or is paying, nothing else is sent.
      if (data.outcome !== 'unknown' || request.reference !== old.reference || old.live) {
        takeRefusable(data);
        return { request, sentence };
      }
    }
    return { request: (await sendOnce(details, newest)).data, sentence: null };
  }

  /** @param {unknown} error */
  function sendFailed(error) {
    const { asked } = state;
    follower.now();
    const { code, fields } = error instanceof ApiError ? error : new ApiError(0);
    const certain = isCertain(error);
    const sentence = certain ? sentenceOf(error, catalogue) : { id: 'send_no_answer', values: {} };
    if (code === 'another_live') state.reopened = null;
    // What has come meanwhile is shown in place of the form: there the refusal is read.
    if (code === 'another_live' || !state.showsForm(featuredRequest(state.order))) {
      view.showNotice(sentence, { after: asked });
      return;
    }
    if (WRITTEN_DOWN.has(code)) view.showNotice(sentence, { after: asked });
    throw new NotSent({ code, fields, sentence, after: certain ? asked : null });
  }

  /** @param {string} text */
  async function readPhone(text) {
    try {
      return (await api.readPhone(text)).data;
    } catch (error) {
      if (error instanceof LaunchOver) follower.end(error);
      throw error;
    }
  }

  /** @param {{channel: Channel, amount: string}} wanted */
  async function previewMessage(wanted) {
    try {
      return (await api.previewMessage(wanted)).data;
    } catch (error) {
      if (error instanceof LaunchOver) follower.end(error);
      throw error;
    }
  }

  async function cancel() {
    const request = featuredRequest(state.order);
    if (request === null) return;
    await act(request, ['cancel', 'replace'], () => api.cancel(request.reference), takeRefusable);
  }

  /** Close the link and send another to the same number, as the button offers it; the server closes the old one first. */
  async function replace() {
    const request = featuredRequest(state.order);
    const offer = state.offers?.replace;
    if (!request || !offer) return;
    const { order } = state;
    await act(request, ['cancel', 'replace'], () => replaceOnce(request.reference, {
      channel: offer.channel, expected_total: order.total, expected_currency: order.currency,
      ...(asksConsent(order, offer.channel) ? { customer_agreed: true } : {}),
    }), takeRefusable);
  }

  /** @param {string} reason @returns {Promise<boolean>} whether the server has answered */
  async function release(reason) {
    const request = featuredRequest(state.order);
    if (request === null) return false;
    return act(request, ['release'], () => api.release(request.reference, reason), (data) => {
      state.takeRequest(data.payment_request);
    });
  }

  /**
   * Have something done to a request, and show what became of it, or why it failed.
   * @template {{sentence: Parameters<typeof asSentence>[0]}} Answer
   * @param {PaymentRequest} request
   * @param {Denial['action'][]} verbs what the same want of a right forbids
   * @param {() => Promise<{data: Answer}>} ask
   * @param {(data: Answer) => void} take
   * @returns {Promise<boolean>} whether the server has answered
   */
  async function act(request, verbs, ask, take) {
    const before = requestMoment(state.order);
    let answered = false;
    view.showNotice(null);
    try {
      const { data } = await ask();
      take(data);
      view.showNotice(asSentence(data.sentence));
      view.render();
      answered = true;
    } catch (error) {
      actionFailed(error, request, { verbs, before });
    }
    follower.now();
    return answered;
  }

  /**
   * @param {unknown} error
   * @param {PaymentRequest} request
   * @param {{verbs: Denial['action'][], before?: string}} press verbs: what the same want of a right forbids; before: the state at
   *   the press: of one that has moved on since, a lost answer leaves nothing unknown
   */
  function actionFailed(error, request, { verbs, before }) {
    if (follower.ends(error)) return;
    if (isUnanswered(error) && before !== undefined && requestMoment(state.order) !== before) return;
    const sentence = sentenceOf(error, catalogue, 'action_no_answer');
    if (error instanceof ApiError && error.status === 403) {
      for (const action of verbs) state.deny(request, { action, sentence: { id: sentence.id, values: sentence.values ?? {} } });
      view.render();
    }
    view.showNotice(sentence);
  }

  /** @param {PaymentRequest} request @param {Taking} verb @returns {Promise<Handed | null>} null: the page says why */
  async function handOver(request, verb) {
    try {
      const { data } = await api.handOver(request.reference, verb);
      state.takeRequest(data.payment_request);
      return { outcome: data.outcome, sentence: asSentence(data.sentence), url: data.url };
    } catch (error) {
      actionFailed(error, request, { verbs: [] });
      return null;
    }
  }

  /** @param {string} text @param {number} seen */
  async function writeNote(text, seen) {
    try {
      const { data } = await api.writeNote(text, seen);
      state.takeNote(data.note);
      setTimeout(view.render);
      return data;
    } catch (error) {
      if (error instanceof LaunchOver) follower.end(error);
      throw error;
    }
  }

  /** @param {string} ending the last digits of the number that the page shows */
  async function savePhone(ending) {
    try {
      const { data } = await api.savePhone(ending);
      follower.now();
      return data;
    } catch (error) {
      if (error instanceof LaunchOver) follower.end(error);
      throw error;
    }
  }

  /** Have the server ask the payment core about a request. @param {PaymentRequest} request */
  async function refresh(request) {
    state.asking = true;
    view.render();
    try {
      const { data } = await api.refresh(request.reference);
      state.takeRequest(data.payment_request);
    } catch (error) {
      if (error instanceof LaunchOver) follower.end(error);
    } finally {
      state.asking = false;
      follower.now();
    }
  }

  /** Open the form for another request, as the button offers it. @param {'again' | 'renumber'} name */
  function openForm(name) {
    const offer = state.offers?.[name];
    if (state.over || !offer) return;
    view.showNotice(null);
    view.reopen(offer.channel);
    view.render();
    if (name === 'renumber') view.focusPhone();
  }

  /** Leave the form that was opened in place of a request. */
  function leaveForm() {
    state.reopened = null;
    view.render();
  }

  return { send, readPhone, previewMessage, cancel, replace, release, refresh, handOver, writeNote, savePhone, openForm, leaveForm };
}

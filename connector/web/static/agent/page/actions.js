/* The agent's actions: send, cancel, replace, release, and refresh from the payment core's record. */
import { asSentence } from '../catalogue.js';
import { NotSent } from '../form/form_view.js';
import { featuredRequest } from '../order_rules.js';
import { ApiError, LaunchOver } from '../server/api.js';
import { createSendOnce } from '../server/send_once.js';
import { asksConsent } from '../status/replacing.js';
import { sentenceOf } from './error_sentence.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Api, Channel, PaymentRequest, Schemas} from '../server/api.js' */
/** @import {OrderFollower} from './order_follower.js' */
/** @import {PageState} from './page_state.js' */
/** @import {PageView} from './page_view.js' */

/** @typedef {ReturnType<typeof createActions>} Actions */

/**
 * @param {{
 *   api: Pick<Api, 'send' | 'readPhone' | 'previewMessage' | 'cancel' | 'replace' | 'release' | 'refresh'>,
 *   catalogue: Pick<Catalogue, 'text'>,
 *   state: PageState,
 *   view: Pick<PageView, 'render' | 'showNotice' | 'reopen'>,
 *   follower: Pick<OrderFollower, 'now' | 'end'>,
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

  /** @param {object} details @throws {NotSent} */
  async function send(details) {
    view.showNotice(null);
    try {
      const { data } = await sendOnce(details, state.order.payment_requests[0]?.reference ?? null);
      state.takeRequest(data);
      state.reopened = null;
      // After this function returns: until then the form counts as sending, and would stay open.
      setTimeout(view.render);
      follower.now();
    } catch (error) {
      if (error instanceof LaunchOver) follower.end(error);
      else sendFailed(error);
    }
  }

  /** @param {unknown} error */
  function sendFailed(error) {
    const { asked } = state;
    follower.now();
    const { status, code, fields } = error instanceof ApiError ? error : new ApiError(0);
    // An error body proves that our server decided; a 500, or a bare status of a proxy, proves nothing about the send.
    const certain = code !== null && (status < 500 || status === 503);
    const sentence = certain ? sentenceOf(error, catalogue) : { id: 'send_no_answer', values: {} };
    if (code === 'another_live') {
      state.reopened = null;
      view.showNotice(sentence, { after: asked });
      return;
    }
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

  /** @param {{renumbering: boolean}} choice whether another request is to be sent to another number */
  async function cancel({ renumbering }) {
    const request = featuredRequest(state.order);
    if (request === null) return;
    view.showNotice(null);
    try {
      const { data } = await api.cancel(request.reference);
      state.takeRequest(data.payment_request);
      view.showNotice(asSentence(data.sentence));
      if (renumbering && data.outcome === 'cancelled') view.reopen(request.channel);
      view.render();
    } catch (error) {
      actionFailed(error);
    }
    follower.now();
  }

  /** Close the link and send another to the same number, as the button offers it; the server closes the old one first. */
  async function replace() {
    const request = featuredRequest(state.order);
    const offer = state.offers?.replace;
    if (!request || !offer) return;
    const { order } = state;
    view.showNotice(null);
    try {
      const { data } = await replaceOnce(request.reference, {
        channel: offer.channel, expected_total: order.total, expected_currency: order.currency,
        ...(asksConsent(order, offer.channel) ? { customer_agreed: true } : {}),
      });
      state.takeRequest(data.payment_request);
      view.showNotice(asSentence(data.sentence));
      view.render();
    } catch (error) {
      actionFailed(error);
    }
    follower.now();
  }

  /** @param {string} reason @returns {Promise<boolean>} whether the server has answered */
  async function release(reason) {
    const request = featuredRequest(state.order);
    if (request === null) return false;
    view.showNotice(null);
    let answered = false;
    try {
      const { data } = await api.release(request.reference, reason);
      state.takeRequest(data.payment_request);
      view.showNotice(asSentence(data.sentence));
      view.render();
      answered = true;
    } catch (error) {
      actionFailed(error);
    }
    follower.now();
    return answered;
  }

  /** @param {unknown} error */
  function actionFailed(error) {
    if (error instanceof LaunchOver) follower.end(error);
    else view.showNotice(sentenceOf(error, catalogue, 'action_no_answer'));
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

  /** Open the form for another request, as the button offers it. */
  function sendAgain() {
    const again = state.offers?.again;
    if (state.over || !again) return;
    view.showNotice(null);
    view.reopen(again.channel);
    view.render();
  }

  return { send, readPhone, previewMessage, cancel, replace, release, refresh, sendAgain };
}

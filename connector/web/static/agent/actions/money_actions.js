/* Take held money and give money back, each press once; and copy the reference by which the gateway finds a payment. */
import { asSentence } from '../catalogue.js';
import { createSendOnce } from '../server/send_once.js';
import { captureBody } from '../money/money_moves.js';
import { copyText } from './clipboard.js';
import { requestMoment } from '../status/notice.js';
import { isUnanswered, sentenceOf } from './error_sentence.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Answer, Api, Schemas} from '../server/api.js' */
/** @import {Wanted} from '../money/money_view.js' */
/** @import {OrderFollower} from '../following/order_follower.js' */
/** @import {PageState} from '../page/page_state.js' */
/** @import {PageView} from '../page/page_view.js' */

/** @typedef {Schemas['Captured'] | Schemas['Reversed']} MoveAnswer */
/** @typedef {ReturnType<typeof createMoneyActions>} MoneyActions */

/**
 * @param {{
 *   api: Pick<Api, 'capture' | 'reverse'>,
 *   catalogue: Pick<Catalogue, 'text'>,
 *   state: PageState,
 *   view: Pick<PageView, 'render' | 'showNotice'>,
 *   follower: Pick<OrderFollower, 'now' | 'ends'>,
 *   copy?: (text: string) => Promise<boolean>,
 * }} options
 */
export function createMoneyActions({ api, catalogue, state, view, follower, copy = copyText }) {
  /** @type {Map<string, ReturnType<typeof createSendOnce<MoveAnswer>>>} by verb and request */
  const pressed = new Map();

  /** @param {Wanted['verb']} verb @param {string} reference @returns {(body: string, key: string) => Promise<Answer<MoveAnswer>>} */
  const callOf = (verb, reference) => (body, key) => api[verb](reference, body, key);

  /** @param {Wanted} wanted */
  function moveOnce({ verb, request, amount }) {
    const name = `${verb} ${request.reference}`;
    const once = pressed.get(name) ?? createSendOnce(callOf(verb, request.reference));
    pressed.set(name, once);
    // Where money has moved since, what became of an earlier press is known: the same amount is then asked for anew.
    const { amount_authorized: held, amount_paid: paid, amount_reversed: reversed } = request;
    return once(amount === null ? {} : captureBody(request, amount), [held, paid, reversed].join(' '));
  }

  /** @param {Wanted} wanted */
  async function move(wanted) {
    const before = requestMoment(state.order);
    view.showNotice(null);
    try {
      const { data } = await moveOnce(wanted);
      state.takeRequest(data.payment_request);
      view.showNotice(asSentence(data.sentence));
      view.render();
    } catch (error) {
      // Where the state has moved on since the press, a lost answer leaves nothing unknown.
      const isKnown = isUnanswered(error) && requestMoment(state.order) !== before;
      if (!follower.ends(error) && !isKnown) view.showNotice(sentenceOf(error, catalogue, 'move_no_answer'));
    }
    follower.now();
  }

  /** @param {string} reference */
  async function copyReference(reference) {
    const isCopied = await copy(reference);
    view.showNotice({ id: isCopied ? 'reference_copied' : 'copy_failed', values: { reference } });
  }

  return { move, copyReference };
}

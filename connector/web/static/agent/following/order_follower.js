/* Poll the order from the server until the launch has ended. */
import { asSentence } from '../catalogue.js';
import { ApiError, LaunchOver } from '../server/api.js';
import { sentenceOf } from '../actions/error_sentence.js';
import { paceOf } from './pace.js';
import { createPoller } from './poller.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Api} from '../server/api.js' */
/** @import {Clock} from '../server/clock.js' */
/** @import {PageState} from '../page/page_state.js' */
/** @import {PageView} from '../page/page_view.js' */

/** @typedef {ReturnType<typeof createOrderFollower>} OrderFollower */

const FAILURES_BEFORE_STALE = 2;

/**
 * @param {{
 *   api: Pick<Api, 'order'>,
 *   catalogue: Pick<Catalogue, 'text'>,
 *   clock: Pick<Clock, 'now' | 'setAhead' | 'monotonic'>,
 *   state: PageState,
 *   view: Pick<PageView, 'setStale'>,
 * }} options
 */
export function createOrderFollower({ api, catalogue, clock, state, view }) {
  const poller = createPoller({ ask, paceOf: () => paceOf(state.order, clock.now()), onFailure, clock });

  async function ask() {
    const { changes } = state;
    state.asked += 1;
    const number = state.asked;
    const answer = await api.order(state.order.order_id, state.etag, { hidden: document.hidden });
    state.answeredAt = clock.now();
    state.answered = number;
    state.barred = false;
    // Where an action was answered in the meantime, that answer is newer than this one.
    if (changes === state.changes) {
      if (answer.data) {
        clock.setAhead(answer.data.core_clock.ahead_ms);
        state.take(answer.data);
      }
      state.etag = answer.etag ?? state.etag;
    }
    // The end of a launch stays said: an answer that was under way then makes nothing work again.
    if (!state.over) view.setStale(state.order.not_current && asSentence(state.order.not_current));
  }

  /** @param {unknown} error @param {number} failures */
  function onFailure(error, failures) {
    if (ends(error)) return;
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) {
      state.barred = true;
      view.setStale(sentenceOf(error, catalogue));
    } else if (failures >= FAILURES_BEFORE_STALE) {
      view.setStale({ id: 'not_fresh', values: { at: new Date(state.answeredAt).toISOString() } });
    }
  }

  /** End the page where its launch is over, or its order not the agent's to see any more. @param {unknown} error */
  function ends(error) {
    if (error instanceof LaunchOver) end(error);
    else if (error instanceof ApiError && error.code === 'no_access') withdraw(error);
    else return false;
    return true;
  }

  /** Stop polling for good, and show the server's sentence if there is one, else ask for a reload. @param {LaunchOver} over */
  function end(over) {
    state.over = true;
    poller.stop();
    view.setStale(over.sentence ? asSentence(over.sentence) : { id: 'reload_tab', values: {} });
  }

  /** Show nothing of the order any more: the agent may not see it. @param {ApiError} error */
  function withdraw(error) {
    state.over = true;
    state.withdrawn = true;
    poller.stop();
    view.setStale(sentenceOf(error, catalogue));
  }

  return { now: poller.now, plan: poller.plan, end, ends };
}

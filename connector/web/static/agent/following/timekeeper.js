/* What happens on the page by time: the countdown, due refreshes, and the renewal of the launch token. */
import { countdownOf, featuredRequest, hasOldProof, liveRequest, proofNow } from '../order_rules.js';
import { LaunchOver } from '../server/api.js';

/** @import {Api} from '../server/api.js' */
/** @import {Clock} from '../server/clock.js' */
/** @import {Actions} from '../actions/actions.js' */
/** @import {OrderFollower} from './order_follower.js' */
/** @import {PageState} from '../page/page_state.js' */
/** @import {PageView} from '../page/page_view.js' */

const TICK_MS = 500;
const RENEW_SOON_MS = 60000;
const TRY_RENEWAL_AGAIN_MS = 20 * TICK_MS;

/**
 * @param {{
 *   api: Pick<Api, 'renew'>,
 *   clock: Pick<Clock, 'now' | 'monotonic'>,
 *   state: PageState,
 *   view: Pick<PageView, 'render'>,
 *   follower: OrderFollower,
 *   actions: Pick<Actions, 'refresh'>,
 *   renewAfterMs: number,
 * }} options
 */
export function createTimekeeper({ api, clock, state, view, follower, actions, renewAfterMs }) {
  let renewedAt = clock.monotonic();
  /** @type {string | null} */
  let askedAtZero = null;

  function refreshIfOld() {
    const shown = featuredRequest(state.order);
    if (shown && !state.asking && !state.over && hasOldProof(shown, proofNow(state.order, clock.now()))) actions.refresh(shown);
  }

  // Only the payment core ends a link: at zero it is asked, once for each deadline.
  function askAtZero() {
    const live = liveRequest(state.order);
    const until = live && countdownOf(live)?.until;
    if (!until || state.asking || state.over || askedAtZero === until || clock.now() < Date.parse(until)) return;
    askedAtZero = until;
    actions.refresh(live);
  }

  function renewIfDue() {
    // Rights that could not be read are read again with a new token; soon, because until then nothing can be sent.
    const after = state.order.send_off?.id === 'rights_unread' ? RENEW_SOON_MS : renewAfterMs;
    if (state.over || clock.monotonic() - renewedAt < after) return;
    const before = renewedAt;
    renewedAt = clock.monotonic();
    // With the rights that the server has read again, what was refused may be offered again.
    api.renew().then(() => state.denials.clear()).catch((error) => {
      if (error instanceof LaunchOver) follower.end(error);
      else renewedAt = before + TRY_RENEWAL_AGAIN_MS;
    });
  }

  function tick() {
    renewIfDue();
    if (document.hidden) return;
    view.render();
    askAtZero();
  }

  /* Poll slowly while the tab is hidden, and at once when it is shown. */
  function onVisibility() {
    if (document.hidden) {
      follower.plan();
      return;
    }
    renewIfDue();
    refreshIfOld();
    follower.now();
  }

  function start() {
    document.addEventListener('visibilitychange', onVisibility);
    window.addEventListener('online', () => follower.now());
    refreshIfOld();
    follower.now();
    setInterval(tick, TICK_MS);
  }

  return { start };
}

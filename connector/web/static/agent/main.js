/* The entry point of the agent's page: create the parts and start them. */
import { createCatalogue } from './catalogue.js';
import { byId, setAttribute } from './dom.js';
import { createActions } from './actions/actions.js';
import { keepFocus } from './accessibility/focus_keeper.js';
import { createChime } from './signals/chime.js';
import { createDesktopNote } from './signals/desktop_note.js';
import { createKeyboard } from './accessibility/keyboard.js';
import { createMoneyActions } from './actions/money_actions.js';
import { createOrderFollower } from './following/order_follower.js';
import { PageState } from './page/page_state.js';
import { createPageView } from './page/page_view.js';
import { createPaidSignal } from './signals/paid_signal.js';
import { createPreferences } from './page/preferences.js';
import { watchVisiblePart } from './page/visible_part.js';
import { createTimekeeper } from './following/timekeeper.js';
import { createApi } from './server/api.js';
import { createClock } from './server/clock.js';

/** @import {Order} from './server/api.js' */

/**
 * @typedef {{
 *   launch_token: string,
 *   order: Order,
 *   sentences: Record<string, string>,
 *   user: {id: string, name: string},
 *   language: string,
 *   locale: string,
 *   time_zone: string,
 *   server_now: string,
 *   renew_after_s: number,
 * }} PageData
 */

/** @type {PageData} */
const page = JSON.parse(byId('page-data').textContent);
const clock = createClock(page.server_now);
clock.setAhead(page.order.core_clock.ahead_ms);
const catalogue = createCatalogue({ sentences: page.sentences, locale: page.locale, language: page.language, timeZone: page.time_zone, clock });
const api = createApi({ token: page.launch_token, clock });
const state = new PageState({ order: page.order, answeredAt: Date.parse(page.server_now) });

const preferences = createPreferences();
const paidSignal = createPaidSignal({ catalogue, preferences, chime: createChime(), note: createDesktopNote() });
const view = createPageView({
  catalogue, clock, preferences, paidSignal, state, userId: page.user.id,
  // The actions need the view for their results, so they are created after it and called by closures here.
  on: {
    send: (details) => actions.send(details),
    readPhone: (text) => actions.readPhone(text),
    previewMessage: (wanted) => actions.previewMessage(wanted),
    cancel: () => actions.cancel(),
    replace: () => actions.replace(),
    release: (reason) => actions.release(reason),
    handOver: (request, verb) => actions.handOver(request, verb),
    leaveForm: () => actions.leaveForm(),
    move: (wanted) => moneyActions.move(wanted),
    copyReference: (reference) => moneyActions.copyReference(reference),
    writeNote: (text, seen) => actions.writeNote(text, seen),
    savePhone: (ending) => actions.savePhone(ending),
  },
});
const follower = createOrderFollower({ api, catalogue, clock, state, view });
const actions = createActions({ api, catalogue, state, view, follower });
const moneyActions = createMoneyActions({ api, catalogue, state, view, follower });
const timekeeper = createTimekeeper({ api, clock, state, view, follower, actions, renewAfterMs: page.renew_after_s * 1000 });

keepFocus(byId('main'));
createKeyboard({ catalogue, preferences }).start();
for (const name of /** @type {const} */ (['again', 'renumber'])) byId(name).addEventListener('click', () => actions.openForm(name));
view.render();
setAttribute(byId('main'), 'aria-busy', null);
timekeeper.start();
watchVisiblePart();

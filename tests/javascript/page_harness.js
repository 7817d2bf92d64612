/* The page put together as main.js does, over an API that the test answers for. */
import { mock } from 'node:test';
import { at, NOW, SENTENCES, settled } from './page.js';
import { createCatalogue } from '../../connector/web/static/agent/catalogue.js';
import { createActions } from '../../connector/web/static/agent/actions/actions.js';
import { createKeyboard } from '../../connector/web/static/agent/accessibility/keyboard.js';
import { createMoneyActions } from '../../connector/web/static/agent/actions/money_actions.js';
import { createOrderFollower } from '../../connector/web/static/agent/following/order_follower.js';
import { PageState } from '../../connector/web/static/agent/page/page_state.js';
import { createPageView } from '../../connector/web/static/agent/page/page_view.js';
import { createPreferences } from '../../connector/web/static/agent/page/preferences.js';
import { createTimekeeper } from '../../connector/web/static/agent/following/timekeeper.js';
import { aMessage, anOrder, aRequest, ORDER_PHONE } from './factories.js';

/** @import {Order, PaymentRequest} from '../../connector/web/static/agent/server/api.js' */

let pageOver = new AbortController();
/** A payment whose money was taken. @type {Partial<PaymentRequest>} */
const TAKEN = { status: 'paid', live: false, actions: ['refresh'] };

export const RENEW_AFTER_MS = 600000;

/** @param {any} [changes] @returns {any} */
export const aNote = (changes) => ({
  outcome: 'saved', sentence: { id: 'note_saved', values: {} },
  note: { text: 'Calls again.', author: { id: '005A', name: 'Thandi' }, written_at: '2026-11-28T10:00:00Z', version: 1 }, ...changes,
});

/** @param {any} [changes] @returns {any} */
export const phoneSaved = (changes) => ({
  outcome: 'saved', sentence: { id: 'phone_saved_contact', values: { phone_ending: '9999' } }, ...changes,
});

/** @template Data @param {Data} data */
export const answer = (data) => ({ status: 200, etag: '"2"', data });

/** @param {PaymentRequest} request @param {any} outcome @param {any} [sentence] */
export const done = (request, outcome, sentence = 'Done.') => answer({ sentence, payment_request: request, outcome });

/** Put the page together as main.js does, over an API that the test answers for. @param {Partial<Order>} [changes] */
export function open(changes) {
  let passed = 0;
  const clock = { now: () => NOW + passed, setAhead: mock.fn(() => {}), monotonic: () => passed };
  const catalogue = createCatalogue({ sentences: SENTENCES, locale: 'en', timeZone: 'UTC', clock });
  const order = anOrder(changes);
  const state = new PageState({ order, answeredAt: NOW });
  const api = {
    order: mock.fn(async () => answer(/** @type {Order | null} */ (null))),
    readPhone: mock.fn(async () => answer({ outcome: /** @type {const} */ ('read'), readings: [ORDER_PHONE], sentence: null })),
    previewMessage: mock.fn(async () => answer(aMessage())),
    send: mock.fn(async () => answer(aRequest())),
    cancel: mock.fn(async () => done(aRequest({ status: 'cancelled', live: false, actions: [] }), 'cancelled')),
    replace: mock.fn(async () => done(aRequest({ reference: 'c2p-2', channel: 'whatsapp', replaces: 'c2p-1' }), 'replaced')),
    release: mock.fn(async () => done(aRequest({ status: 'cancelled', live: false, actions: [] }), 'released')),
    capture: mock.fn(async () => done(aRequest({ ...TAKEN, amount_paid: '115.00' }), 'captured', 'Taken.')),
    reverse: mock.fn(async () => done(aRequest({ ...TAKEN, status: 'reversed', amount_reversed: '115.00' }), 'reversed', 'Given back.')),
    refresh: mock.fn(async () => done(aRequest({ proven_at: '2026-11-28T10:00:00Z' }), 'fresh')),
    handOver: mock.fn(async () => ({ ...done(aRequest(), 'shown'), data: { ...done(aRequest(), 'shown').data, url: 'https://pay.example/x' } })),
    writeNote: mock.fn(async () => answer(aNote())),
    savePhone: mock.fn(async () => answer(phoneSaved())),
    renew: mock.fn(async () => {}),
  };
  const preferences = createPreferences();
  const view = createPageView({
    catalogue, clock, preferences, paidSignal: { show: () => {} }, state, userId: '005A',
    on: {
      send: (details) => actions.send(details),
      readPhone: (text) => actions.readPhone(text),
      previewMessage: (wanted) => actions.previewMessage(wanted),
      cancel: () => actions.cancel(),
      replace: () => actions.replace(),
      release: (reason) => actions.release(reason),
      handOver: (request, verb) => actions.handOver(request, verb),
      leaveForm: () => actions.leaveForm(),
      move: (wanted) => money.move(wanted),
      copyReference: (reference) => money.copyReference(reference),
      writeNote: (text, seen) => actions.writeNote(text, seen),
      savePhone: (ending) => actions.savePhone(ending),
    },
  });
  const follower = createOrderFollower({ api, catalogue, clock, state, view });
  const actions = createActions({ api, catalogue, state, view, follower });
  const copy = mock.fn(async () => true);
  const money = createMoneyActions({ api, catalogue, state, view, follower, copy });
  const timekeeper = createTimekeeper({ api, clock, state, view, follower, actions, renewAfterMs: RENEW_AFTER_MS });
  for (const name of /** @type {const} */ (['again', 'renumber'])) at(name).addEventListener('click', () => actions.openForm(name));
  view.render();
  // The document outlives its pages, so the keys of the last one are let go.
  pageOver.abort();
  pageOver = new AbortController();
  createKeyboard({ catalogue, preferences }).start(pageOver.signal);
  return {
    api, copy, state, view, actions, follower, timekeeper, catalogue,
    /** Let the clock and the timers go on. @param {number} milliseconds */
    pass: async (milliseconds) => {
      passed += milliseconds;
      mock.timers.tick(milliseconds);
      await settled();
    },
  };
}

/** @param {Error} error */
export const failing = (error) => async () => {
  throw error;
};

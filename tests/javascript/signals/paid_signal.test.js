/* How an agent who looks elsewhere learns of a payment, and what keeps silent. */
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { at, CLOCK, forgetKept, openPage, SENTENCES, settled } from '../page.js';
import { createCatalogue } from '../../../connector/web/static/agent/catalogue.js';
import { createDesktopNote } from '../../../connector/web/static/agent/signals/desktop_note.js';
import { createPaidSignal } from '../../../connector/web/static/agent/signals/paid_signal.js';
import { createPreferences } from '../../../connector/web/static/agent/page/preferences.js';
import { anOrder, aRequest } from '../factories.js';

/** @import {PaymentRequest} from '../../../connector/web/static/agent/server/api.js' */

const browser = /** @type {any} */ (globalThis.window);
const catalogue = createCatalogue({ sentences: SENTENCES, locale: 'en', timeZone: 'UTC', clock: CLOCK });
/** @param {Partial<PaymentRequest>} [changes] */
const waiting = (changes) => anOrder({ payment_requests: [aRequest(changes)] });
/** @param {Partial<PaymentRequest>} [changes] */
const paid = (changes) => waiting({ status: 'paid', live: false, ...changes });

/** @param {{possible?: boolean, mayAsk?: boolean}} [able] */
function begin({ possible = true, mayAsk = false } = {}) {
  document.title = 'Chat 2 Pay · Order 00000100';
  const chime = { isPossible: () => possible, unlock: mock.fn(), play: mock.fn() };
  const note = { mayAsk: () => mayAsk, ask: mock.fn(async () => {}), show: mock.fn() };
  return { ...createPaidSignal({ catalogue, preferences: createPreferences(), chime, note }), chime, note };
}

beforeEach(() => {
  forgetKept();
  openPage();
});

test('a payment that comes in is told by the title, a sound and a note, once', () => {
  const { show, chime, note } = begin();
  show(waiting());
  assert.equal(document.title, 'Chat 2 Pay · Order 00000100');
  show(paid());
  show(paid());
  assert.equal(document.title, 'Paid: order 00000100');
  assert.equal(chime.play.mock.callCount(), 1);
  assert.deepEqual(note.show.mock.calls.map(({ arguments: given }) => given), [['Paid: order 00000100', 'c2p-1']]);
  show(anOrder({ payment_requests: [aRequest({ reference: 'c2p-2' }), ...paid().payment_requests] }));
  assert.equal(document.title, 'Chat 2 Pay · Order 00000100');
});

test('what was paid before the page was opened makes no sound', () => {
  const { show, chime } = begin();
  show(paid());
  assert.equal(document.title, 'Paid: order 00000100');
  assert.equal(chime.play.mock.callCount(), 0);
});

for (const [what, changes] of /** @type {[string, Partial<PaymentRequest>][]} */ ([
  ['that a person must look at', { attention: 'disputed' }],
  ['whose goods must wait', { do_not_ship: true }],
  ['that is held only', { status: 'authorized' }],
  ['of a part', { status: 'part_paid' }],
])) {
  test(`a payment ${what} is not rung out`, () => {
    const { show, chime } = begin();
    show(waiting());
    show(paid(changes));
    assert.equal(document.title, 'Chat 2 Pay · Order 00000100');
    assert.equal(chime.play.mock.callCount(), 0);
  });
}

test('the sound is turned off for good, and on with a sample', () => {
  const { show, chime } = begin();
  show(waiting());
  at('sound').click();
  assert.equal(at('sound').getAttribute('aria-pressed'), 'false');
  show(paid());
  assert.equal(chime.play.mock.callCount(), 0);
  assert.equal(document.title, 'Paid: order 00000100');
  openPage();
  const next = begin();
  assert.equal(at('sound').getAttribute('aria-pressed'), 'false');
  at('sound').click();
  assert.equal(next.chime.play.mock.callCount(), 1);
  assert.equal(at('sound').getAttribute('aria-pressed'), 'true');
});

test('a browser that keeps nothing for this frame keeps the choice until the page is left', () => {
  Object.defineProperty(document, 'cookie', { configurable: true, get: () => '', set: () => {} });
  try {
    const { show, chime } = begin();
    show(waiting());
    at('sound').click();
    show(paid());
    assert.equal(chime.play.mock.callCount(), 0);
  } finally {
    Reflect.deleteProperty(document, 'cookie');
  }
});

test('nothing is offered that the browser lacks, and a desktop note only where it may be asked for', async () => {
  begin({ possible: false });
  assert.equal(at('signals').hidden, true);
  openPage();
  const { note } = begin({ mayAsk: true });
  assert.equal(at('desktop-note').hidden, false);
  at('desktop-note').click();
  await settled();
  assert.equal(note.ask.mock.callCount(), 1);
});

test('a note is asked for by a page of its own alone, and shown only to who looks elsewhere', () => {
  const shown = /** @type {string[]} */ ([]);
  browser.Notification = Object.assign(function Notification(/** @type {string} */ text) { shown.push(text); }, { permission: 'default' });
  const note = createDesktopNote();
  assert.equal(note.mayAsk(), true);
  const top = Object.getOwnPropertyDescriptor(browser, 'top');
  Object.defineProperty(browser, 'top', { configurable: true, value: {} });
  assert.equal(note.mayAsk(), false);
  if (top) Object.defineProperty(browser, 'top', top);
  browser.Notification.permission = 'granted';
  note.show('Paid', 'c2p-1');
  assert.deepEqual(shown, []);
  Object.defineProperty(document, 'hidden', { configurable: true, value: true });
  note.show('Paid', 'c2p-1');
  assert.deepEqual(shown, ['Paid']);
  Object.defineProperty(document, 'hidden', { configurable: true, value: false });
  delete browser.Notification;
});

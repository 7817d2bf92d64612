/* The message before it is sent: what is shown of it, when it is asked for, and that it never holds up Send. */
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { at, deferred, forgetKept, openPage, settled, submit, textOf } from '../page.js';
import { countOf, notesOf, piecesOf, previewKey } from '../../../connector/web/static/agent/form/message_preview.js';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { aMessage, anOrder } from '../factories.js';
import { answer, failing, open } from '../page_harness.js';

/** @import {Order, Schemas} from '../../../connector/web/static/agent/server/api.js' */

/** @param {Partial<Schemas['Message']>} [changes] */
const message = (changes) => /** @type {Schemas['Message']} */ (aMessage(changes).preview);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  forgetKept();
  openPage();
});

/** Open a page and let the choice rest, as its tick does. @param {Partial<Order>} [changes] */
async function rested(changes) {
  const page = open(changes);
  await page.pass(500);
  page.view.render();
  await settled();
  return page;
}

test('the text is shown with a placeholder for the link, and how many SMS it is', async () => {
  const { api } = await rested();
  assert.equal(textOf('preview-text'), 'Karoo: please pay ZAR 115.00 here: [payment link]');
  assert.equal(textOf('preview-count'), '1 SMS, 67 characters');
  assert.equal(at('preview-text').getAttribute('lang'), 'en');
  assert.deepEqual(api.previewMessage.mock.calls.map(({ arguments: given }) => given), [[{ channel: 'sms', amount: '115.00' }]]);
});

test('the same message is asked for once, and another choice shows nothing of the former text', async () => {
  const page = await rested();
  for (let look = 0; look < 5; look += 1) {
    await page.pass(500);
    page.view.render();
  }
  assert.equal(page.api.previewMessage.mock.callCount(), 1);
  const slow = deferred();
  page.api.previewMessage.mock.mockImplementation(() => /** @type {any} */ (slow.promise));
  at('channel-whatsapp').dispatchEvent(new (/** @type {any} */ (globalThis.window).Event)('change'));
  page.view.render();
  assert.equal(at('preview-text').hidden, true);
  assert.equal(textOf('preview-notes'), 'Fetching the text.');
  await page.pass(500);
  page.view.render();
  slow.resolve(answer(aMessage({ characters: 70, has_template: true })));
  await settled();
  assert.equal(textOf('preview-count'), '70 characters');
  assert.match(textOf('preview-notes') ?? '', /approved template/);
});

test('an answer for a choice that was left is not shown', async () => {
  const page = open();
  const slow = deferred();
  page.api.previewMessage.mock.mockImplementation(() => /** @type {any} */ (slow.promise));
  await page.pass(500);
  page.view.render();
  page.state.take(anOrder({ limits: { parts: false, minimum: null, step: null, maximum: '230.00' }, amount_due: '230.00' }));
  page.view.render();
  slow.resolve(answer(aMessage()));
  await settled();
  assert.equal(at('preview-text').hidden, true);
});

test('a choice that changes within a moment is not asked for', async () => {
  const page = open();
  await page.pass(200);
  page.state.take(anOrder({ limits: { parts: false, minimum: null, step: null, maximum: '230.00' } }));
  page.view.render();
  await page.pass(300);
  page.view.render();
  assert.equal(page.api.previewMessage.mock.callCount(), 0);
  await page.pass(200);
  page.view.render();
  assert.deepEqual(page.api.previewMessage.mock.calls.at(-1)?.arguments, [{ channel: 'sms', amount: '230.00' }]);
});

test('a payment core that shows no texts is not asked, and the page says so', async () => {
  const { api } = await rested({ shows_messages: false });
  assert.equal(textOf('preview-notes'), 'The payment core does not show the text beforehand.');
  assert.equal(api.previewMessage.mock.callCount(), 0);
});

test('without an answer the page says so, sends all the same, and asks again after a while', async () => {
  const page = open();
  page.api.previewMessage.mock.mockImplementation(failing(new ApiError(0)));
  await page.pass(500);
  page.view.render();
  await settled();
  assert.equal(textOf('preview-notes'), 'The text cannot be shown just now. You can send all the same.');
  await page.pass(10000);
  page.view.render();
  assert.equal(page.api.previewMessage.mock.callCount(), 1);
  await page.pass(21000);
  page.view.render();
  await settled();
  assert.equal(page.api.previewMessage.mock.callCount(), 2);
  submit();
  await settled();
  assert.equal(page.api.send.mock.callCount(), 1);
});

test('a closed preview asks for nothing, and stays closed on the next page', async () => {
  const first = open();
  const box = /** @type {HTMLDetailsElement} */ (/** @type {unknown} */ (at('preview')));
  box.open = false;
  box.dispatchEvent(new (/** @type {any} */ (globalThis.window).Event)('toggle'));
  await first.pass(500);
  first.view.render();
  assert.equal(first.api.previewMessage.mock.callCount(), 0);
  openPage();
  open();
  assert.equal(/** @type {HTMLDetailsElement} */ (/** @type {unknown} */ (at('preview'))).open, false);
});

test('an order that cannot be paid has no message', async () => {
  await rested({ can_send: false });
  assert.equal(at('preview').hidden, true);
});

test('a text is cut around each place of the link', () => {
  assert.deepEqual(piecesOf(message({ text: 'a L b L', link: 'L' })), ['a ', null, ' b ', null]);
  assert.deepEqual(piecesOf(message({ text: 'no link', link: null })), ['no link']);
  assert.deepEqual(piecesOf(message({ text: 'no link', link: 'L' })), ['no link']);
});

test('parts are said by SMS only, and what shortens or replaces a text is said beside it', () => {
  assert.equal(countOf(message({ parts: 3 }), 'sms').id, 'preview_many_sms');
  assert.equal(countOf(message({ parts: 1 }), 'whatsapp').id, 'preview_characters');
  const notes = notesOf(message({ alphabet: 'UCS-2', may_offer_reply: true }));
  assert.deepEqual(notes.map(({ id }) => id), ['preview_ucs2', 'preview_offers_reply']);
});

test('the language of the customer makes another message', () => {
  const wanted = /** @type {const} */ ({ channel: 'sms', amount: '1.00' });
  assert.notEqual(previewKey(anOrder({ language: 'en' }), wanted), previewKey(anOrder({ language: 'de' }), wanted));
});

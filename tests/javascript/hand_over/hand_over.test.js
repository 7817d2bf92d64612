/* Receipt, reference and link in the agent's hands: by what the request allows, on a press, and not longer than it is true. */
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { at, CLOCK, inputAt, openPage, SENTENCES, settled, textOf } from '../page.js';
import { createCatalogue } from '../../../connector/web/static/agent/catalogue.js';
import { handOversOf } from '../../../connector/web/static/agent/hand_over/hand_over.js';
import { createHandOverView } from '../../../connector/web/static/agent/hand_over/hand_over_view.js';
import { aRequest } from '../factories.js';

/** @import {Handed} from '../../../connector/web/static/agent/hand_over/hand_over_view.js' */

const URL_OF = 'https://pay.example/pay/secret';
const catalogue = createCatalogue({ sentences: SENTENCES, locale: 'en', timeZone: 'UTC', clock: CLOCK });
const live = aRequest({ actions: ['refresh', 'copy_link'] });
const paid = aRequest({ status: 'paid', live: false, actions: ['refresh', 'show_receipt', 'send_receipt'] });

/** @param {Partial<Handed>} [handed] @param {boolean} [mayCopy] */
function begin(handed, mayCopy = true) {
  const written = /** @type {string[]} */ ([]);
  const clipboard = { writeText: async (/** @type {string} */ text) => {
    if (!mayCopy) throw new Error('the frame has no clipboard-write');
    written.push(text);
  } };
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { clipboard } });
  const sentence = { id: 'link_shown', values: {} };
  const ask = mock.fn(async () => /** @type {Handed | null} */ ({ outcome: 'shown', sentence, url: URL_OF, ...handed }));
  return { ...createHandOverView({ catalogue, ask }), ask, written };
}

/** @param {string} name */
async function press(name) {
  at(`take-${name}`).click();
  await settled();
}

beforeEach(openPage);

test('the buttons follow what the request allows', () => {
  assert.deepEqual(handOversOf(live).map(({ name }) => name), ['copy_link']);
  assert.deepEqual(handOversOf(paid).map(({ name }) => name), ['show_receipt', 'send_receipt', 'copy_reference']);
  assert.deepEqual(handOversOf(aRequest()), []);
});

test('a link is fetched on a press only, copied, and stands nowhere on the page', async () => {
  const { show, ask, written } = begin();
  show(live, { frozen: false });
  assert.equal(at('link-promise').hidden, false);
  assert.equal(ask.mock.callCount(), 0);
  await press('copy_link');
  assert.deepEqual(written, [URL_OF]);
  assert.equal(textOf('handed-sentence'), SENTENCES.link_shown);
  assert.equal(document.body.innerHTML.includes('secret'), false);
});

test('a frame that may not copy says so, and selects the text until the link ends', async () => {
  const { show } = begin({}, false);
  show(live, { frozen: false });
  await press('copy_link');
  assert.equal(textOf('handed-sentence'), SENTENCES.copy_by_hand);
  assert.equal(inputAt('handed-text').value, URL_OF);
  assert.equal(document.activeElement, at('handed-text'));
  show(aRequest({ status: 'expired', live: false }), { frozen: false });
  assert.equal(inputAt('handed-text').value, '');
  assert.equal(at('handed').hidden, true);
  assert.equal(document.activeElement, at('status-sentence'));
});

test('a link that ends while it is fetched is not handed over', async () => {
  const { show, ask, written } = begin();
  /** @type {(handed: Handed) => void} */
  let answer = () => {};
  ask.mock.mockImplementation(() => new Promise((resolve) => { answer = resolve; }));
  show(live, { frozen: false });
  at('take-copy_link').click();
  show(aRequest({ status: 'cancelled', live: false }), { frozen: false });
  answer({ outcome: 'shown', sentence: { id: 'link_shown', values: {} }, url: URL_OF });
  await settled();
  assert.deepEqual(written, []);
  assert.equal(at('handed').hidden, true);
});

test('a receipt opens by one press in a tab that knows nothing of the page', async () => {
  const { show } = begin({ sentence: { id: 'receipt_shown', values: {} } });
  const tab = { opener: globalThis.window, location: { replace: mock.fn() } };
  const opening = mock.method(/** @type {any} */ (globalThis.window), 'open', () => tab);
  show(paid, { frozen: false });
  at('take-show_receipt').focus();
  await press('show_receipt');
  opening.mock.restore();
  assert.equal(tab.opener, null);
  assert.deepEqual(tab.location.replace.mock.calls.map(({ arguments: given }) => given), [[URL_OF]]);
  assert.equal(document.activeElement, at('take-show_receipt'));
});

test('where the frame may open no tab a receipt is a link to open, without a word to where it came from', async () => {
  const { show } = begin({ sentence: { id: 'receipt_shown', values: {} } });
  mock.method(/** @type {any} */ (globalThis.window), 'open', () => null);
  show(paid, { frozen: false });
  await press('show_receipt');
  assert.equal(at('handed-open').getAttribute('href'), URL_OF);
  assert.equal(at('handed-open').getAttribute('rel'), 'noopener noreferrer');
  assert.equal(document.activeElement, at('handed-open'));
});

test('what could not be had says why, and one press asks once', async () => {
  const { show, ask } = begin({ outcome: 'too_often', url: null, sentence: { id: 'receipt_too_often', values: {} } });
  show(paid, { frozen: false });
  at('take-send_receipt').click();
  at('take-send_receipt').click();
  await settled();
  assert.equal(ask.mock.callCount(), 1);
  assert.equal(textOf('handed-sentence'), SENTENCES.receipt_too_often);
  assert.equal(at('handed-open').hidden, true);
});

test('the reference is copied without a call', async () => {
  const { show, ask, written } = begin();
  show(paid, { frozen: false });
  await press('copy_reference');
  assert.deepEqual([written, ask.mock.callCount()], [['c2p-1'], 0]);
  assert.equal(textOf('handed-sentence'), SENTENCES.copied);
});

test('a page whose launch is over offers nothing', () => {
  const { show } = begin();
  show(paid, { frozen: true });
  assert.equal(at('hand-over').hidden, true);
});

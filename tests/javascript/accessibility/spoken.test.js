/* What a screen reader hears of the page, as one story, and where the focus is when its element goes. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { at, openPage, press, settled } from '../page.js';
import { keepFocus } from '../../../connector/web/static/agent/accessibility/focus_keeper.js';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { anOrder, aRequest, sentence } from '../factories.js';
import { answer, done, failing, open } from '../page_harness.js';

/** @import {Order, PaymentRequest} from '../../../connector/web/static/agent/server/api.js' */

const SOON_MS = 100;
const sent = sentence('sent', { at: '2026-11-28T09:59:31Z', channel: 'sms', phone_ending: '0000' });
const late = sentence('not_opened', { until: '2026-11-28T10:02:05Z', phone_ending: '0000' });
const LINK = aRequest({ sentences: [{ ...sent, from: null }, { ...late, from: '2026-11-28T10:00:31Z' }] });

const HELD = aRequest({ status: 'authorized', live: false, amount_authorized: '115.00', sentences: [{ ...sentence('authorized', {}), from: null }] });

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  openPage();
});

/** Write down what enters the live region, and what focus moves to. */
function listen() {
  /** @type {string[]} */
  const heard = [];
  const added = (/** @type {any[]} */ records) => {
    for (const { addedNodes } of records) heard.push(...Array.from(addedNodes, (node) => node.textContent));
  };
  new MutationObserver(added).observe(at('announcer'), { childList: true });
  document.addEventListener('focusin', ({ target }) => heard.push(`focus: ${/** @type {HTMLElement} */ (target).textContent}`));
  return heard;
}

/** @param {string} id @param {Record<string, unknown>} values @param {Partial<PaymentRequest>} changes */
const now = (id, values, changes) => aRequest({ sentences: [{ ...sentence(id, values), from: null }], ...changes });

describe('a screen reader', () => {
  it('hears each change once and in order, also warnings and the connection', async () => {
    const { api, follower, view, pass } = open({ payment_requests: [LINK] });
    const heard = listen();
    /** @param {Partial<Order>} order */
    const becomes = async (order) => {
      api.order.mock.mockImplementation(async () => answer(anOrder(order)));
      await follower.now();
      await pass(SOON_MS);
    };
    await becomes({ payment_requests: [LINK] });
    await pass(31000);
    view.render();
    await pass(SOON_MS);
    api.order.mock.mockImplementation(failing(new ApiError(0)));
    await follower.now();
    await follower.now();
    await follower.now();
    await pass(SOON_MS);
    const opened = now('opened', { at: '2026-11-28T10:00:40Z', until: '2026-11-28T10:15:40Z' }, { status: 'opened' });
    await becomes({ payment_requests: [opened] });
    await becomes({ payment_requests: [opened], total: '150.00', amount_due: '150.00', limits: { parts: false, minimum: null, step: null, maximum: '150.00' } });
    const declined = (/** @type {string} */ until) => now('declined', { until }, { status: 'declined' });
    await becomes({ payment_requests: [declined('2026-11-28T10:15:40Z')] });
    await becomes({ payment_requests: [declined('2026-11-28T10:15:40Z')] });
    const paid = { at: '2026-11-28T10:03:00Z', written_at: '2026-11-28T10:03:01Z' };
    await becomes({ payment_state: 'paid', payment_requests: [now('paid_written', paid, { status: 'paid', live: false })] });
    assert.deepEqual(heard.map((text) => text.replace(/\d+:\d\d left/, '… left')), [
      'Not opened yet, … left. Check the number: it ends in 0000.',
      'Connection lost. What you see is from 10:00:31.',
      'Connected again. What you see is up to date.',
      'Opened 10:00:40, … left to pay.',
      'The order is now R150.00; the link asks for R115.00.',
      'The bank said no. The link works until 10:15; another card can be tried.',
      'Paid, confirmed 10:03:00. Written to Salesforce 10:03:01.',
    ]);
  });

  it('hears nothing where only the time of a step is corrected, and what was said is taken back in its old words', async () => {
    const { api, follower, pass } = open({ payment_requests: [LINK] });
    const heard = listen();
    const paid = (/** @type {string} */ at_) => now('paid_written', { at: at_, written_at: '2026-11-28T10:03:01Z' }, { status: 'paid', live: false });
    const moves = [paid('2026-11-28T10:03:00.100Z'), paid('2026-11-28T10:02:59.900Z'), now('in_review', {}, { status: 'in_review', live: false })];
    for (const request of moves) {
      api.order.mock.mockImplementation(async () => answer(anOrder({ payment_requests: [request] })));
      await follower.now();
      await pass(SOON_MS);
    }
    assert.deepEqual(heard.map((text) => text.slice(0, 13)), ['Paid, confirm', 'Being checked']);
    assert.equal(at('announcer').children.length, 1);
  });

  it('hears what holds money up, and not what a right withholds', async () => {
    const { api, follower, pass } = open({ payment_requests: [aRequest({ ...HELD, money_off: [] })] });
    const heard = listen();
    for (const off of [sentence('capture_off_not_payable'), sentence('capture_unknown'), sentence('no_right_reverse', { admin: 'IT', permission: 'Reverse' })]) {
      api.order.mock.mockImplementation(async () => answer(anOrder({ payment_requests: [aRequest({ ...HELD, money_off: [off] })] })));
      await follower.now();
      await pass(SOON_MS);
    }
    assert.deepEqual(heard.map((text) => text.slice(0, 25)), ['This order is not payable', 'We do not know yet whethe']);
  });

  it('hears what is written into the sentence that has the focus already', async () => {
    const { api, follower, pass } = open({ payment_requests: [LINK] });
    at('status-sentence').focus();
    const heard = listen();
    const opened = now('opened', { at: '2026-11-28T10:00:40Z', until: '2026-11-28T10:15:40Z' }, { status: 'opened' });
    api.order.mock.mockImplementation(async () => answer(anOrder({ payment_requests: [opened] })));
    await follower.now();
    await pass(SOON_MS);
    assert.deepEqual(heard.map((text) => text.replace(/\d+:\d\d left/, '… left')), ['Opened 10:00:40, … left to pay.']);
  });

  it('hears nothing of what was over before it could be read', async () => {
    const { api, follower, pass } = open({ payment_requests: [LINK] });
    const heard = listen();
    const opened = now('opened', { at: '2026-11-28T10:00:40Z', until: '2026-11-28T10:15:40Z' }, { status: 'opened' });
    const paid = now('paid_waiting', { at: '2026-11-28T10:00:41Z' }, { status: 'paid', live: false });
    for (const request of [opened, paid]) {
      api.order.mock.mockImplementation(async () => answer(anOrder({ payment_requests: [request] })));
      await follower.now();
    }
    await pass(SOON_MS);
    assert.deepEqual(heard.map((text) => text.slice(0, 4)), ['Paid']);
  });

  it('hears what an action did once: by the focus that goes there, not by the live region as well', async () => {
    const { pass, api } = open({ payment_requests: [LINK] });
    api.cancel.mock.mockImplementation(async () => {
      const request = now('cancelled_told', {}, { status: 'cancelled', live: false, actions: [] });
      return done(request, 'cancelled', sentence('cancelled_told'));
    });
    at('cancel').click();
    const heard = listen();
    at('cancel-yes').focus();
    at('cancel-yes').click();
    await settled();
    await pass(SOON_MS);
    assert.deepEqual(heard.filter((text) => /no longer works/.test(text)), ['focus: Cancelled. The link no longer works. The customer was told.']);
  });

  it('hears that an order can be paid for again, and why it cannot', async () => {
    const problem = { field: 'total', sentence: sentence('amount_zero') };
    const { api, follower, pass } = open({});
    const heard = listen();
    for (const order of [anOrder({ can_send: false, problems: [problem] }), anOrder()]) {
      api.order.mock.mockImplementation(async () => answer(/** @type {Order | null} */ (order)));
      await follower.now();
      await pass(SOON_MS);
    }
    assert.equal(heard.length, 2);
    assert.equal(heard[1], 'This order can be paid for now.');
  });
});

describe('focus', () => {
  for (const button of ['cancel', 'renumber', 'replace', 'release']) {
    it(`that was on ${button} goes to the sentence when the button goes`, async () => {
      const actions = /** @type {any[]} */ (['cancel', 'replace', 'refresh', 'release']);
      const { api, follower } = open({ payment_requests: [aRequest({ ...LINK, remedy: 'other_channel', actions })] });
      keepFocus(at('main'));
      at(button).focus();
      assert.equal(document.activeElement, at(button), 'the button can have the focus');
      api.order.mock.mockImplementation(async () => answer(anOrder({ payment_requests: [now('paid_written', {}, { status: 'paid', live: false, actions: [] })] })));
      await follower.now();
      await settled();
      assert.equal(document.activeElement, at('status-sentence'));
    });
  }
  it('that was in a question goes to the sentence when the question is over by itself', async () => {
    const { api, follower } = open({ payment_requests: [LINK] });
    keepFocus(at('main'));
    at('cancel').click();
    at('cancel-no').focus();
    api.order.mock.mockImplementation(async () => answer(anOrder({ payment_requests: [now('expired_unopened', {}, { status: 'expired', live: false, actions: [] })] })));
    await follower.now();
    await settled();
    assert.equal(document.activeElement, at('status-sentence'));
  });
  it('comes back to the button that asked, when the question is closed by Escape', async () => {
    open({ payment_requests: [LINK] });
    keepFocus(at('main'));
    at('cancel').focus();
    at('cancel').click();
    press('cancel-ask', 'Escape');
    await settled();
    assert.equal(document.activeElement, at('cancel'));
  });
  it('of somebody who went elsewhere is left alone', async () => {
    const { api, follower, pass } = open({ payment_requests: [LINK] });
    keepFocus(at('main'));
    at('cancel').focus();
    at('cancel').blur();
    await pass(1);
    api.order.mock.mockImplementation(async () => answer(anOrder({ payment_requests: [now('expired_unopened', {}, { status: 'expired', live: false, actions: [] })] })));
    await follower.now();
    await settled();
    assert.notEqual(document.activeElement, at('status-sentence'));
  });
  it('of an element that was taken away goes to the part around it', async () => {
    open({});
    keepFocus(at('main'));
    const button = document.createElement('button');
    at('phone-notes').append(button);
    at('phone-notes').hidden = false;
    button.focus();
    button.remove();
    await settled();
    assert.equal(document.activeElement, at('phone'));
  });
});


/* Taking held money and giving money back on the page: the amount is named, read, held to what may be, and moved once. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { aRequest, sentence } from '../factories.js';
import { at, inputAt, openPage, press, settled, textOf, type } from '../page.js';
import { done, failing, open } from '../page_harness.js';

/** @import {Order, PaymentRequest} from '../../../connector/web/static/agent/server/api.js' */

/** @param {Partial<PaymentRequest>} [changes] */
const held = (changes = {}) => aRequest({
  status: 'authorized', live: false, amount_authorized: '115.00', actions: ['capture', 'reverse', 'refresh'], sentences: [sentence('authorized')], ...changes,
});

/** @param {Partial<PaymentRequest>} [changes] @param {Partial<Order>} [order] */
const show = (changes, order) => open({ payment_state: 'authorized', amount_authorized: '115.00', payment_requests: [held(changes)], ...order });

/** @param {{mock: {calls: {arguments: any[]}[]}}} call */
const argumentsOf = (call) => call.mock.calls.map(({ arguments: given }) => given);

beforeEach(() => {
  openPage();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
});
afterEach(() => mock.timers.reset());

describe('held money', () => {
  it('is taken whole after a question that names the amount', async () => {
    const { api } = show();
    assert.deepEqual([textOf('capture'), textOf('reverse')], ['Take R115.00', 'Release R115.00']);
    at('capture').click();
    assert.equal(textOf('money-question'), 'Take R115.00 from the customer\'s account now?');
    assert.deepEqual([inputAt('money-amount').value, at('money-means').hidden, document.activeElement?.id], ['115.00', true, 'money-amount']);
    at('money-yes').click();
    await settled();
    const [[reference, body, key]] = argumentsOf(api.capture);
    assert.deepEqual([reference, body, key.length], ['c2p-1', '{}', 36]);
    assert.equal(textOf('notice'), 'Taken.');
    assert.equal(document.activeElement?.id, 'notice');
  });
  it('is taken in part, and what is not taken is said before', async () => {
    const { api } = show();
    at('capture').click();
    type('money-amount', '40,50');
    assert.equal(textOf('money-question'), 'Take R40.50 from the customer\'s account now?');
    assert.equal(textOf('money-means'), 'R74.50 of the held R115.00 is not taken by this.');
    at('money-yes').click();
    await settled();
    assert.equal(argumentsOf(api.capture)[0][1], '{"amount":"40.50"}');
  });
  for (const [typed, error] of [['1000', 'At most R115.00.'], ['', 'Type one amount'], ['0', 'more than zero'], ['1.234', 'Type one amount'], ['1.2345', 'at most 2 decimals']]) {
    it(`is not taken where ${JSON.stringify(typed)} is typed: the field says what would be right and keeps it`, async () => {
      const { api } = show();
      at('capture').click();
      type('money-amount', typed);
      at('money-yes').click();
      await settled();
      assert.ok(textOf('money-error').includes(error), textOf('money-error'));
      assert.deepEqual([api.capture.mock.callCount(), inputAt('money-amount').value], [0, typed]);
      assert.deepEqual([at('money-amount').getAttribute('aria-invalid'), document.activeElement?.id], ['true', 'money-amount']);
      assert.equal(textOf('money-question'), 'How much of the held R115.00 do you take?');
    });
  }
  it('of an order that the agent may not see any more is not taken, and nothing is shown of it', async () => {
    const { api, pass } = show();
    api.capture.mock.mockImplementation(failing(new ApiError(422, { code: 'no_access', message: 'Not yours to see, so nothing was taken.' })));
    at('capture').click();
    at('money-yes').click();
    await settled();
    assert.equal(textOf('stale'), 'Not yours to see, so nothing was taken.');
    assert.deepEqual([at('status').hidden, textOf('head-total')], [true, '']);
    const asked = api.order.mock.callCount();
    await pass(60000);
    assert.equal(api.order.mock.callCount(), asked);
  });
  it('of an order that is not payable is released only, and the page says why', () => {
    show({ actions: ['reverse', 'refresh'], money_off: [sentence('capture_off_not_payable')] });
    assert.deepEqual([at('capture').hidden, textOf('reverse')], [true, 'Release R115.00']);
    assert.match(textOf('money-off'), /not payable in Salesforce now/);
  });
  it('is taken up to what is due', () => {
    show({}, { amount_due: '100.00', total: '100.00' });
    assert.equal(textOf('capture'), 'Take R100.00');
    at('capture').click();
    assert.equal(textOf('money-hint'), 'At most R100.00.');
    type('money-amount', '115');
    at('money-yes').click();
    assert.equal(textOf('money-error'), 'At most R100.00.');
  });
  it('of which nothing is due is released only', () => {
    show({}, { amount_due: '0.00' });
    assert.deepEqual([at('capture').hidden, at('reverse').hidden], [true, false]);
  });
  it('can no longer be taken once the hold is over, though the page was read before', async () => {
    const page = show({ capture_before: '2026-11-28T10:00:10Z' });
    assert.equal(at('capture').hidden, false);
    at('capture').click();
    await page.pass(11000);
    page.view.render();
    assert.deepEqual([at('capture').hidden, at('money-ask').hidden, document.activeElement?.id], [true, true, 'status-sentence']);
  });
  it('is released after a question', async () => {
    const { api } = show();
    at('reverse').click();
    assert.match(textOf('money-question'), /^Release the R115.00 that is held\?/);
    assert.deepEqual([at('money-amount-field').hidden, document.activeElement?.id], [true, 'money-no']);
    press('money-ask', 'Escape');
    assert.deepEqual([at('money-ask').hidden, document.activeElement?.id, api.reverse.mock.callCount()], [true, 'reverse', 0]);
    at('reverse').click();
    at('money-yes').click();
    await settled();
    assert.deepEqual(argumentsOf(api.reverse)[0].slice(0, 2), ['c2p-1', '{}']);
  });
});

describe('a press', () => {
  it('moves money once, however often it is pressed while it is under way', async () => {
    const page = show();
    /** @type {(value: any) => void} */
    let answer = () => {};
    page.api.capture.mock.mockImplementation(() => new Promise((resolve) => { answer = resolve; }));
    at('capture').click();
    for (let times = 0; times < 3; times += 1) at('money-yes').click();
    assert.deepEqual([textOf('money-yes'), at('money-yes').getAttribute('aria-disabled')], ['Working…', 'true']);
    press('money-ask', 'Escape');
    assert.equal(at('money-ask').hidden, false);
    answer(done(aRequest({ status: 'paid', live: false, actions: [] }), 'captured', 'Taken.'));
    await settled();
    assert.equal(page.api.capture.mock.callCount(), 1);
  });
  it('without an answer keeps its key for the next one, and says honestly that nobody knows', async () => {
    const page = show();
    page.api.capture.mock.mockImplementation(failing(new ApiError(0)));
    at('capture').click();
    at('money-yes').click();
    await settled();
    for (const wait of [1000, 3000]) await page.pass(wait);
    await settled();
    assert.match(textOf('notice'), /We do not know yet whether it worked/);
    page.api.capture.mock.mockImplementation(async () => done(held(), 'captured', 'Taken.'));
    at('capture').click();
    at('money-yes').click();
    await settled();
    const keys = new Set(argumentsOf(page.api.capture).map(([, , key]) => key));
    assert.deepEqual([page.api.capture.mock.callCount(), keys.size], [4, 1]);
  });
  it('of another amount has a key of its own', async () => {
    const page = show();
    page.api.capture.mock.mockImplementation(failing(new ApiError(503, { code: 'try_later', message: 'Later.' })));
    for (const amount of ['40', '50']) {
      at('capture').click();
      type('money-amount', amount);
      at('money-yes').click();
      await settled();
    }
    assert.equal(new Set(argumentsOf(page.api.capture).map(([, , key]) => key)).size, 2);
    assert.equal(textOf('notice'), 'Later.');
  });
});

describe('money that cannot be moved here', () => {
  const settledAtGateway = {
    status: /** @type {const} */ ('paid'), amount_paid: '115.00', amount_authorized: '0.00', settled: true, reconciliation_reference: 'TRN-7f3a9',
    actions: /** @type {PaymentRequest['actions']} */ (['refresh']), money_off: [sentence('reverse_too_late_refund_at_gateway')],
  };
  it('is refunded at the gateway, by a reference that can be copied', async () => {
    const { copy } = show(settledAtGateway);
    assert.deepEqual([at('reverse').hidden, textOf('money-off')], [true, 'Settled: it cannot be reversed here. Refund at the gateway.']);
    assert.equal(textOf('gateway-reference'), 'Look there for TRN-7f3a9.');
    at('gateway-copy').click();
    await settled();
    assert.deepEqual(argumentsOf(copy), [['TRN-7f3a9']]);
    assert.equal(textOf('notice'), 'Copied: TRN-7f3a9.');
  });
  it('has no reference to look for where the core names none', () => {
    show({ ...settledAtGateway, reconciliation_reference: null });
    assert.equal(at('gateway').hidden, true);
  });
  it('says who can change that, and shows no button', () => {
    const values = { admin: 'Naledi in IT', permission: 'Chat 2 Pay: capture' };
    show({ actions: ['refresh'], money_off: [sentence('no_right_capture', values), sentence('no_right_reverse', values)] });
    assert.deepEqual([at('capture').hidden, at('reverse').hidden], [true, true]);
    assert.match(textOf('money-off'), /You may not take held money\. Ask Naledi in IT .*You may not give money back\. Ask Naledi in IT/);
  });
});

import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { anOrder, aRequest, ORDER_PHONE } from '../factories.js';
import { at, inputAt, openPage, textOf, type } from '../page.js';
import { answer, failing, open } from '../page_harness.js';

const NEW_PHONE = { ...ORDER_PHONE, number: '+27837654321', shown: '+27 83 765 4321' };

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  openPage();
});

/** Have the next poll answer with another order. @param {ReturnType<typeof open>} page @param {Parameters<typeof anOrder>[0]} changes */
async function becomes({ api, follower }, changes) {
  api.order.mock.mockImplementation(async () => answer(anOrder(changes)));
  await follower.now();
}

describe('an order that changed in Salesforce', () => {
  it('has its new amount on the page and on the button', async () => {
    const page = open();
    const limits = { parts: false, minimum: null, step: null, maximum: '230.00' };
    await becomes(page, { total: '230.00', amount_due: '230.00', limits });
    assert.match(textOf('fact-total'), /230/);
    assert.match(textOf('send'), /230/);
    mock.timers.tick(1000);
    assert.match(textOf('announcer'), /The order is now R230\.00\./);
  });
  it('has its new number in the field, and that is said', async () => {
    const page = open({ phone_reading: ORDER_PHONE });
    assert.equal(textOf('phone-hint'), page.catalogue.text('phone_hint_order'));
    await becomes(page, { phone_reading: NEW_PHONE });
    assert.equal(inputAt('phone').value, NEW_PHONE.shown);
    assert.equal(textOf('phone-hint'), page.catalogue.text('phone_hint_order_new', { phone_ending: '4321' }));
    mock.timers.tick(1000);
    assert.match(textOf('announcer'), /ends in 4321 now/);
  });
  it('never takes away what the agent has typed, and its new number is said', async () => {
    const page = open({ phone_reading: ORDER_PHONE });
    type('phone', '+27 83 999 8888');
    await becomes(page, { phone_reading: NEW_PHONE });
    assert.equal(inputAt('phone').value, '+27 83 999 8888');
    assert.equal(textOf('phone-hint'), page.catalogue.text('phone_hint_kept', { phone_ending: '4321' }));
    mock.timers.tick(1000);
    assert.match(textOf('announcer'), /ends in 4321 now/);
  });
});

describe('an order that Salesforce does not show just now', () => {
  it('is shown with the time up to which it is current, until that is over', async () => {
    const page = open();
    await becomes(page, { not_current: { id: 'order_not_current', values: { at: '2026-11-28T09:58:07Z' } } });
    assert.match(textOf('stale'), /as it was at 09:58:07/);
    await becomes(page, {});
    assert.equal(at('stale').hidden, true);
  });
});

describe('an agent who may not see the order any more', () => {
  it('sees nothing of it, and why', async () => {
    const page = open({ payment_requests: [aRequest()] });
    page.api.order.mock.mockImplementation(failing(new ApiError(422, { code: 'no_access', message: 'You cannot see this order.' })));
    await page.follower.now();
    for (const part of ['status', 'new-request', 'earlier', 'notice']) assert.equal(at(part).hidden, true, part);
    assert.deepEqual([textOf('head-total'), textOf('head-order')], ['', '']);
    assert.equal(textOf('stale'), 'You cannot see this order.');
    const asked = page.api.order.mock.callCount();
    page.view.render();
    page.view.showNotice({ id: 'sendable' });
    await page.pass(60000);
    assert.equal(at('notice').hidden, true);
    assert.equal(page.api.order.mock.callCount(), asked);
  });
});

it('a page says whether anybody sees it', async (t) => {
  const { api, follower } = open();
  await follower.now();
  t.mock.getter(document, 'hidden', () => true);
  await follower.now();
  assert.deepEqual(api.order.mock.calls.map((call) => /** @type {any[]} */ (call.arguments)[2]), [{ hidden: false }, { hidden: true }]);
});

import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { at, inputAt, NOW, openPage, press, settled, textOf } from '../page.js';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { aRequest, sentence } from '../factories.js';
import { failing, open } from '../page_harness.js';

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  openPage();
});

describe('a cancellation', () => {
  it('is asked back, and sent once however often it is confirmed', async () => {
    const { api } = open({ payment_requests: [aRequest()] });
    at('cancel').click();
    assert.equal(at('cancel-ask').hidden, false);
    assert.equal(api.cancel.mock.callCount(), 0);
    at('cancel-yes').click();
    at('cancel-yes').click();
    await settled();
    assert.equal(api.cancel.mock.callCount(), 1);
    assert.equal(textOf('notice'), 'Done.');
    assert.equal(at('cancel-ask').hidden, true);
  });
  it('that is thought better of sends nothing', async () => {
    const { api } = open({ payment_requests: [aRequest()] });
    at('cancel').click();
    press('cancel-ask', 'Escape');
    assert.equal(at('cancel-ask').hidden, true);
    assert.equal(api.cancel.mock.callCount(), 0);
  });
  it('without an answer says so', async () => {
    const { api, actions, catalogue } = open({ payment_requests: [aRequest()] });
    api.cancel.mock.mockImplementation(failing(new ApiError(0)));
    await actions.cancel();
    assert.equal(textOf('notice'), catalogue.text('action_no_answer'));
  });
});

describe('a replacement', () => {
  const undelivered = aRequest({ remedy: 'other_channel', states: { message: 'failed', link: 'sent', money: 'none' } });
  it('is one press and one confirmation, which says what the customer reads', async () => {
    const { api, catalogue, state } = open({ payment_requests: [undelivered] });
    assert.equal(textOf('replace'), 'Send by WhatsApp instead');
    at('replace').click();
    assert.match(textOf('cancel-question'), /115\.00 by WhatsApp to the number ending 0000/);
    assert.equal(textOf('cancel-told'), catalogue.text('replace_told_plain'), 'the message that failed told nobody of an old link');
    at('cancel-yes').click();
    at('cancel-yes').click();
    await settled();
    assert.deepEqual(api.replace.mock.calls.map((call) => call.arguments.slice(0, 2)), [
      ['c2p-1', JSON.stringify({ channel: 'whatsapp', expected_total: '115.00', expected_currency: 'ZAR' })],
    ]);
    assert.equal(api.cancel.mock.callCount(), 0);
    assert.deepEqual(state.order.payment_requests.map(({ reference }) => reference), ['c2p-2', 'c2p-1']);
    assert.equal(textOf('notice'), 'Done.');
  });
  it('at a core that does not know the earlier link says that the cancellation is read first', () => {
    const { catalogue } = open({ payment_requests: [undelivered], replaces_in_one_message: false });
    at('replace').click();
    assert.equal(textOf('cancel-told'), catalogue.text('replace_told_twice'));
  });
  it('asks for the customer’s word where the channel needs it', async () => {
    const { api } = open({ payment_requests: [undelivered], consents: { whatsapp: { state: 'ask', sentence: null, other_number: { state: 'ask', sentence: null } } } });
    at('replace').click();
    assert.match(textOf('cancel-question'), /only if the customer agreed/);
    at('cancel-yes').click();
    await settled();
    assert.equal(JSON.parse(/** @type {any} */ (api.replace.mock.calls[0]).arguments[1]).customer_agreed, true);
  });
  it('is repeated under its key while nobody knows what became of it', async () => {
    const { api, actions, catalogue, pass } = open({ payment_requests: [undelivered] });
    api.replace.mock.mockImplementation(failing(new ApiError(0)));
    const pressed = actions.replace();
    for (const wait of [1000, 3000]) await settled().then(() => pass(wait));
    await pressed;
    const keys = api.replace.mock.calls.map((call) => /** @type {any} */ (call).arguments[2]);
    assert.deepEqual([keys.length, new Set(keys).size], [3, 1]);
    assert.equal(textOf('notice'), catalogue.text('action_no_answer'));
  });
});

describe('a release', () => {
  const stuck = aRequest({ status: 'unknown', actions: ['release'] });
  it('is not offered while we are finding out', () => {
    const words = [{ ...sentence('unknown'), from: null }, { ...sentence('unknown_long'), from: new Date(NOW + 300000).toISOString() }];
    const { view, pass } = open({ payment_requests: [{ ...stuck, sentences: words }] });
    assert.equal(at('release').hidden, true);
    pass(300000);
    view.render();
    assert.equal(at('release').hidden, false);
  });
  it('needs a reason', async () => {
    const { api } = open({ payment_requests: [stuck] });
    at('release').click();
    inputAt('release-reason').value = '  ';
    at('release-yes').click();
    await settled();
    assert.equal(api.release.mock.callCount(), 0);
    assert.equal(at('release-error').hidden, false);
  });
  it('is sent once with its reason', async () => {
    const { api } = open({ payment_requests: [stuck] });
    at('release').click();
    inputAt('release-reason').value = ' The core lost it ';
    at('release-yes').click();
    press('release-ask', 'Enter');
    at('release-yes').click();
    await settled();
    assert.deepEqual(api.release.mock.calls.map((call) => call.arguments), [['c2p-1', 'The core lost it']]);
    assert.equal(inputAt('release-reason').value, '');
  });
  it('that was not answered leaves the reason in its field', async () => {
    const { api } = open({ payment_requests: [stuck] });
    api.release.mock.mockImplementation(failing(new ApiError(0)));
    at('release').click();
    inputAt('release-reason').value = 'The core lost it';
    at('release-yes').click();
    await settled();
    assert.equal(inputAt('release-reason').value, 'The core lost it');
  });
});

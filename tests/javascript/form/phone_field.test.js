import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { at, deferred, inputAt, openPage, settled, textOf, type } from '../page.js';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { anOrder, ORDER_PHONE, sentence } from '../factories.js';
import { begin, bodies, catalogue, onSend, OTHER, readPhone, readsAs, send, show } from './form_harness.js';

/** @import {PhoneRead} from '../../../connector/web/static/agent/server/api.js' */

beforeEach(begin);

describe('the number', () => {
  it('that is missing is asked for', async () => {
    show({ phone_reading: null });
    await send();
    assert.equal(textOf('phone-error'), catalogue.text('phone_missing'));
    assert.equal(onSend.mock.callCount(), 0);
  });
  it('of a card leaves the page and goes nowhere', async () => {
    show();
    type('phone', '4111 1111 1111 1111');
    await send();
    assert.equal(inputAt('phone').value, '');
    assert.equal(textOf('phone-error'), catalogue.text('card_number_refused'));
    mock.timers.tick(10000);
    await settled();
    assert.deepEqual(readPhone.mock.calls.filter((call) => /\d/.test(call.arguments[0])), []);
  });
  it('is read half a second after the last key', async () => {
    show();
    type('phone', '083 123 9');
    mock.timers.tick(499);
    type('phone', '083 123 9999');
    mock.timers.tick(499);
    assert.equal(readPhone.mock.callCount(), 0);
    mock.timers.tick(1);
    await settled();
    assert.deepEqual(readPhone.mock.calls.map((call) => call.arguments[0]), ['083 123 9999']);
    assert.equal(textOf('phone-country'), 'South Africa +27 83 123 9999');
  });
  it('that was read before the last key is not taken', async () => {
    /** @type {ReturnType<typeof deferred<PhoneRead>>} */
    const late = deferred();
    readPhone.mock.mockImplementation(() => late.promise);
    show();
    type('phone', '083 123 9999');
    mock.timers.tick(500);
    type('phone', '083 123 99');
    late.resolve({ outcome: 'read', readings: [OTHER], sentence: null });
    await settled();
    assert.equal(at('phone-country').hidden, true);
  });
  it('that is read late does not undo what was read since', async () => {
    /** @type {ReturnType<typeof deferred<PhoneRead>>} */
    const late = deferred();
    readPhone.mock.mockImplementationOnce(() => late.promise);
    show();
    type('phone', '083 123 99');
    mock.timers.tick(500);
    type('phone', '083 123 9999');
    mock.timers.tick(500);
    await settled();
    late.resolve({ outcome: 'refused', readings: [], sentence: sentence('phone_missing') });
    await settled();
    assert.equal(at('phone-country').hidden, false);
  });
  it('that is not the order’s is read back before anything is sent', async () => {
    show();
    type('phone', '083 123 9999');
    await send();
    assert.equal(at('phone-ask').hidden, false);
    assert.equal(at('send').hidden, true);
    await send();
    assert.equal(onSend.mock.callCount(), 0);
    at('phone-yes').click();
    await settled();
    assert.equal(bodies()[0].phone, '+27831239999');
    assert.equal('phone_confirmed' in bodies()[0], false);
  });
  it('that was read back and denied is not sent', async () => {
    show();
    type('phone', '083 123 9999');
    await send();
    at('phone-no').click();
    assert.equal(at('phone-ask').hidden, true);
    assert.equal(at('send').hidden, false);
    assert.equal(onSend.mock.callCount(), 0);
  });
  it('of an unknown range is sent with the agent’s word for it', async () => {
    readsAs({ outcome: 'unconfirmed', readings: [OTHER], sentence: null });
    show();
    type('phone', '083 123 9999');
    await send();
    assert.equal(at('phone-question').textContent?.includes('+27\u00a083\u00a0123\u00a09999'), true);
    at('phone-yes').click();
    await settled();
    assert.equal(bodies()[0].phone_confirmed, true);
  });
  it('that can be several is never guessed', async () => {
    readsAs({ outcome: 'ambiguous', readings: [OTHER, ORDER_PHONE], sentence: sentence('phone_ambiguous') });
    show();
    type('phone', '123 9999');
    await send();
    assert.equal(at('phone-choice').hidden, false);
    assert.equal(at('phone-choices').children.length, 2);
    assert.equal(onSend.mock.callCount(), 0);
    /** @type {HTMLElement} */ (at('phone-choices').children[1]).click();
    await send();
    assert.equal(bodies()[0].phone, '+27831230000');
  });
  it('that nobody could read is not sent', async () => {
    for (const [status, id] of /** @type {[number, string][]} */ ([[429, 'phone_too_often'], [0, 'phone_not_checked']])) {
      readPhone.mock.mockImplementation(async () => {
        throw new ApiError(status);
      });
      openPage();
      show();
      type('phone', '083 123 9999');
      await send();
      assert.equal(textOf('phone-error'), catalogue.text(id));
    }
    assert.equal(onSend.mock.callCount(), 0);
  });
  it('that an agent has typed stays when the order’s changes', () => {
    const view = show();
    type('phone', '083 123 9999');
    view.show({ order: anOrder({ phone_reading: { ...ORDER_PHONE, number: '+27831231111', shown: '+27 83 123 1111' } }), frozen: false });
    assert.equal(inputAt('phone').value, '083 123 9999');
  });
  it('of the order follows Salesforce', () => {
    const view = show();
    view.show({ order: anOrder({ phone_reading: OTHER }), frozen: false });
    assert.equal(inputAt('phone').value, '+27 83 123 9999');
  });
});

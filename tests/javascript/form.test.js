import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { at, CLOCK, deferred, inputAt, openPage, press, SENTENCES, settled, submit, textOf, type } from './page.js';
import { createCatalogue } from '../../connector/web/static/agent/catalogue.js';
import { createFormView, NotSent } from '../../connector/web/static/agent/form/form_view.js';
import { ApiError } from '../../connector/web/static/agent/server/api.js';
import { anOrder, ORDER_PHONE, sentence } from './factories.js';

/** @import {Order, PhoneRead} from '../../connector/web/static/agent/server/api.js' */

const catalogue = createCatalogue({ sentences: SENTENCES, locale: 'en', timeZone: 'UTC', clock: CLOCK });
const OTHER = { ...ORDER_PHONE, number: '+27831239999', shown: '+27 83 123 9999' };

/** @type {PhoneRead} */
let reading = { outcome: 'read', readings: [OTHER], sentence: null };
const onSend = mock.fn(async (/** @type {object} */ _details) => {});
const readPhone = mock.fn(async (/** @type {string} */ _text) => reading);
const bodies = () => onSend.mock.calls.map((call) => /** @type {Record<string, unknown>} */ (call.arguments[0]));

/** @param {Partial<Order>} [changes] */
function show(changes) {
  const view = createFormView({ catalogue, onSend, readPhone });
  view.show({ order: anOrder(changes), frozen: false });
  return view;
}

/** Press Send and wait for what comes of it. */
async function send() {
  submit();
  await settled();
}

/** @param {string} code @param {string} id */
const refusal = (code, id) => async () => {
  throw new NotSent({ code, fields: {}, sentence: sentence(id, { channel: 'sms' }) });
};

/** @param {'fine' | 'ask' | 'refused'} state */
const consent = (state) => {
  const told = { state, sentence: state === 'fine' ? null : sentence(`consent_${state}`) };
  return { ...told, other_number: told };
};

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  openPage();
  onSend.mock.resetCalls();
  onSend.mock.mockImplementation(async () => {});
  readPhone.mock.resetCalls();
  readPhone.mock.mockImplementation(async () => reading);
  reading = { outcome: 'read', readings: [OTHER], sentence: null };
});

describe('Send', () => {
  it('asks for the whole order, by the first channel, to the order’s number', async () => {
    show();
    assert.equal(textOf('send'), 'Send R115.00 by SMS');
    await send();
    assert.deepEqual(bodies(), [{
      order_id: '801xx0000000001AAA', channel: 'sms', phone: '+27831230000', purpose: 'full', expected_total: '115.00',
      expected_currency: 'ZAR',
    }]);
    assert.equal(readPhone.mock.callCount(), 0);
  });
  it('pressed twice sends once', async () => {
    /** @type {ReturnType<typeof deferred<void>>} */
    const first = deferred();
    onSend.mock.mockImplementation(() => first.promise);
    const view = show();
    await send();
    await send();
    assert.equal(view.isSending(), true);
    assert.equal(inputAt('phone').readOnly, true);
    assert.equal(onSend.mock.callCount(), 1);
    first.resolve(undefined);
    await settled();
    assert.equal(view.isSending(), false);
    assert.equal(inputAt('phone').readOnly, false);
  });
  it('pressed twice while a number is being read sends once', async () => {
    /** @type {ReturnType<typeof deferred<PhoneRead>>} */
    const read = deferred();
    readPhone.mock.mockImplementation(() => read.promise);
    show();
    type('phone', ORDER_PHONE.shown);
    submit();
    submit();
    read.resolve({ outcome: 'read', readings: [ORDER_PHONE], sentence: null });
    await settled();
    assert.equal(onSend.mock.callCount(), 1);
  });
  it('is off where nothing may be sent, and says why', async () => {
    show({ can_send: false, send_off: sentence('rights_unread') });
    assert.equal(at('send').getAttribute('aria-disabled'), 'true');
    assert.equal(at('problems').hidden, false);
    await send();
    assert.equal(onSend.mock.callCount(), 0);
  });
  it('shows why nothing was sent, and can be pressed again', async () => {
    onSend.mock.mockImplementation(refusal('limit_reached', 'send_off'));
    show();
    await send();
    assert.equal(textOf('form-error'), catalogue.text('send_off'));
    await send();
    assert.equal(onSend.mock.callCount(), 2);
  });
  it('shows a field’s error at the field', async () => {
    onSend.mock.mockImplementation(async () => {
      throw new NotSent({ code: 'invalid', fields: { phone: ['Not a number.'], channel: 'Not this one.' }, sentence: null });
    });
    show();
    await send();
    assert.equal(textOf('phone-error'), 'Not a number.');
    assert.equal(textOf('channel-error'), 'Not this one.');
    assert.equal(inputAt('phone').getAttribute('aria-invalid'), 'true');
  });
});

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
    late.resolve(reading);
    await settled();
    assert.equal(at('phone-country').hidden, true);
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
    press('phone-ask', 'Escape');
    assert.equal(at('phone-ask').hidden, true);
    assert.equal(at('send').hidden, false);
    assert.equal(onSend.mock.callCount(), 0);
  });
  it('of an unknown range is sent with the agent’s word for it', async () => {
    reading = { outcome: 'unconfirmed', readings: [OTHER], sentence: null };
    show();
    type('phone', '083 123 9999');
    await send();
    assert.equal(at('phone-question').textContent?.includes('+27\u00a083\u00a0123\u00a09999'), true);
    at('phone-yes').click();
    await settled();
    assert.equal(bodies()[0].phone_confirmed, true);
  });
  it('that can be several is never guessed', async () => {
    reading = { outcome: 'ambiguous', readings: [OTHER, ORDER_PHONE], sentence: sentence('phone_ambiguous') };
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

describe('consent', () => {
  it('that is needed is asked for, and sent with the request', async () => {
    show({ consents: { sms: consent('ask') } });
    assert.equal(at('consent').hidden, false);
    await send();
    assert.equal(onSend.mock.callCount(), 0);
    assert.equal(textOf('customer-agreed-error'), catalogue.text('customer_agreed_missing'));
    inputAt('customer-agreed').checked = true;
    await send();
    assert.equal(bodies()[0].customer_agreed, true);
    assert.equal(inputAt('customer-agreed').checked, false);
  });
  it('that was given for one number does not count for another', () => {
    show({ consents: { sms: consent('ask') } });
    inputAt('customer-agreed').checked = true;
    type('phone', '083 123 9999');
    assert.equal(inputAt('customer-agreed').checked, false);
  });
  it('that was given for one channel does not count for the other', () => {
    const view = show({ consents: { sms: consent('ask'), whatsapp: consent('ask') } });
    inputAt('customer-agreed').checked = true;
    view.choose('whatsapp');
    assert.equal(inputAt('customer-agreed').checked, false);
  });
  it('that is refused closes the channel', () => {
    show({ consents: { sms: consent('refused') } });
    assert.equal(inputAt('channel-sms').disabled, true);
    assert.equal(inputAt('channel-whatsapp').checked, true);
    assert.equal(textOf('send'), 'Send R115.00 by WhatsApp');
  });
  it('that is refused on every channel leaves nothing to press', async () => {
    show({ consents: { sms: consent('refused'), whatsapp: consent('refused') } });
    await send();
    assert.equal(onSend.mock.callCount(), 0);
    assert.equal(textOf('send'), catalogue.text('button_send_off'));
  });
  it('that the server misses is asked for from then on', async () => {
    onSend.mock.mockImplementation(refusal('consent_needed', 'consent_ask'));
    show();
    await send();
    assert.equal(at('consent').hidden, false);
    assert.equal(document.activeElement?.id, 'customer-agreed');
  });
  it('that the server has as refused closes the channel, and says that nothing was sent', async () => {
    onSend.mock.mockImplementation(refusal('channel_refused', 'consent_refused'));
    show();
    await send();
    assert.equal(inputAt('channel-sms').disabled, true);
    assert.equal(at('form-error').hidden, false);
    assert.equal(textOf('form-error'), catalogue.text('nothing_sent_by', { closed: 'SMS', channel: 'whatsapp' }));
  });
});

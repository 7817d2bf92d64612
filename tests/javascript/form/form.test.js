import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { at, deferred, inputAt, settled, submit, textOf, type } from '../page.js';
import { NotSent } from '../../../connector/web/static/agent/form/form_view.js';
import { anOrder, ORDER_PHONE, sentence } from '../factories.js';
import { begin, bodies, catalogue, onSend, readPhone, refusal, send, show } from './form_harness.js';

/** @import {PhoneRead} from '../../../connector/web/static/agent/server/api.js' */

/** @param {'fine' | 'ask' | 'refused'} state */
const consent = (state) => {
  const told = { state, sentence: state === 'fine' ? null : sentence(`consent_${state}`) };
  return { ...told, other_number: told };
};

beforeEach(begin);

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
  it('is not told that the link which it sends stands in its way; that a colleague\u2019s does', async () => {
    onSend.mock.mockImplementation(() => new Promise(() => {}));
    const view = show();
    await send();
    view.show({ order: anOrder({ can_send: false, send_off: sentence('live_link') }), frozen: false });
    assert.deepEqual([at('problems').hidden, textOf('send')], [true, 'Sending…']);
    view.show({ order: anOrder({ can_send: false, send_off: sentence('colleague_link', { agent: 'Sipho', at: null, until: null }) }), frozen: false });
    assert.match(textOf('problems'), /^Sipho sent a link/);
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
  it('sends nothing where the launch ends while a number is being read', async () => {
    /** @type {ReturnType<typeof deferred<PhoneRead>>} */
    const read = deferred();
    readPhone.mock.mockImplementation(() => read.promise);
    const view = show();
    type('phone', ORDER_PHONE.shown);
    submit();
    view.show({ order: anOrder({ can_send: false, send_off: sentence('rights_unread') }), frozen: true });
    read.resolve({ outcome: 'read', readings: [ORDER_PHONE], sentence: null });
    await settled();
    assert.equal(onSend.mock.callCount(), 0);
  });
  it('confirmed twice sends once', async () => {
    show();
    type('phone', '083 123 9999');
    await send();
    at('phone-yes').click();
    at('phone-yes').click();
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
  it('that the server has since is newer than what it answered to a send', async () => {
    onSend.mock.mockImplementation(refusal('channel_refused', 'consent_refused'));
    const view = show();
    await send();
    assert.equal(inputAt('channel-sms').disabled, true);
    view.show({ order: anOrder({ consents: { sms: consent('fine') } }), frozen: false });
    assert.equal(inputAt('channel-sms').disabled, false);
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

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { at, inputAt, settled, textOf, type } from '../page.js';
import { anOrder, ORDER_PHONE } from '../factories.js';
import { begin, bodies, OTHER, readPhone, send, show } from './form_harness.js';

const LAST = { reading: OTHER, by: 'Ben', at: '2026-11-28T09:39:00Z' };

beforeEach(begin);

describe('the number that was last used for the order', () => {
  it('is offered first, with who changed it and when, and is read back before it is sent', async () => {
    show({ last_number: LAST });
    assert.equal(inputAt('phone').value, OTHER.shown);
    assert.match(textOf('phone-hint'), /Last used for this order: Ben changed it .*9:39/);
    await send();
    assert.deepEqual([bodies().length, readPhone.mock.callCount()], [0, 0]);
    assert.match(textOf('phone-question'), /^Last used for this order, .*ends in 9999\. Read it back/);
    at('phone-yes').click();
    await settled();
    assert.deepEqual([bodies()[0].phone, bodies()[0].phone_confirmed], [OTHER.number, true]);
  });
  it('leaves Salesforce’s own one press away', async () => {
    show({ last_number: LAST });
    const own = at('phone-notes').querySelector('button');
    readPhone.mock.mockImplementation(async () => ({ outcome: 'read', readings: [ORDER_PHONE], sentence: null }));
    own?.click();
    await settled();
    await send();
    assert.deepEqual([inputAt('phone').value, bodies()[0].phone, bodies()[0].phone_confirmed], [ORDER_PHONE.shown, ORDER_PHONE.number, undefined]);
  });
  it('gives way to a later change in Salesforce, but never to what is typed', () => {
    const view = show({ last_number: LAST });
    view.show({ order: anOrder({ last_number: null }), frozen: false });
    assert.equal(inputAt('phone').value, ORDER_PHONE.shown);
    type('phone', '083 000');
    view.show({ order: anOrder({ last_number: LAST }), frozen: false });
    assert.equal(inputAt('phone').value, '083 000');
  });
  it('is offered where Salesforce has none, too', () => {
    show({ last_number: LAST, phone: null, phone_reading: null });
    assert.deepEqual([inputAt('phone').value, at('phone-notes').hidden], [OTHER.shown, true]);
  });
});

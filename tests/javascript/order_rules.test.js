import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  amountChanged, countdownOf, featuredRequest, hasOldProof, isTotalKnown, isUndelivered, isUnderWay, mayOfferAgain, otherChannel, unopenedForLong,
  warningsOf,
} from '../../connector/web/static/agent/order_rules.js';
import { anOrder, aRequest, sentence } from './factories.js';

const PAID = aRequest({ reference: 'paid', status: 'paid', live: false });
const EXPIRED = aRequest({ reference: 'expired', status: 'expired', live: false });
const LIVE = aRequest({ reference: 'live' });

describe('the request that is shown', () => {
  it('is the live one, before all others', () => {
    const order = anOrder({ payment_state: 'paid', payment_requests: [EXPIRED, PAID, LIVE] });
    assert.equal(featuredRequest(order)?.reference, 'live');
  });
  it('is the one with the order’s money, before a newer one', () => {
    assert.equal(featuredRequest(anOrder({ payment_state: 'paid', payment_requests: [EXPIRED, PAID] }))?.reference, 'paid');
  });
  it('is the newest where the order has no money', () => {
    assert.equal(featuredRequest(anOrder({ payment_state: 'reversed', payment_requests: [EXPIRED, PAID] }))?.reference, 'expired');
  });
  it('is the one with money in another currency', () => {
    const other = [{ currency: 'USD', amount_paid: '5.00', amount_authorized: '0.00', amount_reversed: '0.00' }];
    assert.equal(featuredRequest(anOrder({ other_currencies: other, payment_requests: [EXPIRED, PAID] }))?.reference, 'paid');
  });
  it('is none where nothing was ever asked for', () => assert.equal(featuredRequest(anOrder()), null));
});

describe('another request', () => {
  it('is offered where the server takes one and no link is live', () => {
    assert.equal(mayOfferAgain(anOrder({ payment_requests: [EXPIRED] })), true);
    assert.equal(mayOfferAgain(anOrder({ payment_requests: [LIVE] })), false);
    assert.equal(mayOfferAgain(anOrder({ can_send: false })), false);
  });
  it('has the other channel, unless the customer refuses it', () => {
    assert.equal(otherChannel(anOrder(), LIVE), 'whatsapp');
    const refused = { state: /** @type {const} */ ('refused'), sentence: null };
    assert.equal(otherChannel(anOrder({ consents: { whatsapp: { ...refused, other_number: refused } } }), LIVE), null);
    assert.equal(otherChannel(anOrder({ channels: ['sms'] }), LIVE), null);
  });
});

describe('news is expected soon', () => {
  /** @type {[string, Parameters<typeof aRequest>[0], boolean][]} */
  const cases = [
    ['of a live link', {}, true],
    ['of a review whose link is closed', { live: false, status: 'in_review' }, true],
    ['where the core has still to confirm', { live: false, status: 'paid', awaiting_confirmation: true }, true],
    ['where Salesforce has still to be told', { live: false, status: 'paid', salesforce: { state: 'waiting', written_at: null, reason: null, reason_word: null } }, true],
    ['of nothing that is over', { live: false, status: 'paid' }, false],
  ];
  for (const [name, changes, expected] of cases) {
    it(name, () => assert.equal(isUnderWay(anOrder({ payment_requests: [aRequest(changes)] })), expected));
  }
});

describe('a countdown', () => {
  it('runs to the link’s end until it is opened', () => {
    assert.deepEqual(countdownOf(LIVE), { from: LIVE.sent_at, until: LIVE.open_by, label: 'count_to_open' });
  });
  it('begins with the request where the time of sending is unknown', () => {
    assert.equal(countdownOf(aRequest({ sent_at: null }))?.from, LIVE.created_at);
    assert.equal(countdownOf(aRequest({ being_charged: true })), null);
  });
  for (const status of /** @type {const} */ (['opened', 'declined'])) {
    it(`runs to the end of paying once the link is ${status}`, () => {
      const request = aRequest({ status, opened_at: '2026-11-28T10:00:00Z', pay_by: '2026-11-28T10:10:00Z' });
      assert.deepEqual(countdownOf(request), { from: request.opened_at, until: request.pay_by, label: 'count_to_pay' });
    });
  }
  it('of a link that was only previewed still waits for the customer, until the core ends it', () => {
    const previewed = { status: /** @type {const} */ ('opened'), probable_preview: true, opened_at: '2026-11-28T09:59:32Z', pay_by: '2026-11-28T10:14:32Z' };
    assert.deepEqual(countdownOf(aRequest(previewed)), { from: LIVE.sent_at, until: previewed.pay_by, label: 'count_to_open' });
    assert.equal(unopenedForLong(aRequest(previewed), Date.parse('2026-11-28T10:10:00Z')), true);
  });
  it('is none on a link that is over, or without an end', () => {
    assert.equal(countdownOf(EXPIRED), null);
    assert.equal(countdownOf(aRequest({ open_by: null })), null);
    assert.equal(countdownOf(aRequest({ status: 'in_review', pay_by: '2026-11-28T10:10:00Z' })), null);
  });
});

describe('a proof is old', () => {
  const at = Date.parse('2026-11-28T09:59:55Z');
  it('a minute later, on a live link or while money is in review', () => {
    assert.equal(hasOldProof(LIVE, at + 60000), false);
    assert.equal(hasOldProof(LIVE, at + 60001), true);
    assert.equal(hasOldProof(aRequest({ live: false, status: 'in_review' }), at + 60001), true);
    assert.equal(hasOldProof(PAID, at + 60001), false);
    assert.equal(hasOldProof(null, at), false);
  });
  it('where there was none', () => assert.equal(hasOldProof(aRequest({ proven_at: null }), at), true));
});

it('a link is unopened for long a minute after it was sent, until its end', () => {
  const sentAt = Date.parse('2026-11-28T09:59:31Z');
  assert.equal(unopenedForLong(LIVE, sentAt + 59999), false);
  assert.equal(unopenedForLong(LIVE, sentAt + 60000), true);
  assert.equal(unopenedForLong(LIVE, Date.parse('2026-11-28T10:02:05Z')), false);
  assert.equal(unopenedForLong(aRequest({ status: 'opened' }), sentAt + 60000), false);
});

describe('the amount of a live link has changed', () => {
  /** @type {[string, Parameters<typeof anOrder>[0], Parameters<typeof aRequest>[0], boolean][]} */
  const cases = [
    ['not where only zeros differ', { total: '115' }, {}, false],
    ['not where it asks for what is due', { total: '200.00', amount_due: '115.0' }, {}, false],
    ['where the total is another', { total: '120.00', amount_due: '120.00', limits: { parts: false, minimum: null, step: null, maximum: '120.00' } }, {}, true],
    ['where 100 became 10', { total: '10', amount_due: '10', limits: { parts: false, minimum: null, step: null, maximum: '10' } }, { amount: '100' }, true],
    ['where the currency is another', { currency: 'USD' }, {}, true],
    ['not for a part of it', { total: '120.00', amount_due: '120.00', limits: { parts: true, minimum: null, step: null, maximum: '120.00' } }, { purpose: 'part' }, false],
    ['not once it is over', { currency: 'USD' }, { live: false, status: 'expired' }, false],
  ];
  for (const [name, order, request, expected] of cases) {
    it(name, () => assert.equal(amountChanged(anOrder(order), aRequest(request)), expected));
  }
});

it('a message that failed is undelivered until the link is opened all the same', () => {
  const states = /** @type {const} */ ({ message: 'failed', link: 'sent', money: 'none' });
  assert.equal(isUndelivered(aRequest({ states })), true);
  assert.equal(isUndelivered(aRequest({ states, status: 'opened' })), false);
  assert.equal(isUndelivered(aRequest({ states, status: 'opened', probable_preview: true })), true);
});

describe('warnings', () => {
  /** @param {Parameters<typeof anOrder>[0]} order @param {Parameters<typeof aRequest>[0]} request */
  const ids = (order, request) => warningsOf(anOrder(order), aRequest(request), 'main').map(({ id }) => id);
  it('begin with the order’s own, without the main sentence', () => {
    const sentences = [sentence('overpaid'), sentence('main')];
    assert.deepEqual(ids({ sentences, currency: 'USD' }, {}), ['overpaid', 'amount_changed']);
  });
  it('say that the customer stopped messages, of the order’s own number and while the link is live', () => {
    const consents = /** @type {any} */ ({ sms: { state: 'refused', sentence: sentence('channel_stopped') } });
    assert.deepEqual(ids({ consents }, {}), ['stopped_while_live']);
    for (const request of [{ live: false }, { phone_ending: '9999' }, { channel: /** @type {const} */ ('whatsapp') }]) {
      assert.deepEqual(ids({ consents }, request), []);
    }
  });
  it('say that a preview opened the link', () => {
    assert.deepEqual(ids({}, { probable_preview: true }), ['probable_preview']);
    assert.deepEqual(ids({}, { probable_preview: true, live: false }), []);
    assert.deepEqual(ids({}, { probable_preview: true, status: 'opened' }), ['probable_preview', 'preview_counts']);
  });
});

it('a total that Salesforce does not hold is not known', () => {
  assert.equal(isTotalKnown(anOrder()), true);
  for (const id of ['amount_missing', 'amount_unreadable']) {
    assert.equal(isTotalKnown(anOrder({ problems: [{ field: 'Grand_Total__c', sentence: sentence(id) }] })), false);
  }
});

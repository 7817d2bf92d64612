import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFormats, endOf, left } from '../../connector/web/static/agent/format.js';

const { money, time, clock, moment } = createFormats({ locale: 'en', timeZone: 'Africa/Johannesburg' });

describe('an amount', () => {
  for (const [amount, currency, shown] of [
    ['115.00', 'ZAR', 'R115.00'],
    ['999999999999999.99', 'ZAR', 'R999,999,999,999,999.99'],
    ['1234.56', 'HUF', 'Ft1,234.56'],
    ['115', 'JPY', '¥115'],
    ['10.555', 'IQD', 'IQD\u00a010.555'],
    ['-1.00', 'ZAR', '\u2212R1.00'],
    ['0.00', 'ZAR', 'R0.00'],
  ]) {
    it(`of ${amount} ${currency} is ${shown}`, () => assert.equal(money({ amount, currency }), shown));
  }
  it('without a currency is its digits', () => assert.equal(money({ amount: '7.10', currency: null }), '7.10'));
  it('that is missing is nothing', () => assert.equal(money({ amount: null, currency: 'ZAR' }), ''));
});

describe('a time', () => {
  it('is of the org, with 24 hours', () => {
    assert.equal(time('2026-11-28T21:04:05Z'), '23:04:05');
    assert.equal(clock('2026-11-28T22:30:00Z'), '00:30');
  });
  it('of today is a time of day, an older one has its date', () => {
    const now = Date.parse('2026-11-28T21:59:59Z');
    assert.equal(moment('2026-11-28T08:00:00Z', now), '10:00:00');
    // In Johannesburg this is yesterday, in UTC it is not.
    assert.match(moment('2026-11-27T21:59:00Z', now), /27/);
  });
  it('of another year has its year, too', () => {
    const newYear = Date.parse('2026-12-31T22:00:30Z');
    assert.equal(moment('2026-12-31T22:00:00Z', newYear), '00:00:00');
    assert.equal(moment('2026-12-31T21:59:00Z', newYear), 'Dec 31, 2026, 23:59');
    assert.equal(moment('2027-01-02T22:00:00Z', newYear), 'Jan 3, 00:00');
    assert.equal(moment('2025-06-01T10:00:00Z', newYear), 'Jun 1, 2025, 12:00');
    for (const language of ['en', 'ar', 'de', 'af']) {
      assert.match(createFormats({ locale: language, timeZone: 'Africa/Johannesburg' }).moment('2026-12-31T21:59:00Z', newYear), /2026/);
    }
  });
});

describe('a time left', () => {
  for (const [milliseconds, shown] of /** @type {[number, string][]} */ ([
    [125000, '2:05'], [124001, '2:05'], [60000, '1:00'], [59000, '0:59'], [1, '0:01'], [0, '0:00'], [-5000, '0:00'],
  ])) {
    it(`of ${milliseconds} ms is ${shown}`, () => assert.equal(left(milliseconds), shown));
  }
});

it('the end of a number is its last four digits, in whatever script', () => {
  assert.equal(endOf('+27 83 123 4567'), '4567');
  assert.equal(endOf('\u0660\u0668\u0663 \u0661\u0662\u0663 \u0664\u0665\u0666\u0667'), '4567');
  assert.equal(endOf('\uFF10\uFF18\uFF13 \u{1D7CF}\u{1D7D0}\u{1D7D1}\u{1D7F6}'), '1230');
});

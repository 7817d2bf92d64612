/* Amounts as people type them: one reading, or a sentence that says what would be right; sums without floats. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { compareAmounts, lesserAmount, readAmount, readPart, subtractAmounts } from '../../connector/web/static/agent/amounts.js';
import { partHint } from '../../connector/web/static/agent/form/parts.js';
import { anOrder } from './factories.js';
import { SENTENCES } from './page.js';

/** @param {string} typed @param {{locale?: string, maximum?: string, currency?: string, read?: typeof readAmount}} [frame] */
function reading(typed, { locale = 'en-ZA', maximum = '99999.00', currency = 'ZAR', read = readAmount } = {}) {
  const found = read(typed, { locale, maximum, currency });
  return 'amount' in found ? found.amount : found.refused.id;
}

/** @type {{read: [string, string, string, string, string][], refused_by_api: string[]}} */
const SHARED = JSON.parse(readFileSync(new URL('../shared/amounts.json', import.meta.url), 'utf8'));

const READ = [
  ['40', '40.00'], ['40.5', '40.50'], ['40,5', '40.50'], [' 40.50 ', '40.50'], ['0.01', '0.01'], ['0,01', '0.01'], ['007', '7.00'],
  ['1.234,50', '1234.50'], ['1,234.50', '1234.50'], ['1 234,50', '1234.50'], ['1\u00A0234.50', '1234.50'], ["1'234.50", '1234.50'],
  ['12,345.6', '12345.60'], ['12.345,6', '12345.60'], ['1.234.5', 'amount_not_read'], ['1,2,3', 'amount_not_read'],
  ['\u0661\u0662\u066B\u0665', '12.50'], ['\u06F1\u06F2', '12.00'], ['40.500', 'amount_not_read'], ['40.5000', '40.50'],
  ['40.505', 'amount_not_read'], ['40.5055', 'amount_too_many_decimals'], ['40.001', 'amount_not_read'], ['0.001', 'amount_too_many_decimals'],
  ['', 'amount_not_read'], ['forty', 'amount_not_read'], ['40 rand', 'amount_not_read'], ['R40', 'amount_not_read'], ['-40', 'amount_not_read'],
  ['+40', 'amount_not_read'], ['1e3', 'amount_not_read'], ['.5', 'amount_not_read'], ['40.', 'amount_not_read'], ['4..5', 'amount_not_read'],
  ['12,34.5', 'amount_not_read'], ['1.234,567.8', 'amount_not_read'], ['0', 'amount_not_above_zero'], ['0,00', 'amount_not_above_zero'],
  ['99999.01', 'amount_above_maximum'], ['99999', '99999.00'], ['9'.repeat(60), 'amount_above_maximum'],
];

describe('an amount', () => {
  for (const [typed, expected] of READ) {
    it(`typed as ${JSON.stringify(typed.slice(0, 20))} is ${expected}`, () => assert.equal(reading(typed), expected));
  }
  for (const [typed, locale, currency, maximum, expected] of SHARED.read) {
    it(`typed in ${locale} as ${JSON.stringify(typed)} is ${expected} ${currency}`, () => assert.equal(reading(typed, { locale, currency, maximum }), expected));
  }
  it('with three digits behind its only mark is what the locale has the mark for, or is asked again', () => {
    assert.equal(reading('1,234', { locale: 'en-US' }), '1234.00');
    assert.equal(reading('1.234', { locale: 'en-US' }), 'amount_not_read');
    assert.equal(reading('1.234', { locale: 'de-DE' }), '1234.00');
    assert.equal(reading('1,234', { locale: 'de-DE' }), 'amount_not_read');
    assert.equal(reading('1.234.567', { locale: 'de-DE', maximum: '9999999.00' }), '1234567.00');
  });
  it('of a currency with three decimals can have three', () => {
    const dinars = { maximum: '5000.000', currency: 'KWD' };
    assert.equal(reading('1.234', { ...dinars, locale: 'en-US' }), '1.234');
    assert.equal(reading('1,234', { ...dinars, locale: 'en-US' }), '1234.000');
    assert.equal(reading('1,234', { ...dinars, locale: 'de-DE' }), '1.234');
    assert.equal(reading('1.2345', { ...dinars, locale: 'en-US' }), 'amount_too_many_decimals');
  });
  it('of a currency without decimals has none', () => {
    const yen = { maximum: '5000', currency: 'JPY', locale: 'en-US' };
    assert.equal(reading('1,234', yen), '1234');
    assert.equal(reading('12.5', yen), 'amount_no_decimals');
    assert.equal(reading('12.0', yen), '12');
  });
  it('below what the core takes is refused, at it is taken', () => {
    const frame = { locale: 'en-ZA', maximum: '115.00', minimum: '2.00', currency: 'ZAR' };
    for (const [typed, expected] of [['1.99', 'amount_below_minimum'], ['2', '2.00'], ['1 %', 'amount_below_minimum'], ['0', 'amount_not_above_zero']]) {
      const found = readPart(typed, frame);
      assert.equal('amount' in found ? found.amount : found.refused.id, expected);
    }
  });
  it('whose last digit the gateway cannot charge is refused with the nearest one that it can', () => {
    const frame = { locale: 'en-GB', maximum: '12.345', step: '0.010', currency: 'KWD' };
    for (const [typed, nearest] of [['1.005', '1.000'], ['0.004', '0.010'], ['12.345', '12.340']]) {
      const found = readPart(typed, frame);
      assert.ok('refused' in found);
      assert.equal(found.refused.id, 'amount_not_in_steps');
      assert.deepEqual(found.refused.values, { step: { amount: '0.010', currency: 'KWD' }, nearest: { amount: nearest, currency: 'KWD' } });
    }
    const rest = readPart('0.004', { ...frame, maximum: '0.005' });
    assert.ok('refused' in rest && rest.refused.id === 'due_not_in_steps', 'nothing that is due can be charged');
    assert.deepEqual(rest.refused.values.due, { amount: '0.005', currency: 'KWD' });
    assert.deepEqual(readPart('1.01', frame), { amount: '1.010' });
    assert.deepEqual(readPart('1.005', { ...frame, step: null }), { amount: '1.005' });
  });
  it('that is refused has a sentence with all it needs', () => {
    for (const typed of ['x', '0', '0.5', '100000', '1.2345', '101 %']) {
      const found = readPart(typed, { locale: 'en-US', maximum: '99999.00', minimum: '1.00', currency: 'ZAR' });
      assert.ok('refused' in found);
      const { id, values } = found.refused;
      for (const [, name] of (SENTENCES[id] ?? '{missing}').matchAll(/\{(\w+)/g)) assert.ok(name in values, `${id}: ${name}`);
    }
  });
});

describe('a part', () => {
  /** @param {string} typed @param {string} maximum */
  const part = (typed, maximum) => reading(typed, { maximum, read: readPart });
  it('in per cent is rounded to the currency’s digits, a half up', () => {
    assert.equal(part('50%', '115.00'), '57.50');
    assert.equal(part('50 %', '0.01'), '0.01');
    assert.equal(part('33.3333 %', '100.00'), '33.33');
    assert.equal(part('12,5 %', '100.00'), '12.50');
    assert.equal(part('0.5 %', '99.00'), '0.50');
    assert.equal(part('30\u066A', '115.00'), '34.50');
    assert.equal(part('50%', '115'), '58');
    assert.equal(part('100%', '90071992547409931.37'), '90071992547409931.37');
  });
  it('of nothing, or of more than all, is refused', () => {
    assert.equal(part('0%', '115.00'), 'amount_not_above_zero');
    assert.equal(part('0.001%', '1.00'), 'amount_not_above_zero');
    assert.equal(part('100.01%', '115.00'), 'percent_above_hundred');
    assert.equal(part('%', '115.00'), 'amount_not_read');
    assert.equal(part('-5%', '115.00'), 'amount_not_read');
  });
  it('that leaves less than a link can ask for says so; nothing left is no rest', () => {
    const order = anOrder({ currency: 'ZAR', limits: { parts: true, maximum: '115.00', minimum: '10.00', step: null } });
    const hint = (/** @type {string} */ amount) => partHint(order, { amount });
    assert.deepEqual(['105.00', '105.01', '115.00'].map((amount) => hint(amount).id), ['part_leaves', 'part_leaves_too_little', 'part_leaves']);
    assert.deepEqual(hint('105.01').values?.minimum, { amount: '10.00', currency: 'ZAR' });
    const unlimited = anOrder({ currency: 'ZAR', limits: { parts: true, maximum: '115.00', minimum: null, step: null } });
    assert.equal(partHint(unlimited, { amount: '114.99' }).id, 'part_leaves');
  });
});

describe('sums', () => {
  it('are exact where floats are not', () => {
    assert.equal(subtractAmounts('0.30', '0.10'), '0.20');
    assert.equal(subtractAmounts('90071992547409931.37', '0.01'), '90071992547409931.36');
    assert.equal(subtractAmounts('5', '0.125'), '4.875');
    assert.equal(subtractAmounts('1.00', '2.50'), '-1.50');
    assert.equal(compareAmounts('1.1', '1.10'), 0);
    assert.equal(compareAmounts('9.00', '10.00'), -1);
    assert.equal(lesserAmount('115.00', '40.00'), '40.00');
  });
});

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { at, openPage } from './page.js';
import { asSentence, createCatalogue, dueSentence } from '../../connector/web/static/agent/catalogue.js';

const SENTENCES = {
  sent: 'Sent to {name} by {channel}, {amount:money} at {at:time}.',
  channel_sms: 'SMS',
  counting: 'Still {until:left} to pay.',
};
let now = Date.parse('2026-11-28T10:00:00Z');
const clock = { now: () => now };
const catalogue = createCatalogue({ sentences: SENTENCES, locale: 'en', timeZone: 'UTC', clock });

beforeEach(() => {
  openPage();
  now = Date.parse('2026-11-28T10:00:00Z');
});

describe('a sentence', () => {
  it('is filled in, with the catalogue’s words', () => {
    const values = { name: '<b>Zanele</b>', channel: 'sms', amount: { amount: '5.00', currency: 'ZAR' }, at: '2026-11-28T09:00:00Z' };
    assert.equal(catalogue.text('sent', values), 'Sent to <b>Zanele</b> by SMS, R5.00 at 09:00:00.');
  });
  it('shows a gap for a value that is missing', () => assert.equal(catalogue.text('counting', {}), 'Still … to pay.'));
  it('without an entry shows its id', () => assert.equal(catalogue.text('unheard_of'), 'unheard_of'));
  it('never becomes markup', () => {
    catalogue.write(at('notice'), 'sent', { name: '<b>x</b>' });
    assert.equal(at('notice').querySelector('b'), null);
  });
  it('of a built-in name is no entry', () => assert.equal(catalogue.text('constructor'), 'constructor'));
});

describe('write', () => {
  it('leaves an element alone that shows the sentence already', () => {
    catalogue.write(at('notice'), 'counting', { until: '2026-11-28T10:02:00Z' });
    const before = at('notice').firstChild;
    catalogue.write(at('notice'), 'counting', { until: '2026-11-28T10:02:00Z' });
    assert.equal(at('notice').firstChild, before);
    catalogue.write(at('notice'), 'counting', { until: '2026-11-28T10:03:00Z' });
    assert.equal(at('notice').textContent, 'Still 3:00 to pay.');
  });
  it('makes a time left that goes on counting', () => {
    catalogue.write(at('notice'), 'counting', { until: '2026-11-28T10:02:00Z' });
    now += 61000;
    catalogue.tick();
    assert.equal(at('notice').textContent, 'Still 0:59 to pay.');
  });
});

it('the sentence that is due is the last one whose time has come', () => {
  const sentences = [
    { id: 'first', values: {} },
    { id: 'second', values: {}, from: '2026-11-28T09:59:00Z' },
    { id: 'later', values: {}, from: '2026-11-28T10:00:01Z' },
  ];
  assert.equal(dueSentence(sentences, now)?.id, 'second');
  assert.equal(dueSentence(sentences, now + 1000)?.id, 'later');
  assert.equal(dueSentence([], now), null);
});

it('an answer names its sentence by id, by text, or as a whole', () => {
  assert.deepEqual(asSentence('Cancelled.'), { id: 'Cancelled.', values: {} });
  assert.deepEqual(asSentence({ id: 'x' }), { id: 'x', values: {} });
  assert.deepEqual(asSentence(null), { id: '', values: {} });
});

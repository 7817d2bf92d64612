import assert from 'node:assert/strict';
import { beforeEach, it, mock } from 'node:test';
import { createClock } from '../../../connector/web/static/agent/server/clock.js';

const SERVED = '2026-11-28T10:00:00.400Z';
let monotonic = 0;
mock.method(performance, 'now', () => monotonic);

beforeEach(() => {
  monotonic = 5000;
});

it('goes on from the server’s time by the monotonic timer', () => {
  const clock = createClock(SERVED);
  monotonic += 1500;
  assert.equal(clock.now(), Date.parse(SERVED) + 1500);
});

it('stays where a Date header, cut to its second, agrees with it', () => {
  const clock = createClock(SERVED);
  const askedAt = clock.monotonic();
  monotonic += 200;
  clock.correct('Sat, 28 Nov 2026 10:00:00 GMT', askedAt);
  assert.equal(clock.now(), Date.parse(SERVED) + 200);
});

it('moves up to a header that is ahead of it', () => {
  const clock = createClock(SERVED);
  const askedAt = clock.monotonic();
  monotonic += 100;
  clock.correct('Sat, 28 Nov 2026 10:00:05 GMT', askedAt);
  assert.equal(clock.now(), Date.parse('2026-11-28T10:00:05Z'));
});

it('moves back to the latest moment that a header allows', () => {
  const clock = createClock(SERVED);
  const askedAt = clock.monotonic();
  monotonic += 100;
  clock.correct('Sat, 28 Nov 2026 09:59:50 GMT', askedAt);
  // Within that second, and as late as the whole way there and back.
  assert.equal(clock.now(), Date.parse('2026-11-28T09:59:51Z') + 100);
});

it('is not moved by a header that is missing or unreadable', () => {
  const clock = createClock(SERVED);
  clock.correct(null, clock.monotonic());
  clock.correct('soon', clock.monotonic());
  assert.equal(clock.now(), Date.parse(SERVED));
});

it('is ahead of the server by what the server measured of the core, and corrected beneath it', () => {
  const clock = createClock(SERVED);
  clock.setAhead(-90000);
  assert.equal(clock.now(), Date.parse(SERVED) - 90000);
  const askedAt = clock.monotonic();
  monotonic += 100;
  clock.correct('Sat, 28 Nov 2026 10:00:05 GMT', askedAt);
  assert.equal(clock.now(), Date.parse('2026-11-28T10:00:05Z') - 90000);
});

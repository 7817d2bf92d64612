import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { deferred, openPage, settled } from '../page.js';
import { createPoller } from '../../../connector/web/static/agent/following/poller.js';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';

/** @import {Pace} from '../../../connector/web/static/agent/following/pace.js' */

mock.timers.enable({ apis: ['setTimeout'] });

/** @type {Pace} */
let pace = 'idle';
let passed = 0;
let chance = 0.5;
/** @type {() => Promise<void>} */
let behave = async () => {};
const ask = mock.fn(() => behave());
const onFailure = mock.fn();
const open = () =>
  createPoller({ ask, paceOf: () => pace, onFailure, clock: { monotonic: () => passed }, random: () => chance });

/** Let time pass, then what it brought. @param {number} milliseconds */
async function pass(milliseconds) {
  passed += milliseconds;
  mock.timers.tick(milliseconds);
  await settled();
}

/* Require that the next question comes after so many milliseconds and not before. */
/** @param {number} milliseconds */
async function comesAfter(milliseconds) {
  const before = ask.mock.callCount();
  await pass(milliseconds - 1);
  assert.equal(ask.mock.callCount(), before);
  await pass(1);
  assert.equal(ask.mock.callCount(), before + 1);
}

/** @param {number} milliseconds */
const answeringAfter = (milliseconds) => async () => {
  passed += milliseconds;
};

/** @param {Error} error */
const failing = (error) => async () => {
  throw error;
};

beforeEach(() => {
  openPage();
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  ask.mock.resetCalls();
  onFailure.mock.resetCalls();
  pace = 'idle';
  passed = 0;
  chance = 0.5;
  behave = async () => {};
});

describe('the poller', () => {
  it('asks at the pace of what is awaited', async () => {
    const poller = open();
    await poller.now();
    await comesAfter(3000);
    pace = 'paying';
    poller.plan();
    await comesAfter(800);
    pace = 'under_way';
    poller.plan();
    await comesAfter(1500);
    poller.stop();
  });
  it('shows news of a customer who pays within a second, also where each answer takes a quarter of one', async () => {
    pace = 'paying';
    behave = answeringAfter(250);
    chance = 0.999;
    const poller = open();
    await poller.now();
    await pass(825);
    assert.equal(ask.mock.callCount(), 2);
    poller.stop();
  });
  it('leaves a slow server three times as long as its answer took', async () => {
    pace = 'paying';
    behave = answeringAfter(2000);
    const poller = open();
    await poller.now();
    await comesAfter(6000);
    poller.stop();
  });
  it('keeps pages apart that opened together', async () => {
    const poller = open();
    chance = 0;
    await poller.now();
    await comesAfter(2700);
    chance = 0.999;
    poller.plan();
    await comesAfter(3300);
    poller.stop();
  });
  it('waits longer after each failure, 10 s at most, and says how many there were', async () => {
    behave = failing(new Error('no answer'));
    chance = 0;
    const poller = open();
    await poller.now();
    for (const wait of [1500, 3000, 6000, 10000, 10000]) await comesAfter(wait);
    assert.deepEqual(onFailure.mock.calls.map((call) => call.arguments[1]), [1, 2, 3, 4, 5, 6]);
    behave = async () => {};
    chance = 0.5;
    await pass(10000);
    await comesAfter(3000);
    poller.stop();
  });
  it('returns to a server that was lost at a moment of its own', async () => {
    behave = failing(new ApiError(0));
    chance = 0.999;
    const poller = open();
    await poller.now();
    await comesAfter(751);
    poller.stop();
  });
  it('leaves a server alone for as long as it asks, whatever else happens', async () => {
    behave = failing(new ApiError(503, {}, 20000));
    const poller = open();
    await poller.now();
    await pass(15000);
    await poller.now();
    assert.equal(ask.mock.callCount(), 1);
    await comesAfter(5250);
    poller.stop();
  });
  it('never asks two questions at once, and asks again after the first', async () => {
    /** @type {ReturnType<typeof deferred<void>>} */
    const first = deferred();
    behave = () => first.promise;
    const poller = open();
    poller.now();
    poller.now();
    poller.now();
    assert.equal(ask.mock.callCount(), 1);
    behave = async () => {};
    first.resolve(undefined);
    await settled();
    assert.equal(ask.mock.callCount(), 2);
    poller.stop();
  });
  it('asks slowly in a hidden tab, and not at all where nothing is awaited', async (t) => {
    t.mock.getter(document, 'hidden', () => true);
    const poller = open();
    await poller.now();
    await pass(60000);
    assert.equal(ask.mock.callCount(), 1);
    pace = 'paying';
    poller.plan();
    await comesAfter(10000);
    poller.stop();
  });
  it('asks nothing once it is stopped', async () => {
    const poller = open();
    await poller.now();
    poller.stop();
    await pass(60000);
    await poller.now();
    assert.equal(ask.mock.callCount(), 1);
  });
  it('that is stopped while it asks plans nothing more', async () => {
    /** @type {ReturnType<typeof deferred<void>>} */
    const first = deferred();
    behave = () => first.promise;
    const poller = open();
    poller.now();
    poller.stop();
    first.resolve(undefined);
    await settled();
    await pass(60000);
    assert.equal(ask.mock.callCount(), 1);
  });
});

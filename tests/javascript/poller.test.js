import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { deferred, openPage, settled } from './page.js';
import { createPoller } from '../../connector/web/static/agent/server/poller.js';

mock.timers.enable({ apis: ['setTimeout'] });

let fast = false;
/** @type {() => Promise<void>} */
let behave = async () => {};
const ask = mock.fn(() => behave());
const onFailure = mock.fn();
const open = () => createPoller({ ask, isFast: () => fast, onFailure });

/** Let time pass, then what it brought. @param {number} milliseconds */
async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await settled();
}

beforeEach(() => {
  openPage();
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  ask.mock.resetCalls();
  onFailure.mock.resetCalls();
  fast = false;
  behave = async () => {};
});

describe('the poller', () => {
  it('asks every 5 s, and every 1.5 s while something is under way', async () => {
    const poller = open();
    await poller.now();
    await pass(4999);
    assert.equal(ask.mock.callCount(), 1);
    fast = true;
    await pass(1);
    assert.equal(ask.mock.callCount(), 2);
    await pass(1500);
    assert.equal(ask.mock.callCount(), 3);
    poller.stop();
  });
  it('waits longer after each failure, 10 s at most, and says how many there were', async () => {
    behave = async () => {
      throw new Error('no answer');
    };
    const poller = open();
    await poller.now();
    for (const [index, wait] of [1500, 3000, 6000, 10000, 10000].entries()) {
      await pass(wait - 1);
      assert.equal(ask.mock.callCount(), index + 1);
      await pass(1);
      assert.equal(ask.mock.callCount(), index + 2);
    }
    assert.deepEqual(onFailure.mock.calls.map((call) => call.arguments[1]), [1, 2, 3, 4, 5, 6]);
    behave = async () => {};
    await pass(10000);
    await pass(5000);
    assert.equal(ask.mock.callCount(), 8);
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
  it('plans nothing while the tab is hidden', async (t) => {
    t.mock.getter(document, 'hidden', () => true);
    await open().now();
    await pass(60000);
    assert.equal(ask.mock.callCount(), 1);
  });
  it('asks nothing once it is stopped, nor while it is paused', async () => {
    const poller = open();
    await poller.now();
    poller.pause();
    await pass(60000);
    assert.equal(ask.mock.callCount(), 1);
    poller.stop();
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

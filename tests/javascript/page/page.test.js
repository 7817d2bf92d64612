import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { at, openPage, settled, submit, textOf } from '../page.js';
import { ApiError, LaunchOver } from '../../../connector/web/static/agent/server/api.js';
import { anOrder, aRequest, sentence } from '../factories.js';
import { answer, done, failing, open, RENEW_AFTER_MS } from '../page_harness.js';

/** @import {Order} from '../../../connector/web/static/agent/server/api.js' */

const OVER = new LaunchOver(new ApiError(401, { code: 'unauthenticated' }));

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  openPage();
});

describe('what the server says', () => {
  it('of one request stands in place of what it said before', () => {
    const { state } = open({ payment_requests: [aRequest(), aRequest({ reference: 'older' })] });
    state.takeRequest(aRequest({ status: 'opened' }));
    assert.deepEqual(state.order.payment_requests.map(({ reference, status }) => [reference, status]), [['c2p-1', 'opened'], ['older', 'sent']]);
  });
  it('of a new request comes first', () => {
    const { state } = open({ payment_requests: [aRequest({ reference: 'older', live: false })] });
    state.takeRequest(aRequest());
    assert.deepEqual(state.order.payment_requests.map(({ reference }) => reference), ['c2p-1', 'older']);
  });
  it('to a poll that was asked before an action is dropped: it is older', async () => {
    const { api, follower, state } = open({ payment_requests: [aRequest()] });
    state.etag = '"1"';
    api.order.mock.mockImplementation(async () => {
      state.takeRequest(aRequest({ status: 'cancelled', live: false }));
      return answer(anOrder({ payment_requests: [aRequest()] }));
    });
    await follower.now();
    assert.equal(state.order.payment_requests[0].status, 'cancelled');
    assert.equal(state.etag, null);
  });
});

describe('silence', () => {
  it('is told after two failures, with the time of the last answer, and ends with the next one', async () => {
    const { api, follower } = open();
    api.order.mock.mockImplementation(failing(new ApiError(0)));
    await follower.now();
    assert.equal(at('stale').hidden, true);
    await follower.now();
    assert.match(textOf('stale'), /10:00:00/);
    api.order.mock.mockImplementation(async () => answer(null));
    await follower.now();
    assert.equal(at('stale').hidden, true);
  });
  it('is not what an order is that this agent may not see', async () => {
    const { api, follower } = open();
    api.order.mock.mockImplementation(failing(new ApiError(404, { code: 'not_found', message: 'Gone.', sentence: sentence('no_access') })));
    await follower.now();
    assert.equal(at('stale').hidden, false);
  });
});

describe('the end of the launch', () => {
  for (const [name, act] of /** @type {[string, (page: ReturnType<typeof open>) => Promise<unknown>][]} */ ([
    ['a poll', ({ follower }) => follower.now()],
    ['a send', ({ actions }) => actions.send({})],
    ['a cancellation', ({ actions }) => actions.cancel()],
    ['a replacement', ({ actions }) => actions.replace()],
    ['a release', ({ actions }) => actions.release('No answer for a day')],
    ['the reading of a number', ({ actions }) => actions.readPhone('083').catch(() => null)],
    ['a refresh', ({ actions }) => actions.refresh(aRequest())],
  ])) {
    it(`is told where ${name} notices it, and nothing is asked any more`, async () => {
      const page = open({ payment_requests: [aRequest({ remedy: 'other_channel' })] });
      for (const call of Object.values(page.api)) call.mock.mockImplementation(failing(OVER));
      await act(page);
      assert.equal(page.state.over, true);
      assert.equal(textOf('stale'), page.catalogue.text('reload_tab'));
      const asked = page.api.order.mock.callCount();
      await page.pass(60000);
      assert.equal(page.api.order.mock.callCount(), asked);
    });
  }
});

describe('a send', () => {
  it('by the form shows the new link', async () => {
    const { api, pass } = open();
    submit();
    await settled();
    await pass(1);
    assert.equal(api.send.mock.callCount(), 1);
    assert.equal(at('status').hidden, false);
    assert.equal(at('new-request').hidden, true);
  });
  it('that may have gone out is never called unsent', async () => {
    const { api, catalogue } = open();
    api.send.mock.mockImplementation(failing(new ApiError(500, { code: 'internal' })));
    submit();
    await settled();
    assert.equal(textOf('form-error'), catalogue.text('send_no_answer'));
  });
  it('that the payment core did not take says why, also once the request has taken the place of the form', async () => {
    const { api, catalogue, follower } = open();
    api.send.mock.mockImplementation(failing(new ApiError(503, { code: 'core_unavailable', sentence: sentence('core_unavailable') })));
    const unsent = aRequest({ status: 'created', live: false, actions: [] });
    api.order.mock.mockImplementation(async () => answer(anOrder({ payment_requests: [unsent] })));
    submit();
    await settled();
    await follower.now();
    await settled();
    assert.equal(at('new-request').hidden, true);
    assert.equal(at('notice').hidden, false);
    assert.equal(textOf('notice'), catalogue.text('core_unavailable'));
  });
  it('beside another live link shows that one', async () => {
    const { api, state } = open();
    state.reopened = 'c2p-1';
    api.send.mock.mockImplementation(failing(new ApiError(409, { code: 'another_live', sentence: sentence('live_link') })));
    submit();
    await settled();
    assert.equal(state.reopened, null);
    assert.equal(at('notice').hidden, false);
  });
});

describe('time', () => {
  it('at zero has the core asked once, and ends nothing by itself', async () => {
    const { api, timekeeper, pass } = open({ payment_requests: [aRequest({ open_by: '2026-11-28T10:00:02Z' })] });
    const deadline = aRequest({ open_by: '2026-11-28T10:00:02Z', proven_at: '2026-11-28T10:00:02Z' });
    api.refresh.mock.mockImplementation(async () => done(deadline, 'fresh'));
    timekeeper.start();
    await pass(1500);
    assert.equal(api.refresh.mock.callCount(), 0);
    await pass(500);
    await pass(500);
    await pass(500);
    assert.equal(api.refresh.mock.callCount(), 1);
    assert.equal(textOf('status-pill'), 'Sent');
  });
  it('has the core asked at once where the last proof is old', () => {
    const { api, timekeeper } = open({ payment_requests: [aRequest({ proven_at: null })] });
    timekeeper.start();
    assert.equal(api.refresh.mock.callCount(), 1);
  });
  it('has the core asked about a review whose link is closed', () => {
    const inReview = aRequest({ live: false, status: 'in_review', proven_at: null });
    const { api, timekeeper } = open({ payment_state: 'in_review', can_send: false, payment_requests: [inReview] });
    timekeeper.start();
    assert.equal(api.refresh.mock.callCount(), 1);
  });
  it('renews the token when it falls due, sooner where the rights could not be read', async () => {
    for (const [changes, after] of /** @type {[Partial<Order>, number][]} */ ([
      [{}, RENEW_AFTER_MS], [{ can_send: false, send_off: sentence('rights_unread') }, 60000],
    ])) {
      mock.timers.reset();
      mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
      openPage();
      const { api, timekeeper, pass } = open(changes);
      timekeeper.start();
      await pass(after - 500);
      assert.equal(api.renew.mock.callCount(), 0);
      await pass(500);
      assert.equal(api.renew.mock.callCount(), 1);
    }
  });
  it('tries a renewal again that was not answered', async () => {
    const { api, timekeeper, pass } = open();
    api.renew.mock.mockImplementation(failing(new ApiError(0)));
    timekeeper.start();
    await pass(RENEW_AFTER_MS);
    assert.equal(api.renew.mock.callCount(), 1);
    await pass(10000);
    assert.equal(api.renew.mock.callCount(), 2);
  });
});

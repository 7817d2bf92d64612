import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { ApiError, createApi, LaunchOver } from '../../../connector/web/static/agent/server/api.js';
import { anOrder } from '../factories.js';

/** @typedef {{path: string, method: string, headers: Record<string, string>, body?: string}} Call */
/** @typedef {{status: number, body?: unknown, headers?: Record<string, string>} | Error} Reply */

const RENEWED = { status: 200, body: { launch_token: 'second', expires_at: '2026-11-28T10:15:00Z' } };
const UNAUTHENTICATED = { status: 401, body: { error: { code: 'unauthenticated', message: 'No.' } } };

/** @type {Call[]} */
let calls = [];
/** @type {(call: Call) => Reply} */
let answer = () => ({ status: 200, body: {} });

mock.method(globalThis, 'fetch', async (/** @type {string} */ path, /** @type {Call} */ options) => {
  calls.push({ ...options, path });
  const reply = answer(calls[calls.length - 1]);
  if (reply instanceof Error) throw reply;
  const { status, body, headers } = reply;
  return new Response(status === 304 ? null : JSON.stringify(body), { status, headers });
});

const corrected = mock.fn();
const NOW = Date.parse('2026-11-28T10:00:00Z');
const open = () => createApi({ token: 'first', clock: { monotonic: () => 7, correct: corrected, now: () => NOW } });

beforeEach(() => {
  calls = [];
  corrected.mock.resetCalls();
});

/** @param {number} status @param {string | null} code */
const isError = (status, code) => (/** @type {unknown} */ error) =>
  error instanceof ApiError && error.status === status && error.code === code;

describe('a call', () => {
  it('bears the token and tells the clock the server’s time', async () => {
    answer = () => ({ status: 200, body: anOrder(), headers: { ETag: '"1"', Date: 'Sat, 28 Nov 2026 10:00:00 GMT' } });
    const { data, etag } = await open().order('801/x', null);
    assert.equal(data?.order_number, '00000100');
    assert.equal(etag, '"1"');
    assert.equal(calls[0].path, '/api/orders/801%2Fx');
    assert.equal(calls[0].headers.Authorization, 'Bearer first');
    assert.equal('If-None-Match' in calls[0].headers, false);
    assert.deepEqual(corrected.mock.calls[0].arguments, ['Sat, 28 Nov 2026 10:00:00 GMT', 7]);
  });
  it('asks only for what is new', async () => {
    answer = () => ({ status: 304, headers: { ETag: '"1"' } });
    assert.deepEqual(await open().order('801', '"1"'), { status: 304, etag: '"1"', data: null });
    assert.equal(calls[0].headers['If-None-Match'], '"1"');
  });
  it('without an answer is an error of status 0', async () => {
    answer = () => new TypeError('Failed to fetch');
    await assert.rejects(open().cancel('c2p-1'), isError(0, null));
  });
  for (const [retryAfter, milliseconds] of /** @type {[string, number][]} */ ([
    ['7', 7000],
    ['Sat, 28 Nov 2026 10:00:30 GMT', 30000],
    ['Sat, 28 Nov 2026 09:59:30 GMT', 0],
    ['86400', 300000],
    ['soon', 0],
  ])) {
    it(`that is asked to come again after “${retryAfter}” says so`, async () => {
      answer = () => ({ status: 503, body: {}, headers: { 'Retry-After': retryAfter } });
      await assert.rejects(open().cancel('c2p-1'), (error) => error instanceof ApiError && error.retryAfterMs === milliseconds);
    });
  }
  it('with an unreadable answer is one, too', async () => {
    answer = () => ({ status: 200, body: null });
    await assert.rejects(open().cancel('c2p-1'), isError(0, null));
  });
  it('that is refused says why, and which fields', async () => {
    answer = () => ({ status: 422, body: { error: { code: 'invalid', message: 'No.', fields: { phone: ['Not a number.'] } } } });
    await assert.rejects(open().send('{}', 'key'), (error) => isError(422, 'invalid')(error) && 'phone' in /** @type {ApiError} */ (error).fields);
  });
  it('that is refused by a page of somebody else’s is still an error', async () => {
    answer = () => ({ status: 502, body: 'Bad gateway' });
    await assert.rejects(open().cancel('c2p-1'), isError(502, null));
  });
});

describe('an ended token', () => {
  it('is renewed once for all who ask, and each asks again', async () => {
    answer = (call) => {
      if (call.path === '/api/launches/renew') return RENEWED;
      return call.headers.Authorization === 'Bearer second' ? { status: 200, body: anOrder() } : UNAUTHENTICATED;
    };
    const api = open();
    await Promise.all([api.order('801', null), api.cancel('c2p-1'), api.refresh('c2p-1')]);
    assert.equal(calls.filter(({ path }) => path === '/api/launches/renew').length, 1);
    assert.equal(calls.filter(({ headers }) => headers.Authorization === 'Bearer second').length, 3);
  });
  it('sends a payment request again under the same key', async () => {
    answer = (call) => {
      if (call.path === '/api/launches/renew') return RENEWED;
      return call.headers.Authorization === 'Bearer second' ? { status: 201, body: {} } : UNAUTHENTICATED;
    };
    await open().send('{"a":1}', 'one-key');
    const sent = calls.filter(({ path }) => path === '/api/payment-requests');
    assert.deepEqual(sent.map(({ headers, body }) => [headers['Idempotency-Key'], body]), [['one-key', '{"a":1}'], ['one-key', '{"a":1}']]);
  });
  it('that cannot be renewed ends the launch, in the server’s words', async () => {
    answer = (call) =>
      call.path === '/api/launches/renew'
        ? { status: 401, body: { error: { code: 'launch_expired', message: 'Over.', sentence: { id: 'reload_tab', values: {} } } } }
        : UNAUTHENTICATED;
    await assert.rejects(open().order('801', null), (error) => error instanceof LaunchOver && error.sentence?.id === 'reload_tab');
  });
  it('whose renewal is not answered ends nothing', async () => {
    answer = (call) => (call.path === '/api/launches/renew' ? new TypeError('offline') : UNAUTHENTICATED);
    const api = open();
    await assert.rejects(api.order('801', null), isError(0, null));
    answer = (call) => (call.path === '/api/launches/renew' ? RENEWED : { status: 200, body: {} });
    await api.renew();
    assert.equal(calls.filter(({ path }) => path === '/api/launches/renew').length, 2);
  });
});

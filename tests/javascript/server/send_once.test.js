import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { settled } from '../page.js';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { createSendOnce } from '../../../connector/web/static/agent/server/send_once.js';
import { aRequest } from '../factories.js';

const SENT = { status: 201, etag: null, data: aRequest() };
const DETAILS = { order_id: '801', channel: 'sms', phone: '+27831230000' };

/** @type {(Error | typeof SENT)[]} */
let replies = [];
const send = mock.fn(async (/** @type {string} */ _body, /** @type {string} */ _key) => {
  const reply = replies.shift() ?? SENT;
  if (reply instanceof Error) throw reply;
  return reply;
});
const keys = () => send.mock.calls.map((call) => call.arguments[1]);

/** Let the waits of a press pass, however many there are. */
async function waitOut() {
  for (let round = 0; round < 4; round += 1) {
    await settled();
    mock.timers.tick(3000);
  }
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  send.mock.resetCalls();
  replies = [];
});

describe('one press', () => {
  it('sends one body under one key', async () => {
    assert.equal(await createSendOnce(send)(DETAILS), SENT);
    assert.deepEqual(send.mock.calls.map((call) => JSON.parse(call.arguments[0])), [DETAILS]);
    assert.match(keys()[0], /^[0-9a-f-]{36}$/);
  });
  it('repeats under the same key while nothing answers: after 1 s, then after 3 s', async () => {
    replies = [new ApiError(0), new ApiError(0)];
    const sent = createSendOnce(send)(DETAILS);
    await settled();
    mock.timers.tick(999);
    await settled();
    assert.equal(send.mock.callCount(), 1);
    mock.timers.tick(1);
    await settled();
    assert.equal(send.mock.callCount(), 2);
    mock.timers.tick(3000);
    assert.equal(await sent, SENT);
    assert.equal(new Set(keys()).size, 1);
  });
  it('gives up after three tries', async () => {
    replies = [new ApiError(0), new ApiError(0), new ApiError(0), new ApiError(0)];
    const failed = assert.rejects(createSendOnce(send)(DETAILS), ApiError);
    await waitOut();
    await failed;
    assert.equal(send.mock.callCount(), 3);
  });
  it('is not repeated by itself once the server has answered with an error', async () => {
    replies = [new ApiError(503, { code: 'try_later' })];
    await assert.rejects(createSendOnce(send)(DETAILS), ApiError);
    assert.equal(send.mock.callCount(), 1);
  });
});

describe('the next press', () => {
  for (const status of [0, 500, 503]) {
    it(`has the same key after ${status}: it may have gone out`, async () => {
      const press = createSendOnce(send);
      replies = [new ApiError(status), ...(status === 0 ? [new ApiError(0), new ApiError(0)] : [])];
      const failed = assert.rejects(press(DETAILS), ApiError);
      await waitOut();
      await failed;
      await press({ ...DETAILS });
      assert.equal(new Set(keys()).size, 1);
    });
  }
  for (const status of [409, 422]) {
    it(`has a new key after ${status}: nothing went out`, async () => {
      const press = createSendOnce(send);
      replies = [new ApiError(status)];
      await assert.rejects(press(DETAILS), ApiError);
      await press(DETAILS);
      assert.equal(new Set(keys()).size, 2);
    });
  }
  for (const status of [409, 422, 429]) {
    it(`has the same key after ${status} to a repetition: what had no answer before may have gone out`, async () => {
      const press = createSendOnce(send);
      replies = [new ApiError(0), new ApiError(status)];
      const failed = assert.rejects(press(DETAILS), ApiError);
      await waitOut();
      await failed;
      await press(DETAILS);
      assert.equal(send.mock.callCount(), 3);
      assert.equal(new Set(keys()).size, 1);
      await press(DETAILS);
      assert.equal(new Set(keys()).size, 2);
    });
  }
  it('has a new key once the page knows what became of the first', async () => {
    const press = createSendOnce(send);
    replies = [new ApiError(500)];
    await assert.rejects(press(DETAILS, 'c2p_1'), ApiError);
    await press(DETAILS, 'c2p_2');
    assert.equal(new Set(keys()).size, 2);
  });
  it('has a new key after a success', async () => {
    const press = createSendOnce(send);
    await press(DETAILS);
    await press(DETAILS);
    assert.equal(new Set(keys()).size, 2);
  });
  it('with another body has a new key, whatever became of the first', async () => {
    const press = createSendOnce(send);
    replies = [new ApiError(500)];
    await assert.rejects(press(DETAILS), ApiError);
    await press({ ...DETAILS, channel: 'whatsapp' });
    assert.equal(new Set(keys()).size, 2);
  });
});

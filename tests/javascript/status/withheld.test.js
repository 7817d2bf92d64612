import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { at, openPage, settled, textOf } from '../page.js';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { withheldOf } from '../../../connector/web/static/agent/status/withheld.js';
import { anOrder, aRequest, sentence } from '../factories.js';
import { answer, done, failing, open, RENEW_AFTER_MS } from '../page_harness.js';

const notYours = { ...sentence('no_edit', { agent: 'Thandi', admin: 'Naledi' }) };
/** @param {'cancel' | 'replace' | 'capture' | 'reverse' | 'release'} action @param {typeof notYours} [why] */
const withheld = (action, why = notYours) => ({ action, sentence: why });

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  openPage();
});

describe('what an agent may not do', () => {
  it('has no button, and one sentence that says why and who can change it', () => {
    const { catalogue } = open({ payment_requests: [aRequest({ actions: ['refresh'], withheld: [withheld('cancel'), withheld('replace')] })] });
    assert.deepEqual(['cancel', 'replace', 'renumber', 'release'].map((id) => at(id).hidden), [true, true, true, true]);
    assert.equal(at('withheld').children.length, 1);
    assert.equal(textOf('withheld'), catalogue.text('no_edit', notYours.values));
  });
  it('is hidden while the customer is paying by a reply, and back where that took nothing', async () => {
    const page = open({ payment_requests: [aRequest()] });
    assert.equal(at('cancel').hidden, false);
    const charged = aRequest({ actions: ['refresh'], sentences: [{ ...sentence('being_charged'), from: null }] });
    const answers = [anOrder({ payment_requests: [charged] }), anOrder({ payment_requests: [aRequest()] })];
    page.api.order.mock.mockImplementation(async () => answer(answers.shift() ?? null));
    page.follower.now();
    await settled();
    assert.deepEqual([at('cancel').hidden, at('replace').hidden], [true, true]);
    assert.equal(textOf('status-sentence'), page.catalogue.text('being_charged', {}));
    page.follower.now();
    await settled();
    assert.equal(at('cancel').hidden, false);
  });
  it('is not said twice: of money it is said beside the money', () => {
    const lost = sentence('no_right', { admin: 'Naledi', permission: 'Send' });
    assert.deepEqual(withheldOf(aRequest({ withheld: [withheld('cancel', lost)] }), 'no_right'), []);
    assert.deepEqual(withheldOf(aRequest({ withheld: [withheld('capture'), withheld('reverse')], amount_authorized: '115.00' }), null), []);
  });
  it('is no word of a supervisor before the request sends to one', () => {
    assert.deepEqual(withheldOf(aRequest({ status: 'unknown', withheld: [withheld('release')] }), null), []);
  });
  it('is offered no more once the server has refused it, until the rights are read again', async () => {
    const page = open({ payment_requests: [aRequest()] });
    const refusal = new ApiError(403, { code: 'forbidden', message: 'No.', sentence: { ...notYours, from: null } });
    page.api.cancel.mock.mockImplementation(failing(refusal));
    await page.actions.cancel();
    assert.deepEqual([at('cancel').hidden, at('replace').hidden], [true, true]);
    assert.match(textOf('withheld'), /Thandi/);
    page.api.order.mock.mockImplementation(async () => answer(anOrder({ payment_requests: [aRequest()] })));
    page.follower.now();
    await settled();
    assert.equal(at('cancel').hidden, true);
    page.timekeeper.start();
    await page.pass(RENEW_AFTER_MS);
    page.follower.now();
    await settled();
    assert.equal(at('cancel').hidden, false);
  });
  it('is to close a link that the core has just refused to close, until it moves on or a while has passed', async () => {
    const page = open({ payment_requests: [aRequest()] });
    const order = () => anOrder({ payment_requests: [aRequest()] });
    page.api.order.mock.mockImplementation(async () => answer(order()));
    const offered = () => ['cancel', 'replace'].map((action) => page.state.order.payment_requests[0].actions.includes(/** @type {any} */ (action)));
    for (const act of /** @type {const} */ ([
      () => (page.api.cancel.mock.mockImplementation(async () => done(aRequest(), 'already_clicked')), page.actions.cancel()),
      () => (page.api.replace.mock.mockImplementation(async () => done(aRequest(), 'not_dead')), page.actions.replace()),
    ])) {
      page.state.offers = { cancel: true, release: false, replace: { id: 'button_send_again', values: {}, channel: 'sms' }, renumber: null, again: null };
      await act();
      await settled();
      assert.deepEqual(offered(), [false, false], 'neither after the answer nor after the poll that follows it');
      assert.deepEqual([at('cancel').hidden, textOf('withheld')], [true, page.catalogue.text('link_in_use')]);
      await page.pass(60000);
      assert.deepEqual(offered(), [true, true]);
    }
    await page.actions.cancel();
    for (const [money, may] of /** @type {const} */ ([['none', false], ['declined', true]])) {
      const states = /** @type {const} */ ({ message: 'delivered', link: 'sent', money });
      page.api.order.mock.mockImplementation(async () => answer(anOrder({ payment_requests: [aRequest({ states })] })));
      page.follower.now();
      await settled();
      assert.deepEqual(offered(), [may, may]);
    }
  });
  it('is everything while the server shows the order no longer', async () => {
    const page = open({ payment_requests: [aRequest()] });
    page.api.order.mock.mockImplementation(failing(new ApiError(403, { code: 'forbidden', message: 'No.' })));
    page.follower.now();
    await settled();
    assert.equal(at('cancel').getAttribute('aria-disabled'), 'true');
    page.api.order.mock.mockImplementation(async () => answer(null));
    page.follower.now();
    await settled();
    assert.equal(at('cancel').hasAttribute('aria-disabled'), false);
  });
});

import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { at, openPage, submit, settled, textOf } from '../page.js';
import { Notice } from '../../../connector/web/static/agent/status/notice.js';
import { ApiError, LaunchOver } from '../../../connector/web/static/agent/server/api.js';
import { anOrder, aRequest, sentence } from '../factories.js';
import { answer, failing, open } from '../page_harness.js';

/** @import {PaymentRequest} from '../../../connector/web/static/agent/server/api.js' */

const SUBJECTS = /** @type {const} */ (['request', 'sending']);
const OVER = { live: false, actions: /** @type {PaymentRequest['actions']} */ (['refresh']) };
/** @param {PaymentRequest['status']} status @param {Partial<PaymentRequest>} [changes] */
const one = (status, changes) => anOrder({ payment_requests: [aRequest({ status, ...changes })] });
/** @param {PaymentRequest['states']['link']} link @param {PaymentRequest['states']['money']} money */
const states = (link, money) => ({ message: /** @type {const} */ ('sent'), link, money });
// An order in each state that an action's answer may speak of.
const STATES = {
  none: anOrder(),
  sent: one('sent'),
  unknown: one('unknown', { states: states('unknown', 'none') }),
  opened: one('opened', { states: states('opened', 'none') }),
  declined: one('declined', { states: states('opened', 'declined') }),
  reported: one('opened', { states: states('opened', 'none'), awaiting_confirmation: true }),
  in_review: one('in_review', { ...OVER, states: states('opened', 'in_review') }),
  authorized: one('authorized', { ...OVER, states: states('opened', 'authorized'), amount_authorized: '115.00', actions: ['capture', 'reverse'] }),
  capturing: one('authorized', { ...OVER, states: states('opened', 'authorized'), amount_authorized: '115.00' }),
  paid: one('paid', { ...OVER, states: states('opened', 'paid'), amount_paid: '115.00' }),
  part_paid: one('part_paid', { ...OVER, states: states('opened', 'paid'), amount_paid: '40.00' }),
  reversed: one('reversed', { ...OVER, states: states('opened', 'reversed'), amount_reversed: '115.00' }),
  attention: one('paid', { ...OVER, states: states('opened', 'paid'), amount_paid: '115.00', attention: 'disputed' }),
  do_not_ship: one('paid', { ...OVER, states: states('opened', 'paid'), amount_paid: '115.00', do_not_ship: true }),
  expired: one('expired', { ...OVER, states: states('expired', 'none') }),
  cancelled: one('cancelled', { ...OVER, states: states('cancelled', 'none'), sentences: [{ ...sentence('cancelled_told'), from: null }] }),
  cancelled_untold: one('cancelled', { ...OVER, states: states('cancelled', 'none'), sentences: [{ ...sentence('cancelled_not_told'), from: null }] }),
  rejected: one('rejected', { ...OVER, states: states('sending', 'none') }),
  another: anOrder({ payment_requests: [aRequest({ reference: 'c2p-2' }), aRequest(OVER)] }),
  rights_lost: one('sent', { actions: ['refresh'] }),
};
// What a refused send may speak of.
const FORMS = {
  none: anOrder(),
  amount: anOrder({ total: '120.00', amount_due: '120.00', limits: { parts: false, minimum: null, step: null, maximum: '120.00' } }),
  currency: anOrder({ currency: 'EUR' }),
  part_paid: anOrder({ amount_due: '75.00', amount_paid: '40.00', limits: { parts: false, minimum: null, step: null, maximum: '75.00' } }),
  phone: anOrder({ phone_reading: null }),
  channels: anOrder({ channels: ['sms'] }),
  no_right: anOrder({ can_send: false, send_off: sentence('no_right') }),
  org_disabled: anOrder({ can_send: false, send_off: sentence('org_disabled') }),
  problem: anOrder({ problems: [{ field: 'total', sentence: sentence('amount_missing') }] }),
  live: one('sent'),
  ended: one('expired', OVER),
};

describe('a notice', () => {
  for (const [subject, orders] of /** @type {const} */ ([['request', STATES], ['sending', FORMS]])) {
    for (const [before, order] of Object.entries(orders)) {
      for (const [after, later] of Object.entries(orders)) {
        it(`of ${subject} ${before} ${before === after ? 'holds while that lasts' : `is over in ${after}`}`, () => {
          const notice = new Notice(sentence('done'), { subject, order });
          assert.equal(notice.isOver(structuredClone(later), 1), before !== after);
        });
      }
    }
  }
  it('of a link holds whatever becomes of its message, its proof and what Salesforce has', () => {
    const notice = new Notice(sentence('done'), { subject: 'request', order: one('sent') });
    const later = one('sent', { states: { message: 'delivered', link: 'sent', money: 'none' }, proven_at: '2026-11-28T10:09:00Z' });
    assert.equal(notice.isOver(later, 9), false);
  });
  for (const subject of SUBJECTS) {
    it(`of ${subject} that came without the order belongs to the first that is read after it`, () => {
      const notice = new Notice(sentence('order_changed'), { subject, order: STATES.none, after: 3 });
      // What was asked before the notice says nothing of it.
      assert.equal(notice.isOver(STATES.expired, 3), false);
      assert.equal(notice.isOver(STATES.sent, 4), false);
      assert.equal(notice.isOver(STATES.sent, 5), false);
      assert.equal(notice.isOver(STATES.opened, 5), true);
    });
  }
});

describe('on the page', () => {
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    openPage();
  });

  const VERBS = /** @type {const} */ (['cancel', 'replace', 'release']);
  const live = aRequest({ remedy: 'other_channel', actions: ['cancel', 'replace', 'release'] });
  for (const verb of VERBS) {
    for (const [name, outcome] of /** @type {[string, Error | null][]} */ ([
      ['an answer', null], ['no answer', new ApiError(0)], ['a refusal', new ApiError(403, { code: 'forbidden', message: 'No right.' })],
    ])) {
      it(`${name} to ${verb} is gone once the link is opened, also for a screen reader`, async () => {
        const page = open({ payment_requests: [live] });
        const request = { ...live, states: states('unknown', 'none') };
        const failed = outcome === null ? async () => answer({ sentence: 'Done.', payment_request: request, outcome: /** @type {any} */ ('unknown') }) : failing(outcome);
        page.api[verb].mock.mockImplementation(failed);
        page.api.order.mock.mockImplementation(failing(new ApiError(0)));
        const asked = verb === 'release' ? page.actions.release('why') : page.actions[verb]();
        for (const wait of [1000, 3000]) await settled().then(() => page.pass(wait));
        await asked;
        const said = textOf('notice');
        assert.equal(at('notice').hidden, false);
        page.view.render();
        assert.equal(at('notice').hidden, false);
        page.state.take(anOrder({ payment_requests: [aRequest({ ...STATES.opened.payment_requests[0] })] }));
        page.view.render();
        assert.equal(at('notice').hidden, true);
        assert.notEqual(textOf('announcer'), said);
      });
    }
  }
  it('a refused send stays with the order that it was refused for, and goes with the next', async () => {
    const page = open();
    const changed = anOrder({ total: '120.00', amount_due: '120.00', limits: { parts: false, minimum: null, step: null, maximum: '120.00' } });
    page.api.send.mock.mockImplementation(failing(new ApiError(409, { code: 'order_changed', message: 'The order is another now.' })));
    page.api.order.mock.mockImplementation(async () => answer(changed));
    submit();
    for (let turn = 0; turn < 4; turn += 1) await settled();
    page.view.render();
    assert.match(textOf('send'), /120/);
    assert.equal(at('form-error').hidden, false);
    page.state.take(anOrder({ total: '130.00' }));
    page.view.render();
    assert.equal(at('form-error').hidden, true);
  });
  it('a send without an answer is no longer in doubt once its link is there', async () => {
    const page = open();
    page.api.order.mock.mockImplementation(failing(new ApiError(0)));
    page.api.send.mock.mockImplementation(failing(new ApiError(502)));
    submit();
    for (let turn = 0; turn < 4; turn += 1) await settled();
    assert.equal(at('form-error').hidden, false);
    page.state.take(one('expired', OVER));
    page.view.reopen('sms');
    page.view.render();
    assert.equal(at('new-request').hidden, false);
    assert.equal(at('form-error').hidden, true);
  });
  it('a lost answer leaves nothing to press again once its link is there before it', async () => {
    const page = open();
    page.api.send.mock.mockImplementation(async () => {
      page.state.take(anOrder({ payment_requests: [aRequest()], can_send: false, send_off: sentence('live_link') }));
      throw new ApiError(502);
    });
    submit();
    for (let turn = 0; turn < 4; turn += 1) await settled();
    page.view.render();
    assert.deepEqual([at('notice').hidden, at('status').hidden, at('form-error').hidden], [true, false, true]);
  });
  it('a lost answer leaves nothing in doubt once the request has moved on before it', async () => {
    for (const verb of [...VERBS, /** @type {const} */ ('capture')]) {
      openPage();
      const request = { ...live, actions: /** @type {any} */ ([...live.actions, 'capture']), amount_authorized: '115.00' };
      const page = open({ payment_requests: [request] });
      page.api[verb].mock.mockImplementation(async () => {
        page.state.take(anOrder({ payment_requests: [aRequest({ status: 'cancelled', live: false, states: states('cancelled', 'none') })] }));
        throw new ApiError(502);
      });
      if (verb === 'capture') {
        at('capture').click();
        at('money-yes').click();
      } else {
        await (verb === 'release' ? page.actions.release('why') : page.actions[verb]());
      }
      for (let turn = 0; turn < 4; turn += 1) await settled();
      assert.deepEqual([verb, page.api[verb].mock.callCount(), at('notice').hidden], [verb, 1, true]);
    }
  });
  it('the end of a launch stays said when an answer still comes', async () => {
    const page = open({ payment_requests: [aRequest()] });
    /** @type {(value: any) => void} */
    let arrive = () => {};
    page.api.order.mock.mockImplementation(() => new Promise((resolve) => {
      arrive = resolve;
    }));
    page.follower.now();
    await settled();
    page.follower.end(new LaunchOver(new ApiError(401)));
    arrive(answer(null));
    await settled();
    assert.equal(textOf('stale'), page.catalogue.text('reload_tab'));
    assert.equal(at('stale').hidden, false);
  });
});

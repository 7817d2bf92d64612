import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { at, CLOCK, NOW, openPage, SENTENCES, textOf } from '../page.js';
import { createCatalogue } from '../../../connector/web/static/agent/catalogue.js';
import { createCountdownView } from '../../../connector/web/static/agent/status/countdown_view.js';
import { offersOf } from '../../../connector/web/static/agent/status/offers.js';
import { createStatusView } from '../../../connector/web/static/agent/status/status_view.js';
import { stepsOf } from '../../../connector/web/static/agent/status/steps.js';
import { anOrder, aRequest, sentence } from '../factories.js';

/** @import {PaymentRequest} from '../../../connector/web/static/agent/server/api.js' */

const catalogue = createCatalogue({ sentences: SENTENCES, locale: 'en', timeZone: 'UTC', clock: CLOCK });

beforeEach(openPage);

describe('the steps', () => {
  /** @param {Partial<PaymentRequest>} changes */
  const marks = (changes) => stepsOf(aRequest(changes), anOrder()).map(({ id, mark }) => `${id}: ${mark}`);
  const money = /** @type {const} */ ({ message: 'delivered', link: 'opened' });
  const opened = { opened_at: '2026-11-28T10:00:00Z' };

  it('of a link that is going out', () => {
    const states = /** @type {const} */ ({ message: 'none', link: 'sending', money: 'none' });
    assert.deepEqual(marks({ status: 'sending', sent_at: null, states, salesforce: { state: 'none', written_at: null, reason: null, reason_word: null } }), [
      'step_sending: now', 'step_delivery_to_come: to_come', 'step_opened: to_come', 'step_paying_to_come: to_come',
      'step_result_to_come: to_come', 'step_salesforce_to_come: to_come',
    ]);
  });
  it('of a link that was sent on a channel without delivery reports', () => {
    assert.deepEqual(marks({}).slice(0, 4), [
      'step_sent: done', 'no_delivery_report: none', 'step_opened_waiting: now', 'step_paying_to_come: to_come',
    ]);
  });
  it('of a link that is being paid by a reply: nobody waits for it to be opened', () => {
    assert.deepEqual(marks({ being_charged: true }).slice(2, 4), ['step_opened_unseen: none', 'step_paying: now']);
    assert.equal(marks({ being_charged: true, ...opened })[2], 'step_opened: done');
  });
  it('of a message whose fate the messenger reports, with its time', () => {
    const reported = '2026-11-28T09:59:40Z';
    for (const [message, id, mark] of /** @type {const} */ ([
      ['delivered', 'step_delivered', 'done'], ['read', 'step_read', 'done'], ['failed', 'step_not_delivered', 'failed'],
    ])) {
      const [, step] = stepsOf(aRequest({ states: { message, link: 'sent', money: 'none' }, message_at: reported }), anOrder());
      assert.deepEqual([step.id, step.mark, step.at], [id, mark, reported]);
    }
    assert.equal(marks({ message_failure: 'not_known' })[1], 'step_delivery_unknown: open');
  });
  it('never claim that a send without an outcome arrived', () => {
    const states = /** @type {const} */ ({ message: 'none', link: 'unknown', money: 'none' });
    assert.equal(marks({ status: 'unknown', sent_at: null, states })[0], 'step_sent_unknown: open');
  });
  it('do not take a preview for the customer', () => {
    const preview = marks({ status: 'opened', ...opened, probable_preview: true, states: { ...money, money: 'none' } });
    assert.deepEqual(preview.slice(2, 4), ['step_opened_preview: open', 'step_paying_to_come: to_come']);
    assert.deepEqual(marks({ status: 'opened', ...opened, states: { ...money, money: 'none' } }).slice(2, 4), ['step_opened: done', 'step_paying: now']);
  });
  it('of a card that was declined while the link lives, and after it', () => {
    const declined = { ...opened, status: /** @type {const} */ ('declined'), states: { ...money, money: /** @type {const} */ ('declined') } };
    assert.equal(marks(declined)[3], 'step_paying_again: now');
    assert.equal(marks({ ...declined, live: false })[3], 'step_paying_done: done');
    assert.equal(marks({ ...declined, opened_at: null })[3], 'step_paying_unseen: none');
  });
  it('of a payment that Salesforce has', () => {
    const paid = marks({ status: 'paid', live: false, ...opened, states: { ...money, money: 'paid' } });
    assert.deepEqual(paid.slice(3), ['step_paying_done: done', 'step_result_paid: done', 'step_salesforce_written: done']);
  });
  it('of a payment that Salesforce refuses, with the reason', () => {
    const salesforce = { state: /** @type {const} */ ('refused'), written_at: null, reason: 'x', reason_word: 'locked' };
    const [last] = stepsOf(aRequest({ status: 'paid', live: false, salesforce }), anOrder()).slice(-1);
    assert.deepEqual([last.id, last.mark, last.values], ['step_salesforce_refused', 'failed', { reason: 'locked' }]);
  });
  it('of a link that ended unopened', () => {
    assert.deepEqual(marks({ status: 'expired', live: false }).slice(2, 5), [
      'step_not_opened: none', 'step_paying_to_come: none', 'step_result_expired: failed',
    ]);
  });
});

describe('no step', () => {
  const STATUSES = /** @type {const} */ ([
    'created', 'sending', 'unknown', 'sent', 'opened', 'declined', 'in_review', 'authorized', 'paid', 'part_paid', 'reversed', 'expired',
    'cancelled', 'rejected',
  ]);
  const MONEY = new Map(/** @type {[string, PaymentRequest['states']['money']][]} */ ([
    ['declined', 'declined'], ['in_review', 'in_review'], ['authorized', 'authorized'], ['paid', 'paid'], ['part_paid', 'part_paid'], ['reversed', 'reversed'],
  ]));
  const ENDED = new Set(['created', 'authorized', 'paid', 'part_paid', 'reversed', 'expired', 'cancelled', 'rejected']);
  const SALESFORCE = /** @type {const} */ (['none', 'waiting', 'written', 'refused']);
  // Every status, with and without an opened link, and by what Salesforce has.
  const all = STATUSES.flatMap((status) => [null, '2026-11-28T10:00:00Z'].flatMap((openedAt) => SALESFORCE.map((state) => aRequest({
    status, opened_at: openedAt, live: !ENDED.has(status), finished_at: ENDED.has(status) ? '2026-11-28T10:01:00Z' : null,
    states: { message: 'sent', link: openedAt === null ? 'sent' : 'opened', money: MONEY.get(status) ?? 'none' },
    sent_at: ['created', 'sending', 'unknown', 'rejected'].includes(status) ? null : '2026-11-28T09:59:31Z',
    salesforce: { state, written_at: state === 'written' ? '2026-11-28T10:01:01Z' : null, reason: null, reason_word: state === 'refused' ? 'rule' : null },
  }))));
  /** @param {PaymentRequest} request */
  const named = ({ status, opened_at: openedAt, salesforce: { state } }) => `${status}, ${openedAt ? 'opened' : 'unopened'}, Salesforce ${state}`;

  it('of the page is ticked without an opened link', () => {
    for (const request of all.filter((one) => one.opened_at === null)) {
      const done = stepsOf(request, anOrder()).filter(({ mark }) => mark === 'done' || mark === 'now').map(({ id }) => id);
      assert.deepEqual(done.filter((id) => ['step_opened', 'step_paying', 'step_paying_again', 'step_paying_done'].includes(id)), [], named(request));
    }
  });
  it('is still to come after the end', () => {
    for (const request of all.filter(({ live }) => !live)) {
      const ahead = stepsOf(request, anOrder()).filter(({ mark }) => mark === 'to_come');
      assert.deepEqual(ahead, [], named(request));
    }
  });
  it('is waited for where the end was reported and is not proven', () => {
    for (const id of ['end_reported', 'released']) {
      const steps = stepsOf(aRequest({ sentences: [{ ...sentence(id), from: null }] }), anOrder());
      assert.deepEqual(steps.filter(({ mark }) => mark === 'now' || mark === 'to_come'), [], id);
    }
  });
  it('has the time of another: held money that was taken later has its own', () => {
    const timeline = [
      { at: '2026-11-28T10:01:00Z', ...sentence('timeline_authorized') }, { at: '2026-11-28T12:00:00Z', ...sentence('timeline_paid') },
    ];
    const paid = aRequest({ status: 'paid', live: false, finished_at: '2026-11-28T10:01:00Z', timeline });
    assert.equal(stepsOf(paid, anOrder())[4].at, '2026-11-28T12:00:00Z');
    assert.equal(stepsOf({ ...paid, status: 'expired' }, anOrder())[4].at, '2026-11-28T10:01:00Z');
  });
});

describe('the offers', () => {
  const none = { cancel: false, release: false, replace: null, renumber: null, again: null };
  it('of a live link are those the server allows', () => {
    const order = anOrder({ payment_requests: [aRequest()] });
    assert.deepEqual(offersOf(order, aRequest(), NOW), { ...none, cancel: true });
    assert.deepEqual(offersOf(order, aRequest({ actions: ['release'] }), NOW), { ...none, release: true });
  });
  it('replace a link whose amount has changed, on its own channel', () => {
    assert.equal(offersOf(anOrder({ currency: 'USD' }), aRequest({ remedy: 'other_channel' }), NOW).replace?.id, 'button_replace');
    assert.equal(offersOf(anOrder({ currency: 'USD' }), aRequest({ actions: [] }), NOW).replace, null);
  });
  it('replace a link that does not arrive by one on the other channel', () => {
    assert.equal(offersOf(anOrder(), aRequest({ remedy: 'other_channel' }), NOW).replace?.channel, 'whatsapp');
    assert.equal(offersOf(anOrder(), aRequest(), NOW + 60000).replace?.channel, 'whatsapp');
    assert.equal(offersOf(anOrder(), aRequest(), NOW + 60000).renumber?.id, 'button_other_number');
  });
  it('are for another number where no channel can help, and for the same again where that can', () => {
    const alone = offersOf(anOrder({ channels: ['sms'] }), aRequest({ remedy: 'other_channel' }), NOW);
    assert.deepEqual([alone.replace, alone.renumber?.id], [null, 'button_other_number']);
    assert.equal(offersOf(anOrder(), aRequest({ remedy: 'other_number' }), NOW).renumber?.id, 'button_other_number');
    assert.equal(offersOf(anOrder(), aRequest({ remedy: 'send_again' }), NOW).replace?.id, 'button_send_again');
    assert.equal(offersOf(anOrder(), aRequest({ remedy: 'other_number', actions: ['refresh'] }), NOW).renumber, null);
  });
  it('after a link’s end are for the rest, another channel, another number, or the same again', () => {
    const over = aRequest({ live: false, status: 'expired', actions: [] });
    assert.equal(offersOf(anOrder({ payment_requests: [over] }), over, NOW).again?.id, 'button_send_again');
    assert.equal(offersOf(anOrder({ amount_authorized: '5.00' }), over, NOW).again?.id, 'button_send_rest');
    assert.equal(offersOf(anOrder(), { ...over, remedy: 'other_channel' }, NOW).again?.id, 'button_send_instead');
    assert.equal(offersOf(anOrder(), { ...over, remedy: 'other_number' }, NOW).again?.id, 'button_other_number');
    assert.equal(offersOf(anOrder({ can_send: false }), over, NOW).again, null);
  });
});

describe('the countdown', () => {
  const countdown = { from: '2026-11-28T10:00:00Z', until: '2026-11-28T10:02:00Z', label: 'count_to_open' };
  /** @param {typeof countdown | null} shown @param {number} now */
  const show = (shown, now) => createCountdownView({ catalogue }).show(shown, now);
  it('shows what is left, as a time and as a bar', () => {
    show(countdown, NOW + 30000);
    assert.equal(textOf('countdown-left'), '1:30');
    assert.equal(at('countdown-bar').style.transform, 'scaleX(0.7500)');
    assert.equal(at('countdown').hasAttribute('data-short'), false);
  });
  it('shows never more than there ever was, nor less than nothing', () => {
    show(countdown, NOW - 5000);
    assert.equal(textOf('countdown-left'), '2:00');
    show(countdown, NOW + 500000);
    assert.equal(textOf('countdown-left'), '0:00');
    assert.equal(textOf('countdown-label'), catalogue.text('count_over'));
  });
  it('says that the last minute runs', () => {
    show(countdown, NOW + 60001);
    assert.equal(at('countdown').getAttribute('data-short'), 'true');
  });
  it('is hidden where nothing counts down', () => {
    show(null, NOW);
    assert.equal(at('countdown').hidden, true);
  });
});

describe('the status', () => {
  /** @param {Parameters<typeof anOrder>[0]} order @param {Parameters<typeof aRequest>[0]} request @param {boolean} [frozen] */
  function show(order, request, frozen = false) {
    const shown = aRequest(request);
    const view = createStatusView({ catalogue, clock: CLOCK });
    view.show(shown, { order: anOrder({ payment_requests: [shown], ...order }), userId: '005A', asking: false, frozen });
    return view;
  }
  it('of a serious warning is bad, whatever the request’s own is', () => {
    show({}, { status: 'paid', live: false });
    assert.equal(at('status').dataset.tone, 'good');
    for (const id of ['overpaid', 'overpaid_part_returned', 'order_lowered', 'other_currency']) {
      show({ sentences: [sentence(id)] }, { status: 'paid', live: false });
      assert.equal(at('status').dataset.tone, 'bad', id);
    }
  });
  it('says how old its proof is', () => {
    show({}, {});
    assert.match(textOf('fresh'), /5 s/);
    show({}, { proven_at: null });
    assert.equal(textOf('fresh'), catalogue.text('fresh_never'));
  });
  it('turns every button off once the launch has ended', () => {
    show({}, {}, true);
    assert.equal(at('cancel').hidden, false);
    assert.equal(at('cancel').getAttribute('aria-disabled'), 'true');
    show({}, {});
    assert.equal(at('cancel').hasAttribute('aria-disabled'), false);
  });
});

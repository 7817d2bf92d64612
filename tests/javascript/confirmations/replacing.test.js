import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { at, inputAt, openPage, press, settled, submit, textOf, type } from '../page.js';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { replacementOf, storyOf } from '../../../connector/web/static/agent/history/chain.js';
import { anOrder, aRequest, ORDER_PHONE, sentence } from '../factories.js';
import { done, failing, open } from '../page_harness.js';

/** @import {Order} from '../../../connector/web/static/agent/server/api.js' */

const OTHER = { ...ORDER_PHONE, number: '+27831239999', shown: '+27 83 123 9999' };
const WRONG = aRequest({ remedy: 'other_number', states: { message: 'failed', link: 'sent', money: 'none' } });
const EXPIRED = aRequest({ status: 'expired', live: false, actions: [], states: { message: 'sent', link: 'expired', money: 'none' } });
const LIVE = { can_send: false, send_off: sentence('live_link') };

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  openPage();
});

/** @param {Partial<Order>} changes */
function openWith(changes) {
  const page = open(changes);
  page.api.readPhone.mock.mockImplementation(async () => ({ status: 200, etag: '', data: { outcome: 'read', readings: [OTHER], sentence: null } }));
  const calls = () => page.api.replace.mock.calls.map((call) => /** @type {any} */ (call).arguments);
  return { ...page, bodies: () => calls().map(([, body]) => JSON.parse(body)), references: () => calls().map(([reference]) => reference) };
}

/** Send what the form holds. */
async function sendForm() {
  submit();
  await settled();
  mock.timers.tick(1);
  await settled();
}

describe('another number for a live link', () => {
  it('is typed while the old link still works, read back once, and sent by one call that closes the old one', async () => {
    const { api, bodies, references, catalogue, state } = openWith({ payment_requests: [WRONG], ...LIVE });
    at('renumber').click();
    assert.deepEqual([at('new-request').hidden, at('status').hidden, api.cancel.mock.callCount()], [false, true, 0]);
    assert.match(textOf('form-replaces'), /ending 0000 works until you press Send/);
    assert.match(textOf('form-replaces'), new RegExp(catalogue.text('replace_told_once').slice(0, 20)));
    assert.deepEqual([at('problems').hidden, document.activeElement], [true, inputAt('phone')]);
    type('phone', '083 123 9999');
    await sendForm();
    assert.deepEqual([api.replace.mock.callCount(), at('phone-ask').hidden], [0, false]);
    at('phone-yes').click();
    await settled();
    assert.deepEqual([references(), api.send.mock.callCount(), api.cancel.mock.callCount()], [['c2p-1'], 0, 0]);
    assert.deepEqual(bodies(), [{ channel: 'sms', phone: OTHER.number, expected_total: '115.00', expected_currency: 'ZAR' }]);
    assert.deepEqual([state.order.payment_requests[0].reference, state.reopened, textOf('notice')], ['c2p-2', null, 'Done.']);
  });
  it('is left without a trace by the button, and by Escape', () => {
    for (const leave of [() => at('form-back').click(), () => press('phone', 'Escape')]) {
      openPage();
      const { api } = openWith({ payment_requests: [WRONG], ...LIVE });
      at('renumber').click();
      assert.equal(textOf('form-back'), 'Keep the old link');
      leave();
      assert.deepEqual([at('status').hidden, at('new-request').hidden, api.replace.mock.callCount()], [false, true, 0]);
    }
  });
  it('is no longer asked for once the customer has opened the link', () => {
    const { state, view } = openWith({ payment_requests: [WRONG], ...LIVE });
    at('renumber').click();
    const opened = aRequest({ status: 'opened', actions: ['refresh'] });
    state.take(anOrder({ payment_requests: [opened], ...LIVE }));
    view.render();
    assert.equal(at('status').hidden, false);
    state.take(anOrder({ payment_requests: [{ ...EXPIRED }] }));
    view.render();
    assert.equal(at('new-request').hidden, true);
  });
  it('that is not dead sends nothing and says so', async () => {
    const { api, state } = openWith({ payment_requests: [WRONG], ...LIVE });
    const opened = aRequest({ status: 'opened', actions: ['refresh'] });
    api.replace.mock.mockImplementation(async () => done(opened, 'not_dead'));
    at('renumber').click();
    type('phone', '083 123 9999');
    await sendForm();
    at('phone-yes').click();
    await settled();
    mock.timers.tick(1);
    assert.deepEqual([api.send.mock.callCount(), state.order.payment_requests.length, at('status').hidden, textOf('notice')], [0, 1, false, 'Done.']);
  });
});

describe('a new link that is refused after the old one was closed', () => {
  const closed = aRequest({ ...EXPIRED, status: 'cancelled', sentences: [sentence('cancelled_unfollowed', { phone_ending: '0000' })] });
  it('says in the form why, and what the customer was told, and sends by the next press', async () => {
    const { api, references, state, view } = openWith({ payment_requests: [WRONG], ...LIVE });
    api.replace.mock.mockImplementation(failing(new ApiError(503, { code: 'core_unavailable', message: 'no core', sentence: sentence('core_down') })));
    at('renumber').click();
    type('phone', '083 123 9999');
    await sendForm();
    at('phone-yes').click();
    await settled();
    assert.equal(at('form-error').hidden, false);
    state.take(anOrder({ payment_requests: [closed] }));
    view.render();
    assert.deepEqual([at('new-request').hidden, textOf('form-back')], [false, 'Back']);
    assert.match(textOf('form-replaces'), /no longer works/);
    assert.match(textOf('status-sentence'), /no new link was sent.*was not told/);
    api.replace.mock.mockImplementation(async () => done(aRequest({ reference: 'c2p-2', replaces: 'c2p-1' }), 'replaced'));
    await sendForm();
    assert.deepEqual([references(), api.send.mock.callCount()], [['c2p-1', 'c2p-1'], 0]);
  });
  it('is said beside the link that the core refused, too, and Send names the closed one', async () => {
    const refused = aRequest({ ...EXPIRED, reference: 'c2p-2', status: 'rejected', replaces: 'c2p-1', link_reference: null });
    const { references } = openWith({ payment_requests: [refused, closed] });
    assert.match(textOf('status-warning'), /no new link was sent/);
    at('again').click();
    await sendForm();
    assert.deepEqual(references(), ['c2p-1']);
  });
  it('is shown in place of the form where the refused one has come meanwhile', async () => {
    const { api, state } = openWith({ payment_requests: [WRONG], ...LIVE });
    const sending = aRequest({ reference: 'c2p-2', status: 'sending', actions: [], replaces: 'c2p-1' });
    api.replace.mock.mockImplementation(async () => {
      state.take(anOrder({ payment_requests: [sending, closed], ...LIVE }));
      throw new ApiError(422, { code: 'core_refused', message: 'no', sentence: sentence('core_country_off', { admin: 'Ann' }) });
    });
    at('renumber').click();
    type('phone', '083 123 9999');
    await sendForm();
    at('phone-yes').click();
    await settled();
    assert.equal(at('notice').hidden, false);
  });
});

describe('a link that is over', () => {
  it('gives way by name where the core tells the customer, else by a plain send', async () => {
    for (const [known, replaced, sent] of /** @type {const} */ ([[true, 1, 0], [false, 0, 1]])) {
      openPage();
      const { api } = openWith({ payment_requests: [EXPIRED], replaces_in_one_message: known });
      at('again').click();
      await sendForm();
      assert.deepEqual([api.replace.mock.callCount(), api.send.mock.callCount()], [replaced, sent]);
    }
  });
  it('whose end cannot be shown once more is no reason to send nothing', async () => {
    const { api } = openWith({ payment_requests: [EXPIRED] });
    api.replace.mock.mockImplementation(async () => done(EXPIRED, 'unknown'));
    at('again').click();
    await sendForm();
    assert.equal(api.send.mock.callCount(), 1);
  });
  it('and turns out to be paid, or being paid, is followed by nothing', async () => {
    const { api, state } = openWith({ payment_requests: [EXPIRED] });
    const paid = aRequest({ ...EXPIRED, status: 'paid', states: { message: 'sent', link: 'expired', money: 'paid' } });
    api.replace.mock.mockImplementation(async () => done(paid, 'not_dead', 'Paid meanwhile.'));
    at('again').click();
    await sendForm();
    assert.deepEqual([api.replace.mock.callCount(), api.send.mock.callCount(), textOf('notice')], [1, 0, 'Paid meanwhile.']);
    assert.equal(state.order.payment_requests[0].status, 'paid');
  });
  it('is not named by a link for the rest, or for a part', async () => {
    for (const changes of [{ amount_paid: '5.00' }, { payment_requests: [{ ...EXPIRED, purpose: /** @type {const} */ ('part') }] }]) {
      openPage();
      const { api } = openWith({ payment_requests: [EXPIRED], ...changes });
      at('again').click();
      await sendForm();
      assert.deepEqual([api.replace.mock.callCount(), api.send.mock.callCount()], [0, 1]);
    }
  });
});

describe('a chain of links', () => {
  const first = aRequest({ ...EXPIRED, reference: 'c2p-1' });
  const second = aRequest({ reference: 'c2p-2', replaces: 'c2p-1', channel: 'whatsapp', requested_by: { id: '005B', name: 'Ben' } });
  it('says who replaced a link, and what was different', () => {
    const cases = /** @type {const} */ ([
      [second, 'chain_channel'], [{ ...second, channel: 'sms' }, 'chain_again'], [{ ...second, phone_ending: '9999' }, 'chain_number'],
      [{ ...second, amount: '90.00' }, 'chain_amount'], [{ ...second, status: 'rejected' }, 'chain_not_sent'],
    ]);
    for (const [next, id] of cases) assert.equal(replacementOf(first, [/** @type {any} */ (next), first])?.id, id);
    assert.equal(replacementOf(second, [second, first]), null);
  });
  it('is one story, the first link first', () => {
    const third = aRequest({ reference: 'c2p-3', replaces: 'c2p-2', phone_ending: '9999' });
    const story = storyOf(third, [third, second, first]);
    assert.deepEqual(story.map(({ sent, replaced }) => [sent.values?.channel, replaced.id, replaced.values?.agent]), [
      ['sms', 'chain_channel', 'Ben'], ['whatsapp', 'chain_number', 'Thandi Nkosi'],
    ]);
    assert.deepEqual(storyOf(first, [first]), []);
    assert.deepEqual(storyOf({ ...first, replaces: 'gone' }, [first]), []);
  });
  it('stands with the link and with the earlier ones', () => {
    open({ payment_requests: [second, first], ...LIVE });
    assert.match(textOf('story'), /by SMS to a number ending 0000\. Ben replaced it at .*sent by WhatsApp instead/);
    assert.match(textOf('earlier-lines'), /Ben replaced it/);
  });
});

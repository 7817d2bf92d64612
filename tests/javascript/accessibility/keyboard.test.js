import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { at, deferred, forgetKept, inputAt, openPage, press, settled, textOf, type } from '../page.js';
import { aRequest, ORDER_PHONE, sentence } from '../factories.js';
import { open } from '../page_harness.js';

const LIVE = { payment_requests: [aRequest()], can_send: false, send_off: sentence('live_link') };
const WRONG = { ...LIVE, payment_requests: [aRequest({ remedy: 'other_number' })] };

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  forgetKept();
  openPage();
});

describe('a letter', () => {
  it('does what its button does, and confirms by another press only', async () => {
    const { api } = open(LIVE);
    press('status-sentence', 'c');
    assert.equal(at('cancel-ask').hidden, false);
    press('cancel-no', 'y', { repeat: true });
    assert.equal(api.cancel.mock.callCount(), 0);
    press('cancel-no', 'Y');
    await settled();
    assert.equal(api.cancel.mock.callCount(), 1);
  });
  it('types in a field, and acts beside the choice of a channel', async () => {
    const { api } = open();
    assert.equal(press('phone', 's'), true);
    await settled();
    assert.equal(api.send.mock.callCount(), 0);
    assert.equal(press('channel-sms', 's'), false);
    await settled();
    assert.equal(api.send.mock.callCount(), 1);
  });
  it('brings the agent to the number', () => {
    open();
    press('new-request-heading', 'p');
    assert.equal(document.activeElement, inputAt('phone'));
  });
  it('is that of its place where a keyboard writes no Latin ones', () => {
    open(LIVE);
    press('status-sentence', 'ؤ', { code: 'KeyC' });
    assert.equal(at('cancel-ask').hidden, false);
  });
  it('with another key, of a button that is hidden or off, or of none does nothing', () => {
    const { state, view } = open(LIVE);
    for (const how of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { shiftKey: true }, { isComposing: true }, { repeat: true }]) press('status-sentence', 'c', how);
    for (const key of ['a', 'q', '1', 'Tab']) assert.equal(press('status-sentence', key), true);
    state.over = true;
    view.render();
    press('status-sentence', 'c');
    assert.equal(at('cancel-ask').hidden, true);
  });
  it('acts no more once it is turned off, on the next page neither, and is no longer named', () => {
    open(LIVE);
    assert.equal(at('cancel').getAttribute('aria-keyshortcuts'), 'c');
    at('keys-open').click();
    at('keys-on').click();
    for (const isNext of [false, true]) {
      if (isNext) {
        openPage();
        open(LIVE);
      }
      press('status-sentence', 'c');
      press('status-sentence', '?');
      assert.deepEqual([at('cancel-ask').hidden, at('cancel').hasAttribute('aria-keyshortcuts')], [true, false]);
    }
  });
});

describe('the list of keys', () => {
  it('names the letters of receipt, reference and link, which come and go with their request', async () => {
    const PAID = aRequest({ status: 'paid', live: false, actions: ['refresh', 'show_receipt', 'send_receipt'] });
    const { state, view } = open({ payment_requests: [aRequest({ actions: ['refresh', 'copy_link'] })], can_send: false });
    press('status-sentence', '?');
    assert.match(textOf('keys-list'), /B Copy link/);
    assert.equal(at('take-copy_link').getAttribute('aria-keyshortcuts'), 'b');
    state.order = { ...state.order, payment_requests: [PAID] };
    view.render();
    await settled();
    for (const line of ['Q Show receipt', 'Z Send receipt again', 'F Copy the reference']) assert.match(textOf('keys-list'), new RegExp(line));
    assert.doesNotMatch(textOf('keys-list'), /B Copy|Send from the phone field/);
    assert.deepEqual(['show_receipt', 'send_receipt', 'copy_reference'].map((name) => at(`take-${name}`).getAttribute('aria-keyshortcuts')), ['q', 'z', 'f']);
  });
  it('gives each letter to one action of a moment', () => {
    open(LIVE);
    const letters = Array.from(document.querySelectorAll('[data-key]'), (element) => /** @type {HTMLElement} */ (element).dataset.key ?? '');
    const twice = letters.filter((letter, place) => letters.indexOf(letter) !== place);
    assert.deepEqual([...new Set(twice)], ['y'], 'only one question is open at a time');
    for (const letter of ['q', 'z', 'f', 'b']) assert.equal(letters.includes(letter), false, letter);
  });
  it('opens by ?, names what acts now, follows the page, and closes by Escape', async () => {
    open(LIVE);
    // What Jinja writes is no part of these pages.
    at('cancel').textContent = 'Cancel payment';
    press('status-sentence', '?');
    assert.deepEqual([at('keys').hidden, at('keys-open').getAttribute('aria-expanded')], [false, 'true']);
    assert.match(textOf('keys-list'), /C Cancel payment/);
    assert.doesNotMatch(textOf('keys-list'), /Send again/);
    at('cancel').click();
    await settled();
    assert.match(textOf('keys-list'), /Y Yes, cancel it/);
    press('cancel-no', 'Escape');
    assert.deepEqual([at('keys').hidden, at('cancel-ask').hidden], [true, false]);
    press('cancel-no', 'Escape');
    assert.equal(at('cancel-ask').hidden, true);
  });
});

describe('Escape', () => {
  it('closes the question first, then the form that was opened in place of a link', async () => {
    const { api } = open(WRONG);
    press('status-sentence', 'n');
    type('phone', '083 123 9999');
    press('phone', 'Tab');
    api.readPhone.mock.mockImplementation(async () => ({ status: 200, etag: '', data: {
      outcome: 'read', sentence: null,
      readings: [{ number: '+27831239999', shown: '+27 83 123 9999', country: 'ZA', country_name: 'South Africa', warning: null }],
    } }));
    press('channel-sms', 's');
    await settled();
    assert.equal(at('phone-ask').hidden, false);
    press('phone-yes', 'Escape');
    assert.deepEqual([at('phone-ask').hidden, at('new-request').hidden], [true, false]);
    press('phone', 'Escape');
    assert.deepEqual([at('new-request').hidden, api.replace.mock.callCount()], [true, 0]);
  });
  it('leaves the question which of two numbers is meant, back to the number; Send asks it again', async () => {
    const { api } = open();
    api.readPhone.mock.mockImplementation(/** @type {any} */ (async () => ({ status: 200, etag: '', data: {
      outcome: 'ambiguous', sentence: sentence('phone_ambiguous_two'), readings: [ORDER_PHONE, { ...ORDER_PHONE, number: '+687831230', shown: '+687 83.12.30' }],
    } })));
    type('phone', '83 123 0');
    for (let presses = 0; presses < 2; presses += 1) {
      press('channel-sms', 's');
      await settled();
      assert.deepEqual([at('phone-choice').hidden, document.activeElement], [false, at('phone-choices').firstElementChild]);
      press('phone-choices', 'Escape');
      assert.deepEqual([at('phone-choice').hidden, document.activeElement, inputAt('phone').value], [true, inputAt('phone'), '83 123 0']);
    }
    press('phone', 'Escape');
    assert.equal(at('new-request').hidden, false);
    assert.equal(api.send.mock.callCount(), 0);
  });
  it('closes what is open where the agent is, one thing at a press', () => {
    open({ ...LIVE, payment_requests: [aRequest({ status: 'paid', live: false, amount_paid: '115.00', actions: ['reverse'] })] });
    at('note-change').click();
    at('reverse').click();
    press('money-no', 'Escape');
    assert.deepEqual([at('money-ask').hidden, at('note-form').hidden], [true, false]);
    at('reverse').click();
    press('note-text', 'Escape');
    assert.deepEqual([at('money-ask').hidden, at('note-form').hidden], [false, true]);
    press('note-change', 'Escape');
    assert.equal(at('money-ask').hidden, true);
  });
  it('passes over no question that is being answered', async () => {
    const { api } = open(LIVE);
    /** @type {ReturnType<typeof deferred<any>>} */
    const late = deferred();
    api.cancel.mock.mockImplementation(() => late.promise);
    at('note-change').click();
    at('cancel').click();
    at('cancel-yes').click();
    press('cancel-yes', 'Escape');
    assert.deepEqual([at('cancel-ask').hidden, at('note-form').hidden], [false, false]);
    late.reject(new ApiError(0));
    await settled();
  });
  it('finds a way out of every question of the page', () => {
    const questions = [...document.querySelectorAll('.c2p-ask, form')];
    assert.deepEqual(questions.filter((one) => one.querySelector('[data-escape]') === null).map(({ id }) => id), []);
    assert.ok(questions.length > 4);
  });
});

it('a held Enter does not answer the question that its first press has opened', () => {
  open(LIVE);
  assert.equal(press('cancel', 'Enter'), true);
  assert.equal(press('cancel', 'Enter', { repeat: true }), false);
});

it('every action of the page has a letter or closes what is open, and none has the letter of another', () => {
  const actions = [...document.querySelectorAll('button, summary')].filter(({ id }) => id !== 'keys-open');
  const without = actions.filter((one) => !one.hasAttribute('data-key') && !one.hasAttribute('data-escape')).map(({ id, textContent }) => id || textContent);
  assert.deepEqual(without, []);
  // Questions are never open side by side: each may be answered by the same letter.
  const letters = [...document.querySelectorAll('[data-key]')].filter(({ id }) => !id.endsWith('-yes')).map((one) => one.getAttribute('data-key'));
  assert.deepEqual(letters, [...new Set(letters)]);
});

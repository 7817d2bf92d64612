import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { at, inputAt, openPage, SENTENCES, settled, textOf, type } from '../page.js';
import { charactersOf } from '../../../connector/web/static/agent/note/note_length.js';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { aNote, answer, failing, open } from '../page_harness.js';

const theirs = aNote().note;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  openPage();
});

/** @param {string} text */
async function save(text) {
  at('note-change').click();
  type('note-text', text);
  at('note-save').click();
  await settled();
  mock.timers.tick(1);
}

describe('the note', () => {
  it('is shown as text, with who wrote it', () => {
    open({ note: { ...theirs, text: '<b>see</b> https://example.com' } });
    assert.equal(textOf('note-shown-text'), '<b>see</b> https://example.com');
    assert.equal(at('note-shown-text').children.length, 0);
    assert.match(textOf('note-by'), /^Thandi, /);
  });
  it('is written over the one that was seen, and shown at once', async () => {
    const { api } = open();
    await save('Calls again.');
    assert.deepEqual(api.writeNote.mock.calls.map((call) => call.arguments), [['Calls again.', 0]]);
    assert.deepEqual([textOf('note-shown-text'), at('note-form').hidden, textOf('note-said')], ['Calls again.', true, 'The note is saved.']);
  });
  it('of a colleague since then is shown, and what was typed stays', async () => {
    const { api } = open();
    api.writeNote.mock.mockImplementation(async () => answer(aNote({
      outcome: 'changed_meanwhile', sentence: { id: 'note_changed_meanwhile', values: { agent: 'Thandi' } },
    })));
    await save('Mine.');
    assert.deepEqual([textOf('note-shown-text'), inputAt('note-text').value, at('note-form').hidden], ['Calls again.', 'Mine.', false]);
    assert.match(textOf('note-said'), /^Thandi changed the note meanwhile/);
    type('note-text', 'Mine.');
    assert.match(textOf('note-said'), /^Thandi changed the note meanwhile/);
    at('note-save').click();
    await settled();
    assert.deepEqual(/** @type {any} */ (api.writeNote.mock.calls[1]).arguments, ['Mine.', 1]);
    at('note-cancel').click();
    assert.equal(at('note-said').hidden, true, 'nobody saves again what was left');
  });
  it('counts what a person sees, and is not sent where it is too long', async () => {
    assert.equal(charactersOf('👨‍👩‍👧‍👦e\u0301🇿🇦'), 3);
    const { api } = open();
    await save('x'.repeat(141));
    assert.equal(api.writeNote.mock.callCount(), 0);
    assert.equal(inputAt('note-text').getAttribute('aria-invalid'), 'true');
    assert.match(textOf('note-hint'), /^-1 /);
    assert.equal(textOf('note-said'), SENTENCES.note_refused);
  });
  it('with a card number is not sent, however its digits are written', async () => {
    const { api } = open();
    for (const text of ['4111:1111:1111:1111', '\u0664\u0661\u0661\u0661 1111 1111 1111', '4\uFE0F\u20E3'.concat('1\uFE0F\u20E3'.repeat(15))]) {
      await save(text);
      assert.deepEqual([inputAt('note-text').value, at('note-form').hidden], ['', false]);
      assert.match(textOf('note-said'), /^This looks like a card number/);
    }
    assert.equal(api.writeNote.mock.callCount(), 0);
    type('note-text', 'Calls again.');
    assert.equal(at('note-said').hidden, true, 'it does not hold for what is typed now');
  });
  it('keeps no card number, and says what became of it without an answer', async () => {
    const { api } = open();
    api.writeNote.mock.mockImplementation(failing(new ApiError(422, { code: 'card_number_refused', message: 'No card numbers.' })));
    await save('a card');
    assert.deepEqual([inputAt('note-text').value, textOf('note-said')], ['', 'No card numbers.']);
    api.writeNote.mock.mockImplementation(failing(new ApiError(0)));
    type('note-text', 'again');
    at('note-save').click();
    await settled();
    assert.match(textOf('note-said'), /we do not know whether/);
    assert.equal(inputAt('note-text').value, 'again');
    at('note-cancel').click();
    assert.equal(at('note-form').hidden, true);
  });
});

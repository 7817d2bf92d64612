/* The note on the order from one agent to the next: read, written, and never written over unseen. */
import { announce } from '../accessibility/live_region.js';
import { byId, isOff, setAttribute, setOff, setShown, setText } from '../dom.js';
import { hasCardNumber } from '../card_numbers.js';
import { ApiError, LaunchOver } from '../server/api.js';
import { charactersLeft } from './note_length.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Order, Schemas} from '../server/api.js' */

const OF_COLLEAGUES = new Set(['note_changed_meanwhile', 'note_gone']);

/**
 * @param {{catalogue: Catalogue, write: (text: string, seen: number) => Promise<Schemas['NoteWritten']>}} options
 *   write: have the server store a note in place of the one whose version was seen
 */
export function createNoteView({ catalogue, write }) {
  const input = byId('note-text', HTMLInputElement);
  /** @type {Order['note']} */
  let note = null;
  let busy = false;
  // What the agent looked at while writing: a colleague's note since then must be looked at first.
  let seen = 0;
  /** @type {string | null} */
  let said = null;

  const isOpen = () => !byId('note-form').hidden;
  const left = () => charactersLeft(input.value);

  /** @param {string | null} id @param {Record<string, unknown>} [values] */
  function say(id, values = {}) {
    said = id;
    setShown(byId('note-said'), id !== null);
    if (id === null) return;
    catalogue.write(byId('note-said'), id, values);
    announce(byId('note-said').textContent);
  }

  function showHint() {
    catalogue.write(byId('note-hint'), 'note_hint', { count: String(left()) });
    setAttribute(input, 'aria-invalid', left() < 0 ? 'true' : null);
    setOff(byId('note-save'), busy || left() < 0);
  }

  // What was wrong with a text does not hold for the next one; that a colleague was faster does.
  function typed() {
    if (said !== null && !OF_COLLEAGUES.has(said)) say(null);
    showHint();
  }

  function open() {
    if (isOff(byId('note-change'))) return;
    seen = note?.version ?? 0;
    input.value = note?.text ?? '';
    say(null);
    setShown(byId('note-form'), true);
    setShown(byId('note-change'), false);
    showHint();
    input.focus();
  }

  function close() {
    const hadFocus = byId('note-form').contains(document.activeElement);
    setShown(byId('note-form'), false);
    setShown(byId('note-change'), true);
    if (hadFocus) byId('note-change').focus();
  }

  async function save() {
    if (busy) return;
    if (left() < 0) {
      say('note_refused');
      input.focus();
      return;
    }
    if (hasCardNumber(input.value)) {
      dropCard('card_number_refused');
      return;
    }
    busy = true;
    showHint();
    try {
      const { outcome, sentence, note: written } = await write(input.value, seen);
      seen = written?.version ?? 0;
      // What was typed stays in the field, beside what the colleague wrote.
      if (outcome !== 'changed_meanwhile') close();
      say(sentence.id, sentence.values);
    } catch (error) {
      if (!(error instanceof LaunchOver)) failed(error);
    } finally {
      busy = false;
      showHint();
    }
  }

  /** @param {unknown} error */
  function failed(error) {
    const body = error instanceof ApiError ? error.body : {};
    const sentence = body.sentence?.id ?? body.message ?? 'note_not_saved';
    if (body.code === 'card_number_refused') {
      dropCard(sentence);
      return;
    }
    say(sentence, body.sentence?.values);
    input.focus();
  }

  // A card number must not stay on the page.
  /** @param {string} sentence */
  function dropCard(sentence) {
    input.value = '';
    showHint();
    say(sentence);
    input.focus();
  }

  byId('note-change').addEventListener('click', open);
  byId('note-cancel').addEventListener('click', () => {
    if (busy) return;
    close();
    // What was said of the text that nobody saves now is over.
    say(null);
  });
  byId('note-form').addEventListener('submit', (event) => {
    event.preventDefault();
    save();
  });
  input.addEventListener('input', typed);

  /** @param {NonNullable<Order['note']>} shown */
  function showNote({ text, author, written_at: at }) {
    // As text, never as markup: whatever a colleague typed stays what it is.
    setText(byId('note-shown-text'), text);
    catalogue.write(byId('note-by'), 'note_by', { agent: author.name, at });
  }

  /** Show the order's note beside what the agent is typing. @param {Order} order @param {boolean} frozen */
  function show({ note: newest }, frozen) {
    const isNews = newest !== null && newest.version !== note?.version && newest.version !== seen;
    note = newest;
    const isThere = newest !== null && newest.text !== '';
    setShown(byId('note-shown'), isThere);
    if (isThere) showNote(newest);
    catalogue.write(byId('note-change'), isThere ? 'button_note_change' : 'button_note_write');
    setOff(byId('note-change'), frozen);
    // What was said of the last press is over once somebody else has written.
    if (isNews && !busy && !isOpen()) say(null);
  }

  return { show };
}

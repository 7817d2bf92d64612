/* The note on the order from one agent to the next: read, written, and never written over unseen. */
import { LightningElement, api } from 'lwc';
import { asSentence, charactersLeft, hasCardNumber } from 'c/chat2payRules';
import { writeNote } from 'c/chat2payServer';

const OF_COLLEAGUES = new Set(['note_changed_meanwhile', 'note_gone']);

const versionOf = (order) => order?.note?.version ?? 0;

export default class Chat2payNote extends LightningElement {
  @api wording;
  shown = null;
  isOpen = false;
  busy = false;
  typed = '';
  said = null;
  saidId = null;
  // What the agent looked at while writing: a colleague's note since then must be looked at first.
  seen = 0;
  focusNext = null;

  @api
  get order() {
    return this.shown;
  }
  set order(value) {
    const version = versionOf(value);
    // What was said of the last press is over once somebody else has written.
    if (version !== versionOf(this.shown) && version !== this.seen && !this.busy && !this.isOpen) this.said = null;
    this.shown = value;
  }

  renderedCallback() {
    if (this.focusNext === null) return;
    this.template.querySelector(`[data-id="${this.focusNext}"]`)?.focus();
    this.focusNext = null;
  }

  get labels() {
    const { text } = this.wording;
    return {
      heading: text('label_note'),
      save: text('button_note_save'),
      cancel: text('button_note_cancel'),
      change: text(this.text ? 'button_note_change' : 'button_note_write'),
    };
  }

  get text() {
    return this.shown.note?.text ?? '';
  }

  get by() {
    const { author, written_at: at } = this.shown.note;
    return this.wording.text('note_by', { agent: author.name, at });
  }

  get hint() {
    return this.wording.text('note_hint', { count: String(charactersLeft(this.typed)) });
  }

  get isOff() {
    return this.busy || charactersLeft(this.typed) < 0;
  }

  say(sentence) {
    const { id, values } = asSentence(sentence);
    this.saidId = id;
    this.said = this.wording.text(id, values);
  }

  handleOpen() {
    this.seen = versionOf(this.shown);
    this.typed = this.text;
    this.said = null;
    this.isOpen = true;
    this.focusNext = 'text';
  }

  /** Leave the field without saving; return whether it was open. */
  @api
  leave() {
    if (!this.isOpen) return false;
    // A note that is being saved stays.
    if (!this.busy) this.close();
    return true;
  }

  close() {
    this.isOpen = false;
    this.focusNext = 'change';
  }

  handleTyped(event) {
    this.typed = event.target.value;
    // What was wrong with a text does not hold for the next one; that a colleague was faster does.
    if (!OF_COLLEAGUES.has(this.saidId)) this.said = null;
  }

  handleKey(event) {
    if (!this.isOpen) return;
    if (event.key === 'Enter' && !event.repeat && event.target.dataset.id === 'text') this.handleSave();
  }

  async handleSave() {
    if (this.busy) return;
    if (charactersLeft(this.typed) < 0) {
      this.say('note_refused');
      this.focusNext = 'text';
      return;
    }
    if (hasCardNumber(this.typed)) {
      this.dropCard('card_number_refused');
      return;
    }
    this.busy = true;
    try {
      const { outcome, sentence, note } = await writeNote(this.shown.order_id, this.typed, this.seen);
      this.seen = note?.version ?? 0;
      // What was typed stays in the field, beside what the colleague wrote.
      if (outcome !== 'changed_meanwhile') this.close();
      this.say(sentence);
      this.dispatchEvent(new CustomEvent('noted', { detail: note }));
    } catch (refused) {
      this.failed(refused);
    } finally {
      this.busy = false;
    }
  }

  // A card number must not stay on the page.
  dropCard(sentence) {
    this.typed = '';
    this.say(sentence);
    this.focusNext = 'text';
  }

  failed(refused) {
    if (refused.code === 'card_number_refused') this.typed = '';
    this.say(refused.isUncertain ? 'note_not_saved' : refused.sentence);
    this.focusNext = 'text';
  }
}

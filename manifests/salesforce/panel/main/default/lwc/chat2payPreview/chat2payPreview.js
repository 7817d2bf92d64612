/* The message before it is sent; it is asked for when the agent opens it, and again when the choice has changed since. */
import { LightningElement, api } from 'lwc';
import { countOf, notesOf, piecesOf, previewKey } from 'c/chat2payRules';
import { messageOf } from 'c/chat2payServer';

// Each look is two calls of Apex, so a choice must rest first.
const REST_MS = 600;

export default class Chat2payPreview extends LightningElement {
  @api order;
  @api wording;
  @api channel;
  /** A decimal text. */
  @api amount;
  /** True where the message speaks of the link whose place it takes. */
  @api replaces = false;
  isOpen = false;
  answers = {};
  waitsFor = null;
  timer = null;

  renderedCallback() {
    this.askWhenRested();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  get wanted() {
    return { channel: this.channel, amount: this.amount, replaces: this.replaces };
  }

  get key() {
    return previewKey(this.order, this.wanted);
  }

  get answer() {
    if (!this.order.shows_messages) return { outcome: 'not_offered', preview: null };
    return this.answers[this.key] ?? null;
  }

  get message() {
    return this.answer?.preview ?? null;
  }

  get labels() {
    return { heading: this.wording.text('label_preview') };
  }

  say({ id, values }) {
    return this.wording.text(id, values);
  }

  get count() {
    return this.message && this.say(countOf(this.message, this.channel));
  }

  get pieces() {
    return piecesOf(this.message).map((piece, place) => ({
      key: place,
      text: piece ?? this.wording.text('preview_link'),
      look: piece === null ? 'link' : '',
    }));
  }

  get notes() {
    if (!this.isOpen) return [];
    const instead = this.answer === null ? 'preview_loading' : `preview_${this.answer.outcome}`;
    const notes = this.message ? notesOf(this.message) : [{ id: instead }];
    return notes.map((said) => ({ key: said.id, text: this.say(said) }));
  }

  handleToggle(event) {
    this.isOpen = event.target.open;
  }

  askWhenRested() {
    const { key } = this;
    if (!this.isOpen || this.answer !== null || this.waitsFor === key) return;
    clearTimeout(this.timer);
    this.waitsFor = key;
    const { wanted } = this;
    // eslint-disable-next-line @lwc/lwc/no-async-operation
    this.timer = setTimeout(() => this.ask(key, wanted), REST_MS);
  }

  async ask(key, wanted) {
    let answer;
    try {
      answer = await messageOf(this.order.order_id, wanted);
    } catch {
      answer = { outcome: 'no_answer', preview: null };
    }
    // Kept under what was asked for: whatever is chosen meanwhile is another message.
    this.answers = { ...this.answers, [key]: answer };
    if (this.waitsFor === key) this.waitsFor = null;
  }
}

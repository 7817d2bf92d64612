/* A question before something is done; `yes` carries the reason or the amount that was typed. */
import { LightningElement, api } from 'lwc';

export default class Chat2payConfirm extends LightningElement {
  /** {question, told, yes, no, working, input: {label, value, hint, missing, refusal: why what is typed cannot be} or null} */
  @api ask;
  @api busy = false;
  typed = null;
  error = null;
  focused = false;

  renderedCallback() {
    if (this.focused) return;
    this.focused = true;
    this.template.querySelector('[data-id="first"]')?.focus();
  }

  get value() {
    return this.typed ?? this.ask.input?.value ?? '';
  }

  get yesLabel() {
    return this.busy ? this.ask.working : this.ask.yes;
  }

  get hasNoInput() {
    return !this.ask.input;
  }

  handleInput(event) {
    this.typed = event.target.value;
    this.error = null;
    this.dispatchEvent(new CustomEvent('typed', { detail: this.typed }));
  }

  handleYes() {
    if (this.busy) return;
    const text = this.value.trim();
    const error = this.ask.input && (this.ask.input.refusal ?? (text === '' ? this.ask.input.missing : null));
    if (error) {
      this.error = error;
      this.template.querySelector('[data-id="first"]').focus();
      return;
    }
    this.dispatchEvent(new CustomEvent('yes', { detail: text }));
  }

  handleNo() {
    if (!this.busy) this.dispatchEvent(new CustomEvent('no'));
  }
}

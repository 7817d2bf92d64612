/* The time that is left: large digits, what the customer must do until then, and a thin bar. */
import { LightningElement, api } from 'lwc';
import { left } from 'c/chat2payRules';

const SHORT_MS = 60000;

export default class Chat2payCountdown extends LightningElement {
  /** {from, until, label} */
  @api countdown;
  @api now;
  @api wording;

  get whole() {
    const { from, until } = this.countdown;
    return Math.max(1, Date.parse(until) - Date.parse(from ?? until));
  }

  get rest() {
    const rest = Math.max(0, Date.parse(this.countdown.until) - this.now);
    // The clock lags by the travel time of its first answer: never show more than the whole.
    return this.countdown.from ? Math.min(rest, this.whole) : rest;
  }

  get left() {
    return left(this.rest);
  }

  get label() {
    return this.wording.text(this.rest > 0 ? this.countdown.label : 'count_over');
  }

  get boxClass() {
    return this.rest < SHORT_MS ? 'box short' : 'box';
  }

  get barStyle() {
    return `width: ${(100 * Math.min(1, this.rest / this.whole)).toFixed(2)}%`;
  }
}

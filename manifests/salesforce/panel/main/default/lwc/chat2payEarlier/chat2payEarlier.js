/* The other payment requests of an order: when, how much, how each ended, and who sent it. */
import { LightningElement, api } from 'lwc';

export default class Chat2payEarlier extends LightningElement {
  @api requests = [];
  @api wording;
  @api now;

  get summary() {
    return this.wording.text('label_earlier', { count: String(this.requests.length) });
  }

  get lines() {
    const { text, formats } = this.wording;
    return this.requests.map((one) => ({
      key: one.reference,
      pill: text(`status_${one.status}`),
      what: text('amount_by_channel', {
        amount: { amount: one.amount, currency: one.currency },
        channel: one.channel,
      }),
      at: formats.moment(one.sent_at ?? one.created_at, this.now),
      who: text('earlier_line', { agent: one.requested_by?.name, phone_ending: one.phone_ending }),
    }));
  }
}

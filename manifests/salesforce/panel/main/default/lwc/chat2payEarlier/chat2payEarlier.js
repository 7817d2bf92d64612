/* The other payment requests of an order: when, how much, how each ended, who sent it, and who did something to it. */
import { LightningElement, api } from 'lwc';
import { peopleActionsOf, replacementOf } from 'c/chat2payRules';

export default class Chat2payEarlier extends LightningElement {
  @api requests = [];
  /** All requests of the order, the newest first. */
  @api all = [];
  @api wording;
  @api now;

  get summary() {
    return this.wording.text('label_earlier', { count: String(this.requests.length) });
  }

  chainOf(request) {
    const replaced = replacementOf(request, this.all);
    return replaced && this.wording.text(replaced.id, replaced.values);
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
      chain: this.chainOf(one),
      actions: peopleActionsOf(one).map(({ at, id, values }, place) => ({
        key: place,
        at: formats.moment(at, this.now),
        text: text(id, values),
      })),
      who: text('earlier_line', { agent: one.requested_by?.name, phone_ending: one.phone_ending }),
    }));
  }
}

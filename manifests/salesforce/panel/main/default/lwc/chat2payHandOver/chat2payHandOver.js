/* Receipt, reference and link of a request; an address is fetched on a press, and leaves with the state it was for. */
import { LightningElement, api } from 'lwc';
import { asSentence, handOverKey, handOversOf } from 'c/chat2payRules';
import { handOver } from 'c/chat2payServer';

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export default class Chat2payHandOver extends LightningElement {
  @api orderId;
  @api wording;
  /** By what the gateway's back office finds a payment that can only be refunded there; null where none is. */
  @api gatewayReference = null;
  shown = null;
  said = null;
  url = null;
  text = null;
  busy = false;
  isNew = false;

  /** The payment request. */
  @api
  get request() {
    return this.shown;
  }
  set request(value) {
    if (this.shown !== null && handOverKey(this.shown) !== handOverKey(value)) this.clear();
    this.shown = value;
  }

  // What was taken into hand is selected, or can be opened with the next key.
  renderedCallback() {
    if (!this.isNew) return;
    this.isNew = false;
    const field = this.template.querySelector('[data-id="handed-text"]');
    field?.select();
    (field ?? this.template.querySelector('[data-id="handed-open"]'))?.focus();
  }

  get buttons() {
    return handOversOf(this.shown).map(({ name, label }) => ({ name, label: this.wording.text(label) }));
  }

  get gatewayLine() {
    return this.wording.text('gateway_reference', { reference: this.gatewayReference });
  }

  get gatewayLabel() {
    return this.wording.text('button_copy_gateway_reference');
  }

  get hasButtons() {
    return this.buttons.length > 0;
  }

  get promise() {
    return this.buttons.some(({ name }) => name === 'copy_link') ? this.wording.text('link_promise') : null;
  }

  get openLabel() {
    return this.wording.text('button_receipt_open');
  }

  get textLabel() {
    return this.wording.text('label_copied');
  }

  clear() {
    this.said = null;
    this.url = null;
    this.text = null;
  }

  say(sentence) {
    const { id, values } = asSentence(sentence);
    this.said = this.wording.text(id, values);
  }

  async handleGatewayCopy() {
    if (this.busy) return;
    this.clear();
    await this.copy(this.gatewayReference, 'copied');
  }

  async handlePress(event) {
    const { name } = event.target.dataset;
    if (this.busy) return;
    this.clear();
    if (name === 'copy_reference') await this.copy(this.shown.reference, 'copied');
    else await this.take(name);
  }

  async take(verb) {
    const key = handOverKey(this.shown);
    this.busy = true;
    try {
      const { outcome, sentence, url } = await handOver(this.orderId, this.shown.reference, verb);
      // What ended while it was fetched is not handed over.
      if (key !== handOverKey(this.shown)) return;
      if (outcome === 'shown' && verb === 'copy_link') await this.copy(url, sentence);
      else this.show(sentence, url);
    } catch (refused) {
      this.say(refused.sentence);
    } finally {
      this.busy = false;
    }
  }

  show(sentence, url) {
    this.say(sentence);
    this.url = url;
    this.isNew = url !== null;
  }

  async copy(text, done) {
    const isDone = await copied(text);
    this.say(isDone ? done : 'copy_by_hand');
    this.text = isDone ? null : text;
    this.isNew = !isDone;
  }
}

/* The message before it is sent: asked for when it is opened, once for each choice, and shown for that choice only. */
import { createElement } from 'lwc';
import Preview from 'c/chat2payPreview';
import { createWording } from 'c/chat2payRules';
import previewMessage from '@salesforce/apex/Chat2PayPanelController.previewMessage';
import previewReplacement from '@salesforce/apex/Chat2PayPanelController.previewReplacement';
import { textOf } from '../../../../../../jest/panel';
import { NOW, SENTENCES, acted, order, settle, thrown } from '../../../../../../jest/orders';

const wording = createWording({
  sentences: SENTENCES,
  locale: 'en',
  timeZone: 'UTC',
  clock: { now: () => Date.parse(NOW) },
});
const MESSAGE = {
  text: 'Shop: please pay here: https://pay.example/pay/x',
  language: 'en',
  parts: 2,
  characters: 170,
  alphabet: 'GSM-7',
  link: 'https://pay.example/pay/x',
  has_template: false,
  may_offer_reply: false,
};
const shown = (changes = {}) => acted(null, null, { outcome: 'shown', preview: { ...MESSAGE, ...changes } });

async function mounted(changes = {}) {
  const element = createElement('c-chat2pay-preview', { is: Preview });
  Object.assign(element, { order: order(changes), wording, channel: 'sms', amount: '115.00' });
  document.body.appendChild(element);
  await settle();
  return element;
}

async function opened(element) {
  const box = element.shadowRoot.querySelector('details');
  box.open = true;
  box.dispatchEvent(new CustomEvent('toggle'));
  await settle();
}

async function rest() {
  jest.advanceTimersByTime(600);
  await settle();
}

describe('the message before it is sent', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.resetAllMocks();
  });

  it('is asked for only when it is opened, and once', async () => {
    previewMessage.mockResolvedValue(shown());
    const element = await mounted();
    await rest();
    expect(previewMessage).not.toHaveBeenCalled();
    await opened(element);
    await rest();
    await rest();
    expect(previewMessage).toHaveBeenCalledTimes(1);
    expect(previewMessage).toHaveBeenCalledWith({
      orderId: order().order_id,
      channel: 'sms',
      amount: '115.00',
    });
    expect(textOf(element.shadowRoot, 'preview-text')).toBe('Shop: please pay here: [payment link]');
    expect(textOf(element.shadowRoot, 'preview-count')).toBe('2 SMS, 170 characters');
    jest.useRealTimers();
    await expect(document.body).toBeAccessible();
  });

  it('of another choice takes its place, and none is shown in between', async () => {
    previewMessage.mockResolvedValue(shown());
    const element = await mounted();
    await opened(element);
    await rest();
    previewMessage.mockResolvedValue(shown({ text: 'A part', link: null }));
    element.amount = '4';
    await settle();
    element.amount = '40';
    await settle();
    expect(element.shadowRoot.querySelector('[data-id="preview-text"]')).toBeNull();
    expect(textOf(element.shadowRoot, 'preview-note')).toBe(SENTENCES.preview_loading);
    await rest();
    expect(previewMessage).toHaveBeenCalledTimes(2);
    expect(previewMessage.mock.calls[1][0].amount).toBe('40');
    expect(textOf(element.shadowRoot, 'preview-text')).toBe('A part');
  });

  it('of a link that takes another one’s place is asked for by that name', async () => {
    previewReplacement.mockResolvedValue(shown());
    const element = await mounted();
    element.replaces = true;
    await opened(element);
    await rest();
    expect(previewMessage).not.toHaveBeenCalled();
    expect(previewReplacement).toHaveBeenCalledTimes(1);
  });

  it('that cannot be had is said so', async () => {
    previewMessage.mockRejectedValue(thrown({ code: 'no_answer', message: 'No answer.' }));
    const element = await mounted();
    await opened(element);
    await rest();
    expect(textOf(element.shadowRoot, 'preview-note')).toBe(SENTENCES.preview_no_answer);
  });

  it('that the payment core does not show is not asked for', async () => {
    const element = await mounted({ shows_messages: false });
    await opened(element);
    await rest();
    expect(textOf(element.shadowRoot, 'preview-note')).toBe(SENTENCES.preview_not_offered);
    expect(previewMessage).not.toHaveBeenCalled();
  });
});

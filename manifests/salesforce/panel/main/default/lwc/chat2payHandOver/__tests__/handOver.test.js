/* Receipt, reference and link in the agent's hands: on a press, and not longer than it is true. */
import { createElement } from 'lwc';
import HandOver from 'c/chat2payHandOver';
import { createWording } from 'c/chat2payRules';
import copyLink from '@salesforce/apex/Chat2PayPanelController.copyLink';
import showReceipt from '@salesforce/apex/Chat2PayPanelController.showReceipt';
import { textOf } from '../../../../../../jest/panel';
import { NOW, SENTENCES, acted, request, settle, thrown } from '../../../../../../jest/orders';

const URL_OF = 'https://pay.example/pay/secret';
const wording = createWording({
  sentences: SENTENCES,
  locale: 'en',
  timeZone: 'UTC',
  clock: { now: () => Date.parse(NOW) },
});
const live = () => request({ actions: ['copy_link'] });
const shown = (id) => acted(null, null, { outcome: 'shown', sentence: SENTENCES[id], url: URL_OF });

async function mounted(of) {
  const element = createElement('c-chat2pay-hand-over', { is: HandOver });
  Object.assign(element, { orderId: '801000000000001AAA', request: of, wording });
  document.body.appendChild(element);
  await settle();
  return element;
}

async function press(element, name) {
  element.shadowRoot.querySelector(`[data-name="${name}"]`).click();
  await settle();
}

function clipboard(writeText) {
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText } });
}

describe('what an agent takes into hand', () => {
  afterEach(() => {
    document.body.replaceChildren();
    jest.resetAllMocks();
  });

  it('is a link, fetched on a press, copied, and shown nowhere', async () => {
    const writeText = jest.fn(async () => {});
    clipboard(writeText);
    copyLink.mockResolvedValue(shown('link_shown'));
    const element = await mounted(live());
    expect(copyLink).not.toHaveBeenCalled();
    await press(element, 'copy_link');
    expect(copyLink).toHaveBeenCalledWith({ orderId: '801000000000001AAA', reference: 'PR1' });
    expect(writeText).toHaveBeenCalledWith(URL_OF);
    expect(textOf(element.shadowRoot, 'handed')).toBe(SENTENCES.link_shown);
    expect(element.shadowRoot.textContent).not.toContain('secret');
    expect(element.shadowRoot.querySelector('a, input')).toBeNull();
  });

  it('is selected where the browser does not copy, and leaves the page when the link ends', async () => {
    clipboard(async () => {
      throw new Error('denied');
    });
    copyLink.mockResolvedValue(shown('link_shown'));
    const element = await mounted(live());
    await press(element, 'copy_link');
    expect(textOf(element.shadowRoot, 'handed')).toBe(SENTENCES.copy_by_hand);
    expect(element.shadowRoot.querySelector('[data-id="handed-text"]').value).toBe(URL_OF);
    element.request = request({ status: 'expired', live: false, actions: [] });
    await settle();
    expect(element.shadowRoot.querySelector('[data-id="handed-text"]')).toBeNull();
  });

  it('is a receipt to open', async () => {
    showReceipt.mockResolvedValue(shown('receipt_shown'));
    const element = await mounted(request({ status: 'paid', live: false, actions: ['show_receipt'] }));
    await press(element, 'show_receipt');
    const link = element.shadowRoot.querySelector('[data-id="handed-open"]');
    expect([link.href, link.rel]).toEqual([URL_OF, 'noopener noreferrer']);
    await expect(document.body).toBeAccessible();
  });

  it('is the reference of the gateway, as it is written there', async () => {
    const writeText = jest.fn(async () => {});
    clipboard(writeText);
    const element = await mounted(request({ status: 'paid', live: false, actions: [] }));
    expect(element.shadowRoot.querySelector('[data-id="gateway-copy"]')).toBeNull();
    element.gatewayReference = 'TRN-7f3a9';
    await settle();
    element.shadowRoot.querySelector('[data-id="gateway-copy"]').click();
    await settle();
    expect(writeText).toHaveBeenCalledWith('TRN-7f3a9');
    expect(textOf(element.shadowRoot, 'handed')).toBe(SENTENCES.copied);
  });

  it('is refused with the sentence of the connector', async () => {
    copyLink.mockRejectedValue(thrown({ code: 'forbidden', message: 'Links may not be copied in this org.' }));
    const element = await mounted(live());
    await press(element, 'copy_link');
    expect(textOf(element.shadowRoot, 'handed')).toBe('Links may not be copied in this org.');
  });
});

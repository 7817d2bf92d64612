/* The quick action sends, then closes onto the panel. */
import { createElement } from 'lwc';
import Send from 'c/chat2paySend';
import { news } from 'c/chat2payServer';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import send from '@salesforce/apex/Chat2PayPanelController.send';
import { acted, opened, order, request, said, settle, thrown } from '../../../../../../jest/orders';

const ORDER_ID = '801000000000001AAA';

async function mounted(answer) {
  if (answer.body) open.mockRejectedValue(answer);
  else open.mockResolvedValue(opened(answer));
  const element = createElement('c-chat2pay-send', { is: Send });
  element.closed = jest.fn();
  element.addEventListener('lightning__actionsclosescreen', element.closed);
  document.body.appendChild(element);
  element.recordId = ORDER_ID;
  await settle();
  return element;
}

const sendButton = (element) =>
  element.shadowRoot.querySelector('c-chat2pay-form').shadowRoot.querySelector('[data-id="send"]');

describe('the quick action', () => {
  afterEach(() => {
    document.body.replaceChildren();
    jest.resetAllMocks();
  });

  it('sends once, tells the panel, and closes', async () => {
    const element = await mounted(order());
    const told = jest.fn();
    news.addEventListener('sent', told);
    send.mockResolvedValue(acted(null, null, request()));
    sendButton(element).click();
    sendButton(element).click();
    await settle();
    expect(send).toHaveBeenCalledTimes(1);
    expect(told.mock.calls[0][0].detail).toBe(ORDER_ID);
    expect(element.closed).toHaveBeenCalledTimes(1);
    news.removeEventListener('sent', told);
  });

  it('stays open where nothing was sent, and says why', async () => {
    const element = await mounted(order());
    send.mockRejectedValue(thrown({ code: 'core_unavailable', message: 'no', sentence: said('core_unavailable') }));
    sendButton(element).click();
    await settle();
    const form = element.shadowRoot.querySelector('c-chat2pay-form').shadowRoot;
    expect(form.querySelector('[data-id="refusal"]').textContent).toBe(
      'Payments cannot be sent now. Nothing went out.',
    );
    expect(element.closed).not.toHaveBeenCalled();
  });

  it('reads a changed order again, so that the button names the new amount', async () => {
    const element = await mounted(order());
    open.mockResolvedValue(opened(order({ total: '90.00', limits: { parts: false, maximum: '90.00' } })));
    send.mockRejectedValue(thrown({ code: 'order_changed', message: 'no', sentence: said('panel_order_changed') }));
    sendButton(element).click();
    await settle();
    expect(sendButton(element).label).toBe('Send R90.00 by SMS');
  });

  it('says why an order cannot be opened', async () => {
    const element = await mounted(thrown({ code: 'no_access', message: 'no', sentence: said('panel_no_access') }));
    expect(element.shadowRoot.querySelector('[data-id="failed"]').textContent).toContain('You cannot see this order');
  });

  it('is accessible', async () => {
    await expect(await mounted(order())).toBeAccessible();
  });
});

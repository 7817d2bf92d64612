/* What the panel does: sends once, asks before it moves money, polls while it is seen, and says when it is not fresh. */
import { createElement } from 'lwc';
import Panel from 'c/chat2payPanel';
import { news } from 'c/chat2payServer';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import readPhone from '@salesforce/apex/Chat2PayPanelController.readPhone';
import send from '@salesforce/apex/Chat2PayPanelController.send';
import replace from '@salesforce/apex/Chat2PayPanelController.replace';
import cancel from '@salesforce/apex/Chat2PayPanelController.cancel';
import { button, confirmOf, part, press, textOf } from '../../../../../../jest/panel';
import { acted, ofRequest, opened, order, request, said, settle, thrown } from '../../../../../../jest/orders';

const ORDER_ID = '801000000000001AAA';
let hidden = false;

async function mounted(answer) {
  version.mockResolvedValue('1');
  open.mockResolvedValue(opened(answer));
  const element = createElement('c-chat2pay-panel', { is: Panel });
  element.recordId = ORDER_ID;
  document.body.appendChild(element);
  await settle();
  return element;
}

async function typeNumber(element, number) {
  const input = part(element, 'form').querySelector('[data-id="phone"]');
  input.value = number;
  input.dispatchEvent(new CustomEvent('change'));
  await settle();
}

async function see(isHidden) {
  hidden = isHidden;
  document.dispatchEvent(new Event('visibilitychange'));
  await settle();
}

describe('the panel', () => {
  beforeEach(() => {
    hidden = false;
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    jest.useFakeTimers();
  });
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.restoreAllMocks();
    jest.resetAllMocks();
  });

  it('sends once for two clicks, under one key, with what the agent looked at', async () => {
    const element = await mounted(order());
    send.mockReturnValue(new Promise(() => {}));
    const target = part(element, 'form').querySelector('[data-id="send"]');
    expect(target.label).toBe('Send R115.00 by SMS');
    target.click();
    await press(target);
    expect(send).toHaveBeenCalledTimes(1);
    const [{ orderId, command, idempotencyKey }] = send.mock.calls[0];
    expect(orderId).toBe(ORDER_ID);
    expect(command).toEqual({
      channel: 'sms',
      phone: null,
      phoneConfirmed: null,
      purpose: 'full',
      amount: null,
      customerAgreed: null,
      seen: 'mark',
    });
    expect(idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('begins nothing when it is gone before its sentences have come', async () => {
    version.mockResolvedValue('1');
    open.mockResolvedValue(opened(order()));
    const element = createElement('c-chat2pay-panel', { is: Panel });
    element.recordId = ORDER_ID;
    document.body.appendChild(element);
    element.remove();
    await settle();
    await jest.advanceTimersByTimeAsync(60000);
    expect(version).not.toHaveBeenCalled();
  });

  it('shows what was sent at once and has a screen reader announce it once', async () => {
    const element = await mounted(order());
    send.mockResolvedValue(acted(null, null, request()));
    open.mockResolvedValue(opened(ofRequest({})));
    await press(part(element, 'form').querySelector('[data-id="send"]'));
    expect(textOf(part(element, 'status'), 'sentence')).toContain('Sent 10:43:50 by SMS');
    const announcer = element.shadowRoot.querySelector('[data-id="announcer"]');
    const changed = jest.fn();
    new MutationObserver(changed).observe(announcer, { characterData: true, childList: true, subtree: true });
    await jest.advanceTimersByTimeAsync(5000);
    // Focus has gone to the sentence, which is read for that reason: the live region says nothing.
    expect(changed).not.toHaveBeenCalled();
    expect(announcer.textContent).toBe('');
  });

  it('has a changed number read back before it sends', async () => {
    const element = await mounted(order());
    await typeNumber(element, '083 765 4321');
    readPhone.mockResolvedValue(
      acted(null, null, {
        outcome: 'read',
        sentence: null,
        readings: [{ number: '27837654321', shown: '+27 83 765 4321', country_name: 'South Africa', warning: null }],
      }),
    );
    await press(part(element, 'form').querySelector('[data-id="send"]'));
    expect(send).not.toHaveBeenCalled();
    expect(textOf(part(element, 'form'), 'read-back')).toContain('it ends in 4321. Read it back');
    send.mockResolvedValue(acted(null, null, request()));
    await press(button(part(element, 'form'), 'The number is right, send'));
    expect(send.mock.calls[0][0].command.phone).toBe('27837654321');
  });

  it('keeps no card number that is typed for a phone', async () => {
    const element = await mounted(order());
    await typeNumber(element, ['4111', '1111', '1111', '1111'].join(' '));
    await press(part(element, 'form').querySelector('[data-id="send"]'));
    expect(readPhone).not.toHaveBeenCalled();
    expect(part(element, 'form').querySelector('[data-id="phone"]').value).toBe('');
  });

  it('asks for consent where the channel needs it', async () => {
    const element = await mounted(order({ consents: { sms: { state: 'ask', sentence: null } } }));
    await press(part(element, 'form').querySelector('[data-id="send"]'));
    expect(send).not.toHaveBeenCalled();
    const tick = part(element, 'form').querySelector('[data-id="agreed"]');
    tick.checked = true;
    tick.dispatchEvent(new CustomEvent('change'));
    await settle();
    send.mockResolvedValue(acted(null, null, request()));
    await press(part(element, 'form').querySelector('[data-id="send"]'));
    expect(send.mock.calls[0][0].command.customerAgreed).toBe(true);
  });

  it('cancels after a question, and shows the answer', async () => {
    const element = await mounted(ofRequest({}));
    await press(button(part(element, 'status'), 'Cancel payment'));
    expect(cancel).not.toHaveBeenCalled();
    const cancelled = { status: 'cancelled', live: false };
    cancel.mockResolvedValue(acted('cancelled', 'Cancelled. The link no longer works.', request(cancelled)));
    open.mockResolvedValue(opened(ofRequest(cancelled)));
    const yes = button(confirmOf(element), 'Yes, cancel it');
    yes.click();
    await press(yes);
    expect(cancel).toHaveBeenCalledTimes(1);
    expect(cancel.mock.calls[0][0]).toMatchObject({ orderId: ORDER_ID, reference: 'PR1' });
    expect(textOf(element.shadowRoot, 'notice')).toBe('Cancelled. The link no longer works.');
  });

  it('replaces under the mark of the order, for the amount that the question names', async () => {
    const element = await mounted({
      ...ofRequest({}),
      total: '90.00',
      amount_due: '90.00',
      limits: { parts: false, maximum: '90.00' },
    });
    await press(button(part(element, 'status'), 'Replace'));
    expect(confirmOf(element).querySelector('p').textContent).toContain('R90.00 by SMS');
    replace.mockResolvedValue(acted('replaced', 'The new one was sent.', request({ reference: 'PR2' })));
    await press(button(confirmOf(element), 'Yes, replace it'));
    expect(replace.mock.calls[0][0]).toMatchObject({ reference: 'PR1', command: { channel: 'sms', seen: 'mark' } });
  });

  it.each([
    ['1.5 s while the customer may pay', () => ofRequest({}), 1500],
    ['3 s while something else is awaited', () => ofRequest({ live: false, status: 'in_review' }), 3000],
    ['10 s otherwise', () => order(), 10000],
  ])('looks every %s', async (_, shown, every) => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    await mounted(shown());
    expect(version).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(3 * every + 100);
    expect(version).toHaveBeenCalledTimes(4);
    await jest.advanceTimersByTimeAsync(every - 200);
    expect(version).toHaveBeenCalledTimes(4);
  });

  it('asks nothing while hidden or gone, and at once when it is seen again', async () => {
    const element = await mounted(ofRequest({}));
    await see(true);
    version.mockClear();
    await jest.advanceTimersByTimeAsync(60000);
    expect(version).not.toHaveBeenCalled();
    await see(false);
    expect(version).toHaveBeenCalledTimes(1);
    element.remove();
    version.mockClear();
    await jest.advanceTimersByTimeAsync(60000);
    expect(version).not.toHaveBeenCalled();
  });

  it('never has two looks under way', async () => {
    await mounted(ofRequest({}));
    version.mockReturnValue(new Promise(() => {}));
    await jest.advanceTimersByTimeAsync(3100);
    version.mockClear();
    await jest.advanceTimersByTimeAsync(30000);
    news.dispatchEvent(new CustomEvent('sent', { detail: ORDER_ID }));
    await settle();
    expect(version).not.toHaveBeenCalled();
  });

  it('opens the order again only when Salesforce has news of it, or after a while', async () => {
    await mounted(ofRequest({}));
    await jest.advanceTimersByTimeAsync(6100);
    expect(open).toHaveBeenCalledTimes(1);
    version.mockResolvedValue('2');
    await jest.advanceTimersByTimeAsync(3000);
    expect(open).toHaveBeenCalledTimes(2);
    await jest.advanceTimersByTimeAsync(18000);
    expect(open).toHaveBeenCalledTimes(3);
  });

  it('says after two lost looks from when it is, and stops saying so', async () => {
    const element = await mounted(ofRequest({}));
    version.mockRejectedValue(new Error('lost'));
    await jest.advanceTimersByTimeAsync(3100);
    expect(textOf(element.shadowRoot, 'stale')).toBeUndefined();
    await jest.advanceTimersByTimeAsync(10100);
    expect(textOf(element.shadowRoot, 'stale')).toMatch(/^Connection lost\. What you see is from 10:44:\d\d\.$/);
    version.mockResolvedValue('1');
    await jest.advanceTimersByTimeAsync(10100);
    expect(textOf(element.shadowRoot, 'stale')).toBeUndefined();
  });

  it('follows what the quick action sent', async () => {
    await mounted(order());
    news.dispatchEvent(new CustomEvent('sent', { detail: ORDER_ID }));
    await settle();
    expect(open).toHaveBeenCalledTimes(2);
  });

  it('moves the focus to the answer', async () => {
    const element = await mounted(ofRequest({}));
    await press(button(part(element, 'status'), 'Cancel payment'));
    cancel.mockRejectedValue(thrown({ code: 'rate', message: 'no', sentence: said('cancel_unknown') }));
    await press(button(confirmOf(element), 'Yes, cancel it'));
    expect(element.shadowRoot.activeElement?.dataset.id).toBe('notice');
  });
});

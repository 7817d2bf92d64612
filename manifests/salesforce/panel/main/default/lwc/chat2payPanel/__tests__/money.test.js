/* Money on the panel: taken whole or in part, given back, each by a question that names the amount; or why it is not. */
import { createElement } from 'lwc';
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import capture from '@salesforce/apex/Chat2PayPanelController.capture';
import reverse from '@salesforce/apex/Chat2PayPanelController.reverse';
import send from '@salesforce/apex/Chat2PayPanelController.send';
import { button, confirmOf, part, press, textOf } from '../../../../../../jest/panel';
import { acted, at, ofRequest, opened, order, request, said, settle } from '../../../../../../jest/orders';

const ORDER_ID = '801000000000001AAA';
const held = {
  live: false,
  status: 'authorized',
  amount_authorized: '115.00',
  actions: ['capture', 'reverse'],
  finished_at: at('10:43:59'),
};

async function mounted(answer) {
  version.mockResolvedValue('1');
  open.mockResolvedValue(opened(answer));
  const element = createElement('c-chat2pay-panel', { is: Panel });
  element.recordId = ORDER_ID;
  document.body.appendChild(element);
  await settle();
  return element;
}

async function typed(element, text) {
  const input = confirmOf(element).querySelector('lightning-input');
  input.value = text;
  input.dispatchEvent(new CustomEvent('change'));
  await settle();
}

afterEach(() => {
  document.body.replaceChildren();
  jest.clearAllMocks();
});

describe('the panel', () => {
  it.each([
    ['Take R115.00', 'Take R115.00 from the customer’s account now?', 'Yes, take it', () => capture, { amount: null }],
    ['Release R115.00', 'Release the R115.00 that is held?', 'Yes, release it', () => reverse, {}],
  ])('names the amount before it does: %s', async (label, question, yes, verb, parameters) => {
    const element = await mounted(ofRequest(held));
    await press(button(part(element, 'status'), label));
    expect(confirmOf(element).querySelector('p').textContent).toContain(question.replace('’', "'"));
    verb().mockResolvedValue(acted('captured', 'Taken.', request(held)));
    await press(button(confirmOf(element), yes));
    expect(verb().mock.calls[0][0]).toMatchObject({ orderId: ORDER_ID, reference: 'PR1', ...parameters });
  });

  it('takes a part of what is held, named in the question', async () => {
    const element = await mounted(ofRequest(held));
    await press(button(part(element, 'status'), 'Take R115.00'));
    const input = confirmOf(element).querySelector('lightning-input');
    input.value = '40.00';
    input.dispatchEvent(new CustomEvent('change'));
    await settle();
    expect(confirmOf(element).querySelector('p').textContent).toContain('Take R40.00');
    capture.mockResolvedValue(acted('captured', 'Taken: R40.00.', request(held)));
    await press(button(confirmOf(element), 'Yes, take it'));
    expect(capture.mock.calls[0][0].amount).toBe('40.00');
  });

  it('reads an amount as it is typed here, and says what is not taken', async () => {
    const element = await mounted(ofRequest(held));
    await press(button(part(element, 'status'), 'Take R115.00'));
    await typed(element, '40,50');
    expect(confirmOf(element).querySelector('p').textContent).toContain('Take R40.50');
    expect(confirmOf(element).querySelector('[data-id="told"]').textContent).toBe(
      'R74.50 of the held R115.00 is not taken by this.',
    );
    capture.mockResolvedValue(acted('captured', 'Taken.', request(held)));
    await press(button(confirmOf(element), 'Yes, take it'));
    expect(capture.mock.calls[0][0].amount).toBe('40.50');
  });

  it.each([
    ['forty', 'Type one amount'],
    ['', 'Type one amount'],
    ['1000', 'At most R115.00.'],
  ])('takes nothing where "%s" is typed, and says what would be right', async (text, error) => {
    const element = await mounted(ofRequest(held));
    await press(button(part(element, 'status'), 'Take R115.00'));
    await typed(element, text);
    await press(button(confirmOf(element), 'Yes, take it'));
    expect(capture).not.toHaveBeenCalled();
    expect(confirmOf(element).querySelector('[role="alert"]').textContent).toContain(error);
  });

  it('takes no more than is due', async () => {
    const element = await mounted({ ...ofRequest(held), amount_due: '100.00' });
    expect(button(part(element, 'status'), 'Take R100.00')).toBeTruthy();
  });

  it('shows why money cannot be moved here, and by what reference the gateway finds it', async () => {
    const settled = { ...held, actions: [], settled: true, reconciliation_reference: 'TRN-7f3a9' };
    const element = await mounted(ofRequest({ ...settled, money_off: [said('reverse_too_late_refund_at_gateway')] }));
    expect(part(element, 'status').querySelector('[data-id="money-off"]').textContent).toContain(
      'Refund at the gateway',
    );
    const handOver = part(element, 'status').querySelector('c-chat2pay-hand-over').shadowRoot;
    expect(textOf(handOver, 'gateway')).toBe('Look there for TRN-7f3a9.');
  });

  async function withPart(text) {
    const element = await mounted(order({ limits: { parts: true, maximum: '115.00' } }));
    const form = part(element, 'form');
    const input = form.querySelector('[data-id="amount"]');
    input.value = text;
    input.dispatchEvent(new CustomEvent('change'));
    await settle();
    return form;
  }

  it('asks for a deposit in per cent, and says before what stays due', async () => {
    const form = await withPart('30 %');
    expect(form.querySelector('[data-id="amount-hint"]').textContent).toBe('Asks for R34.50 now. R80.50 stays due.');
    expect(form.querySelector('c-chat2pay-preview').amount).toBe('34.50');
    const target = form.querySelector('[data-id="send"]');
    expect(target.label).toBe('Send R34.50 by SMS');
    send.mockReturnValue(new Promise(() => {}));
    await press(target);
    expect(send.mock.calls[0][0].command).toMatchObject({ purpose: 'deposit', amount: '34.50' });
  });

  it('sends nothing for more than is due, and says what would be right', async () => {
    const form = await withPart('116');
    await press(form.querySelector('[data-id="send"]'));
    expect(send).not.toHaveBeenCalled();
    expect(form.querySelector('[data-id="amount-error"]').textContent).toBe('At most R115.00.');
  });
});

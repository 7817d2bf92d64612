/* What the panel says of an action, and when it says so no longer. */
import { createElement } from 'lwc';
import Panel from 'c/chat2payPanel';
import { news } from 'c/chat2payServer';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import cancel from '@salesforce/apex/Chat2PayPanelController.cancel';
import send from '@salesforce/apex/Chat2PayPanelController.send';
import { button, confirmOf, part, press, textOf } from '../../../../../../jest/panel';
import {
  SENTENCES,
  acted,
  ofRequest,
  opened,
  order,
  request,
  said,
  settle,
  thrown,
} from '../../../../../../jest/orders';

const ORDER_ID = '801000000000001AAA';
const LINK = { message: 'sent', link: 'opened', money: 'none' };
const answers = {
  unknown: () => cancel.mockResolvedValue(acted('unknown', 'We are finding out.', request({}))),
  refused: () => cancel.mockRejectedValue(thrown({ code: 'rate', message: 'no', sentence: said('cancel_unknown') })),
  lost: () => cancel.mockRejectedValue(new Error('lost')),
};
const laterStates = {
  opened: ofRequest({ status: 'opened', states: LINK }),
  expired: ofRequest({ status: 'expired', live: false, actions: ['refresh'] }),
  paid: ofRequest({ status: 'paid', live: false, states: { ...LINK, money: 'paid' }, amount_paid: '115.00' }),
  another: order({ payment_requests: [request({ reference: 'PR2' }), request({ status: 'cancelled', live: false })] }),
};
const due = (amount) => order({ total: amount, amount_due: amount, limits: { parts: false, maximum: amount } });

async function mounted(answer) {
  version.mockResolvedValue('1');
  open.mockResolvedValue(opened(answer));
  const element = createElement('c-chat2pay-panel', { is: Panel });
  element.recordId = ORDER_ID;
  document.body.appendChild(element);
  await settle();
  return element;
}

async function reread(answer, mark) {
  version.mockResolvedValue(mark);
  open.mockResolvedValue(opened(answer));
  news.dispatchEvent(new CustomEvent('sent', { detail: ORDER_ID }));
  await settle();
}

const notice = (element) => textOf(element.shadowRoot, 'notice');
const formError = (element) => textOf(part(element, 'form'), 'refusal');

describe('what the panel says of an action', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.resetAllMocks();
  });

  it.each(Object.keys(answers).flatMap((name) => Object.keys(laterStates).map((state) => [name, state])))(
    'is gone once what it speaks of moves on: %s, then %s',
    async (name, state) => {
      const element = await mounted(ofRequest({}));
      await press(button(part(element, 'status'), 'Cancel payment'));
      answers[name]();
      await press(button(confirmOf(element), 'Yes, cancel it'));
      expect(notice(element)).toBeTruthy();
      await reread(ofRequest({}), '2');
      expect(notice(element)).toBeTruthy();
      await reread(laterStates[state], '3');
      expect(notice(element)).toBeUndefined();
    },
  );

  it('of a refused send stays with the order that it was refused for, and goes with the next', async () => {
    const element = await mounted(order());
    send.mockRejectedValue(thrown({ code: 'conflict', message: 'The order is another now.' }));
    open.mockResolvedValue(opened(due('120.00')));
    await press(part(element, 'form').querySelector('[data-id="send"]'));
    expect(formError(element)).toBe('The order is another now.');
    await reread(due('120.00'), '2');
    expect(formError(element)).toBe('The order is another now.');
    await reread(due('130.00'), '3');
    expect(formError(element)).toBeUndefined();
  });

  it('stays where the core took nothing and the request that it refused takes the place of the form', async () => {
    const element = await mounted(order());
    const sentence = said('core_unavailable');
    send.mockRejectedValue(thrown({ code: 'outcome_unknown', cause: 'core_unavailable', message: 'no', sentence }));
    const states = { message: 'failed', link: 'none', money: 'none' };
    open.mockResolvedValue(opened(order({ payment_requests: [request({ status: 'created', live: false, states })] })));
    await press(button(part(element, 'form'), 'Send R115.00 by SMS'));
    expect(notice(element)).toBe(SENTENCES.core_unavailable);
    expect(part(element, 'status').querySelector('[data-id="pill"]').textContent).toBe('Not sent');
  });
});

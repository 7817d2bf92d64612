/* Every state that the panel can show: the sentence, the status word and the buttons, as the agent's page has them. */
import { createElement } from 'lwc';
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import { at, ofRequest, opened, order, said, settle, thrown } from '../../../../../../jest/orders';

const ANY_WORD = expect.stringMatching(/^[A-Z]/);
const ANY_BUTTONS = expect.any(Array);
const ended = { live: false, actions: ['refresh'], finished_at: at('10:43:59') };
const money = (amount, currency = 'ZAR') => ({ amount, currency });
const main = (id, values) => ({ sentences: [{ ...said(id, values), from: null }] });
const facts = { order_number: '00000100', amount: money('115.00'), at: at('10:43:59'), reference: 'PR1' };
const authorized = { ...ended, status: 'authorized', amount_authorized: '115.00', ...main('authorized') };

const UNSENT = { message: 'failed', link: 'sent', money: 'none' };
const failed = (remedy, ...sentence) => ({ states: UNSENT, remedy, ...main(...sentence) });

// state, the request's fields, a part of the sentence, the status word, the buttons; null: not what this row is about
const STATES = [
  ['sent', {}, 'Sent 10:43:50 by SMS to a number ending 4567.', 'Sent', ['Cancel payment']],
  [
    'no delivery report',
    main('no_delivery_report'),
    'this channel sends no delivery report',
    'Sent',
    ['Cancel payment'],
  ],
  [
    'cannot deliver',
    failed('other_channel', 'cannot_deliver', { channel: 'sms' }),
    'SMS cannot reach this number.',
    'Sent',
    ['Send by WhatsApp instead', 'Use another number', 'Cancel payment'],
  ],
  [
    'a number that is not in use',
    failed('other_number', 'failed_unknown_number', { phone_ending: '4567' }),
    'The number ending 4567 is not in use.',
    'Sent',
    ['Use another number', 'Cancel payment'],
  ],
  [
    'unopened for long',
    { sent_at: at('10:42:30'), ...main('not_opened', { until: at('10:48:00'), phone_ending: '4567' }) },
    'Not opened yet, 4:00 left. Check the number: it ends in 4567.',
    'Sent',
    ['Send by WhatsApp instead', 'Use another number', 'Cancel payment'],
  ],
  [
    'probably a preview',
    { probable_preview: true, status: 'opened', ...main('probable_preview') },
    'probably a preview, not the customer',
    'Sent',
    ['Cancel payment'],
  ],
  [
    'opened',
    {
      status: 'opened',
      opened_at: at('10:43:10'),
      pay_by: at('10:58:20'),
      actions: ['refresh'],
      ...main('opened', { at: at('10:43:10'), until: at('10:58:20') }),
    },
    'Opened 10:43:10, 14:20 left to pay.',
    'Opened',
    [],
  ],
  [
    'expired unopened',
    { ...ended, status: 'expired', ...main('expired_unopened') },
    'No money was taken.',
    'Expired',
    ['Send again'],
  ],
  [
    'expired after opening',
    { ...ended, status: 'expired', ...main('expired_after_opening') },
    'The time to pay ran out.',
    'Expired',
    ['Send again'],
  ],
  [
    'declined',
    { status: 'declined', actions: ['refresh'], ...main('declined', { until: at('10:57:00') }) },
    'The bank said no. The link works until 10:57',
    'Declined',
    [],
  ],
  [
    'in review',
    { status: 'in_review', live: false, actions: ['refresh'], ...main('in_review') },
    'Do not ship, do not send again.',
    null,
    null,
  ],
  [
    'held',
    { ...authorized, actions: ['refresh', 'capture', 'reverse'] },
    'Held, not taken.',
    null,
    ['Send again', 'Take R115.00', 'Release R115.00'],
  ],
  ['held, without the rights', authorized, 'Held, not taken.', null, ['Send again']],
  [
    'paid',
    {
      ...ended,
      status: 'paid',
      amount_paid: '115.00',
      ...main('paid_written', { at: at('10:43:59'), written_at: at('10:44:00') }),
    },
    'Paid, confirmed 10:43:59. Written to Salesforce 10:44:00.',
    'Paid',
    null,
  ],
  [
    'paid, may be reversed',
    {
      ...ended,
      status: 'paid',
      amount_paid: '115.00',
      actions: ['reverse'],
      ...main('paid_waiting', { at: at('10:43:59') }),
    },
    'Salesforce is not updated yet',
    'Paid',
    ['Send again', 'Give back R115.00'],
  ],
  [
    'paid, order refuses',
    { ...ended, status: 'paid', ...main('paid_order_refuses', { reason: 'locked' }) },
    'Paid and recorded.',
    'Paid',
    null,
  ],
  [
    'paid after close',
    { ...ended, status: 'paid', ...main('paid_after_close', facts) },
    'Do not send again. Tell your supervisor',
    'Paid',
    null,
  ],
  [
    'overpaid',
    { ...ended, status: 'paid', ...main('overpaid', { a: money('115.00'), b: money('115.00') }) },
    'Paid twice: R115.00 and R115.00.',
    'Paid',
    null,
  ],
  [
    'unknown',
    { status: 'unknown', sent_at: null, ...main('unknown') },
    'Do not send again; we are finding out.',
    null,
    ['Cancel payment'],
  ],
  [
    'unknown for long',
    { status: 'unknown', actions: ['refresh', 'release'], ...main('unknown_long', facts) },
    'Still unknown. Tell your supervisor',
    null,
    ['Release the order'],
  ],
  [
    'cancelled',
    { ...ended, status: 'cancelled', ...main('cancelled_told') },
    'Cancelled. The link no longer works. The customer was told.',
    'Cancelled',
    ['Send again'],
  ],
  [
    'cancelled, not told',
    { ...ended, status: 'cancelled', ...main('cancelled_not_told', { reason: 'no number' }) },
    'could not be told: no number',
    'Cancelled',
    ['Send again'],
  ],
  [
    'a colleague’s link',
    {
      requested_by: { id: '005000000000002AAA', name: 'Sipho' },
      actions: ['refresh'],
      ...main('colleague_link', { agent: 'Sipho', at: at('10:43:50'), until: at('10:47:10') }),
    },
    'Sipho sent a link at 10:43; 3:10 left.',
    'Sent',
    [],
  ],
  ['reversed', { ...ended, status: 'reversed', ...main('reversed') }, 'This payment no longer counts.', null, null],
];

const REFUSALS = [
  'already_paid',
  'no_right',
  'no_channel',
  'currency_not_offered',
  'org_disabled',
  'amount_missing',
  'rights_unread',
];
const WITHOUT_ORDER = ['wrong_org', 'not_set_up', 'no_access', 'no_answer', 'internal'];

async function mounted(answer) {
  version.mockResolvedValue('1');
  if (answer instanceof Error || answer.body?.message) open.mockRejectedValue(answer);
  else open.mockResolvedValue(opened(answer));
  const element = createElement('c-chat2pay-panel', { is: Panel });
  element.recordId = '801000000000001AAA';
  document.body.appendChild(element);
  await settle();
  return element;
}

const statusOf = (element) => element.shadowRoot.querySelector('c-chat2pay-status')?.shadowRoot;
const formOf = (element) => element.shadowRoot.querySelector('c-chat2pay-form')?.shadowRoot;
const textOf = (root, id) => root.querySelector(`[data-id="${id}"]`)?.textContent;
const labels = (root) => [...root.querySelectorAll('lightning-button')].map((one) => one.label);

describe('the panel', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
  });

  it.each(STATES)('shows %s', async (_name, fields, sentence, word, buttons) => {
    const given = ofRequest(fields);
    const element = await mounted({ ...given, can_send: !given.payment_requests[0].live });
    const status = statusOf(element);
    expect(textOf(status, 'sentence')).toContain(sentence);
    expect(textOf(status, 'pill')).toEqual(word ?? ANY_WORD);
    expect(labels(status)).toEqual(buttons ?? ANY_BUTTONS);
  });

  it.each(STATES.slice(0, 12))('is accessible in the state %s', async (_name, fields) => {
    const element = await mounted(ofRequest(fields));
    jest.useRealTimers();
    await expect(element).toBeAccessible();
  });

  it.each(REFUSALS)('says why nothing can be sent: %s', async (id) => {
    const element = await mounted(order({ can_send: false, send_off: said(id, { admin: 'it@example.com' }) }));
    expect(textOf(formOf(element), 'problem')).toMatch(/^[A-Z].+\.$/);
    expect(formOf(element).querySelector('[data-id="send"]').disabled).toBe(true);
  });

  it.each(WITHOUT_ORDER)('shows no order when Apex says %s', async (code) => {
    const element = await mounted(thrown({ code, message: code, sentence: said(`panel_${code}`) }));
    expect(textOf(element.shadowRoot, 'failed')).toMatch(/^[A-Z].+\.$/);
    expect(statusOf(element)).toBeUndefined();
    expect(formOf(element)).toBeUndefined();
  });

  it('says that the amount changed, and offers to replace', async () => {
    const given = ofRequest({});
    const element = await mounted({
      ...given,
      total: '90.00',
      amount_due: '90.00',
      limits: { parts: false, maximum: '90.00' },
    });
    expect(textOf(statusOf(element), 'warning')).toBe('The order is now R90.00; the link asks for R115.00.');
    expect(labels(statusOf(element))).toEqual(['Replace', 'Cancel payment']);
  });

  it('says what is still due of an order that is paid in part, and offers the rest', async () => {
    const partly = {
      can_send: true,
      amount_paid: '40.00',
      amount_due: '75.00',
      payment_state: 'part_paid',
      sentences: [said('order_part_paid', { paid: money('40.00'), total: money('115.00'), due: money('75.00') })],
    };
    const element = await mounted({
      ...ofRequest({
        ...ended,
        status: 'part_paid',
        ...main('part_paid_written', {
          paid: money('40.00'),
          amount: money('115.00'),
          at: at('10:43:59'),
          written_at: at('10:44:00'),
        }),
      }),
      ...partly,
    });
    expect(textOf(statusOf(element), 'warning')).toBe('Paid R40.00 of R115.00. Still due R75.00.');
    expect(labels(statusOf(element))).toEqual(['Send the rest']);
  });

  it('wears a banner where no real money moves', async () => {
    const element = await mounted(order({ environment: 'SANDBOX' }));
    expect(textOf(element.shadowRoot, 'test')).toBe('TEST: no real money moves');
    const live = await mounted(order());
    expect(textOf(live.shadowRoot, 'test')).toBeUndefined();
  });
});

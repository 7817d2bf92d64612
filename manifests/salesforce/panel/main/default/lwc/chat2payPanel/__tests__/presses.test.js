/* One press does one thing: it keeps its key while it may have been done, and the next press has another. */
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import send from '@salesforce/apex/Chat2PayPanelController.send';
import replace from '@salesforce/apex/Chat2PayPanelController.replace';
import refresh from '@salesforce/apex/Chat2PayPanelController.refresh';
import cancel from '@salesforce/apex/Chat2PayPanelController.cancel';
import capture from '@salesforce/apex/Chat2PayPanelController.capture';
import { button, confirmOf, mountPanel, part, press, textOf } from '../../../../../../jest/panel';
import { acted, at, ofRequest, opened, order, request, said, thrown } from '../../../../../../jest/orders';

const held = {
  live: false,
  status: 'authorized',
  amount_authorized: '115.00',
  actions: ['capture', 'reverse'],
  finished_at: at('10:43:59'),
};

const mounted = (answer) => mountPanel(Panel, { open, version }, opened(answer));

describe('a press', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.resetAllMocks();
  });

  it('repeats a press without an answer under the same key, and the next one under another', async () => {
    const element = await mounted(order());
    const target = () => part(element, 'form').querySelector('[data-id="send"]');
    send.mockRejectedValueOnce(new Error('lost'));
    await press(target());
    expect(textOf(part(element, 'form'), 'refusal')).not.toBe('');
    send.mockRejectedValueOnce(thrown({ code: 'core_unavailable', message: 'no', sentence: said('core_unavailable') }));
    await press(target());
    expect(textOf(part(element, 'form'), 'refusal')).toBe('Payments cannot be sent now. Nothing went out.');
    send.mockResolvedValueOnce(acted(null, null, request()));
    await press(target());
    const keys = send.mock.calls.map(([{ idempotencyKey }]) => idempotencyKey);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  it('that sends is not told that its own link stands in its way', async () => {
    const element = await mounted(order());
    send.mockReturnValue(new Promise(() => {}));
    await press(part(element, 'form').querySelector('[data-id="send"]'));
    version.mockResolvedValue('2');
    open.mockResolvedValue(opened(order({ can_send: false, send_off: said('live_link') })));
    await jest.advanceTimersByTimeAsync(30000);
    expect(open.mock.calls.length).toBeGreaterThan(1);
    expect(textOf(part(element, 'form'), 'problems')).toBeUndefined();
    expect(part(element, 'form').querySelector('[data-id="send"]').label).toBe('Sending…');
  });

  it('keeps the key of a press that may have been done, whatever is asked meanwhile', async () => {
    const element = await mounted(ofRequest(held));
    const take = async () => {
      await press(button(part(element, 'status'), 'Take R115.00'));
      await press(button(confirmOf(element), 'Yes, take it'));
    };
    capture.mockRejectedValueOnce(new Error('lost'));
    await take();
    // Neither was looked at under the key: the first press may still have been done.
    capture.mockRejectedValueOnce(thrown({ code: 'no_answer', message: 'no', sentence: said('panel_no_answer') }));
    await take();
    capture.mockRejectedValueOnce(thrown({ code: 'limit_reached', message: 'no', sentence: said('panel_no_answer') }));
    await take();
    capture.mockResolvedValue(acted('captured', 'Taken.', request(held)));
    await take();
    await take();
    const keys = capture.mock.calls.map(([{ idempotencyKey }]) => idempotencyKey);
    expect(new Set(keys.slice(0, 4)).size).toBe(1);
    expect(keys[4]).not.toBe(keys[0]);
  });

  it('keeps the key of a cancellation while the panel renews an old proof', async () => {
    const old = { proven_at: at('10:30:00') };
    refresh.mockResolvedValue(acted('fresh', null, request(old)));
    const element = await mounted(ofRequest(old));
    const close = async () => {
      await press(button(part(element, 'status'), 'Cancel payment'));
      await press(button(confirmOf(element), 'Yes, cancel it'));
    };
    cancel.mockRejectedValue(new Error('lost'));
    await close();
    await jest.advanceTimersByTimeAsync(70000);
    expect(refresh.mock.calls.length).toBeGreaterThan(1);
    await close();
    const keys = cancel.mock.calls.map(([{ idempotencyKey }]) => idempotencyKey);
    expect(keys[1]).toBe(keys[0]);
  });

  it('sends anew under another key once the lost send has shown up', async () => {
    const element = await mounted(order());
    send.mockRejectedValueOnce(new Error('lost'));
    const expired = { status: 'expired', live: false, finished_at: at('10:43:59'), actions: [] };
    open.mockResolvedValue(opened({ ...ofRequest(expired), can_send: true, send_off: null }));
    await press(part(element, 'form').querySelector('[data-id="send"]'));
    expect(part(element, 'status')).not.toBeNull();
    await press(button(part(element, 'status'), 'Send again'));
    replace.mockResolvedValue(acted('replaced', said('replace_replaced'), request({ reference: 'PR2' })));
    await press(part(element, 'form').querySelector('[data-id="send"]'));
    const keys = [send, replace].map((one) => one.mock.calls.map(([{ idempotencyKey }]) => idempotencyKey));
    expect(keys).toEqual([[expect.any(String)], [expect.any(String)]]);
    expect(keys[1]).not.toEqual(keys[0]);
  });
});

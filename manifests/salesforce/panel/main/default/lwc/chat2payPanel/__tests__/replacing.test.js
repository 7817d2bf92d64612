/* A link is replaced by one to another number in one call, and a chain of links is one story. */
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import readPhone from '@salesforce/apex/Chat2PayPanelController.readPhone';
import send from '@salesforce/apex/Chat2PayPanelController.send';
import replace from '@salesforce/apex/Chat2PayPanelController.replace';
import cancel from '@salesforce/apex/Chat2PayPanelController.cancel';
import { sendForm } from '../changes';
import { button, mountPanel, part, press } from '../../../../../../jest/panel';
import { acted, opened, order, request, said, settle, thrown } from '../../../../../../jest/orders';

const OTHER = { number: '27837654321', shown: '+27 83 765 4321', country_name: 'South Africa', warning: null };
const WRONG = { remedy: 'other_number', states: { message: 'failed', link: 'sent', money: 'none' } };

const mounted = (answer) => mountPanel(Panel, { open, version }, opened(answer));

async function typeNumber(element) {
  const input = part(element, 'form').querySelector('[data-id="phone"]');
  input.value = '083 765 4321';
  input.dispatchEvent(new CustomEvent('change'));
  await settle();
  readPhone.mockResolvedValue(acted(null, null, { outcome: 'read', sentence: null, readings: [OTHER] }));
  await press(part(element, 'form').querySelector('[data-id="send"]'));
}

const live = (changes = {}) =>
  order({ can_send: false, send_off: said('live_link'), payment_requests: [request({ ...WRONG, ...changes })] });

describe('another number', () => {
  afterEach(() => {
    document.body.replaceChildren();
    jest.resetAllMocks();
  });

  it('is read back once, and replaces the link by one call', async () => {
    const element = await mounted(live());
    await press(button(part(element, 'status'), 'Use another number'));
    const form = part(element, 'form');
    expect(form.querySelector('[data-id="replaces"]').textContent).toContain('works until you press Send');
    expect(form.querySelector('[data-id="problem"]')).toBeNull();
    expect(form.querySelector('[data-id="send"]').disabled).toBe(false);
    await typeNumber(element);
    expect(replace).not.toHaveBeenCalled();
    const next = request({ reference: 'c2p_2', replaces: request().reference, phone_ending: '4321' });
    replace.mockResolvedValue(acted('replaced', 'The new one was sent.', next));
    const closed = request({ status: 'cancelled', live: false, actions: [] });
    open.mockResolvedValue(
      opened(order({ can_send: false, send_off: said('live_link'), payment_requests: [next, closed] })),
    );
    await press(button(part(element, 'form'), 'The number is right, send'));
    expect([replace.mock.calls.length, cancel.mock.calls.length, send.mock.calls.length]).toEqual([1, 0, 0]);
    const [{ reference, command }] = replace.mock.calls[0];
    expect([reference, command.phone, command.channel, command.purpose]).toEqual([
      request().reference,
      OTHER.number,
      'sms',
      null,
    ]);
    expect(part(element, 'status').querySelector('[data-id="story"]').textContent).toContain(
      'sent to a number ending 4321 instead',
    );
  });

  it('is promised no word of the old link, which it never got', async () => {
    const element = await mounted(live({ states: { message: 'sent', link: 'sent', money: 'none' } }));
    await press(button(part(element, 'status'), 'Use another number'));
    const told = () => [...part(element, 'form').querySelectorAll('[data-id="replaces"]')].at(-1).textContent;
    expect(told()).toContain('the old one no longer works');
    const preview = () => part(element, 'form').querySelector('c-chat2pay-preview');
    expect([preview().replaces, preview().amount]).toEqual([true, '115.00']);
    const input = part(element, 'form').querySelector('[data-id="phone"]');
    input.value = '083 7';
    input.dispatchEvent(new CustomEvent('change'));
    await settle();
    expect(told()).toContain('it says nothing of an old one');
    await typeNumber(element);
    expect(told()).toContain('it says nothing of an old one');
    expect(preview().replaces).toBe(false);
  });

  it('of Salesforce is named, since a replacement would else go where the old link went', async () => {
    const element = await mounted(live());
    await press(button(part(element, 'status'), 'Use another number'));
    replace.mockResolvedValue(acted('replaced', 'Done.', request({ reference: 'c2p_2' })));
    await press(part(element, 'form').querySelector('[data-id="send"]'));
    expect(replace.mock.calls[0][0].command.phone).toBe(order().phone_reading.number);
  });

  it('is left by the button and by Escape, and nothing is done', async () => {
    const element = await mounted(live());
    const leave = [
      () => press(part(element, 'form').querySelector('[data-id="leave"]')),
      () =>
        part(element, 'form')
          .querySelector('section')
          .dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true })),
    ];
    for (const one of leave) {
      // eslint-disable-next-line no-await-in-loop
      await press(button(part(element, 'status'), 'Use another number'));
      // eslint-disable-next-line no-await-in-loop
      await one();
      // eslint-disable-next-line no-await-in-loop
      await settle();
      expect(element.shadowRoot.querySelector('c-chat2pay-form')).toBeNull();
    }
    expect(replace).not.toHaveBeenCalled();
  });

  it('that the core refuses leaves the reason in the form', async () => {
    const element = await mounted(live());
    await press(button(part(element, 'status'), 'Use another number'));
    await typeNumber(element);
    replace.mockRejectedValue(thrown({ code: 'core_unavailable', message: 'Nothing went out.' }));
    await press(button(part(element, 'form'), 'The number is right, send'));
    expect(part(element, 'form').querySelector('[data-id="refusal"]').textContent).toContain('Nothing went out.');
  });
});

describe('a link that is over', () => {
  const old = { reference: 'c2p_1', live: false };

  it.each([
    ['not_dead', ['replace'], 'Paid meanwhile.'],
    ['replaced', ['replace'], 'Paid meanwhile.'],
    ['unknown', ['replace', 'send'], null],
  ])('and answers a replacement with %s is followed by what that allows', async (outcome, verbs, told) => {
    const act = jest.fn().mockResolvedValue({ outcome, body: { reference: 'c2p_1' }, sentence: 'Paid meanwhile.' });
    const { sentence } = await sendForm(act, {}, { recordId: '801000000000001AAA', replaced: old });
    expect(act.mock.calls.map(([verb]) => verb)).toEqual(verbs);
    expect(sentence).toBe(told);
  });
});

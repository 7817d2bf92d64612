/* What this person may not do to a payment request: no button, and why. */
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import { mountPanel, part, press, textOf } from '../../../../../../jest/panel';
import { at, ofRequest, opened, said } from '../../../../../../jest/orders';

const mounted = (answer) => mountPanel(Panel, { open, version }, opened(answer));

describe('the panel', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.resetAllMocks();
  });

  it('has no button for what this person may not do, and says once why not', async () => {
    const why = said('no_edit', { agent: 'Thandi', admin: 'Naledi' });
    const withheld = [
      { action: 'cancel', sentence: why },
      { action: 'replace', sentence: why },
    ];
    const element = await mounted(ofRequest({ actions: ['refresh'], withheld }));
    const status = part(element, 'status');
    expect([...status.querySelectorAll('lightning-button')]).toEqual([]);
    expect(status.querySelectorAll('[data-id="withheld"]').length).toBe(1);
    expect(textOf(status, 'withheld')).toContain('Only who may edit this order in Salesforce may close it');
  });

  it('says that the payment is being taken, and has no button meanwhile', async () => {
    const sentences = [{ ...said('being_charged'), from: null }];
    const element = await mounted(ofRequest({ actions: ['refresh'], being_charged: true, sentences }));
    const status = part(element, 'status');
    expect(status.textContent).toContain("The customer's payment is being taken now, from a saved card");
    expect([...status.querySelectorAll('lightning-button')]).toEqual([]);
  });

  // As while a reply is charged: the link looks as if it had only been sent.
  const untouchable = { actions: ['refresh'], remedy: 'other_channel', sent_at: at('10:42:00') };

  it.each([['sent'], ['unknown'], ['opened']])(
    'offers nothing of a link that is %s and cannot be closed now',
    async (status) => {
      const element = await mounted(ofRequest({ ...untouchable, status }));
      expect([...part(element, 'status').querySelectorAll('lightning-button')]).toEqual([]);
    },
  );

  it.each([
    ['cancel', 'c-chat2pay-confirm'],
    ['replace', 'c-chat2pay-confirm'],
    ['renumber', 'c-chat2pay-form'],
  ])('takes back what %s has opened once the link cannot be closed any more', async (verb, what) => {
    const element = await mounted(ofRequest({ ...untouchable, actions: ['cancel', 'replace'] }));
    await press(part(element, 'status').querySelector(`[data-verb="${verb}"]`));
    const shown = () => element.shadowRoot.querySelector(what) ?? part(element, 'status').querySelector(what);
    expect(shown()).not.toBeNull();
    version.mockResolvedValue('2');
    open.mockResolvedValue(opened(ofRequest(untouchable)));
    await jest.advanceTimersByTimeAsync(4000);
    expect(shown()).toBeNull();
    expect([...part(element, 'status').querySelectorAll('lightning-button')]).toEqual([]);
  });
});

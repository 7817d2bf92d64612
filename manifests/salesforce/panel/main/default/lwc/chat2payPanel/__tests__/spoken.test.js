/* What a screen reader hears of the panel, and where the focus is when its button goes. */
import { createElement } from 'lwc';
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import { part } from '../../../../../../jest/panel';
import { SENTENCES, at, ofRequest, opened, said, settle } from '../../../../../../jest/orders';

const POLL_MS = 6000;

async function mounted(answer) {
  version.mockResolvedValue('1');
  open.mockResolvedValue(opened(answer));
  const element = createElement('c-chat2pay-panel', { is: Panel });
  element.recordId = '801000000000001AAA';
  document.body.appendChild(element);
  await settle();
  const heard = [];
  const region = element.shadowRoot.querySelector('[data-id="announcer"]');
  new MutationObserver((records) => {
    for (const { addedNodes } of records) heard.push(...[...addedNodes].map((node) => node.textContent));
  }).observe(region, { childList: true });
  return { element, heard };
}

async function poll(answer) {
  version.mockResolvedValue(`after ${version.mock.calls.length}`);
  open.mockResolvedValue(opened(answer));
  await jest.advanceTimersByTimeAsync(POLL_MS);
}

const is = (id, values, changes) => ofRequest({ sentences: [said(id, values)], ...changes });
const OPENED = is('opened', { at: at('10:44:00'), until: at('10:59:00') }, { status: 'opened' });
const DECLINED = is('declined', { until: at('10:59:00') }, { status: 'declined' });

describe('the panel', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.resetAllMocks();
  });

  it('is heard as a story: each change once, in its order, with the connection', async () => {
    const { heard } = await mounted(ofRequest({}));
    await poll(ofRequest({}));
    await poll(OPENED);
    version.mockRejectedValue({ body: { message: 'no JSON' } });
    await jest.advanceTimersByTimeAsync(30000);
    await poll(DECLINED);
    await poll(DECLINED);
    expect(heard).toEqual([
      expect.stringMatching(/^Opened 10:44:00, .* left to pay\.$/),
      expect.stringMatching(/^Connection lost\. What you see is from/),
      'Connected again. What you see is up to date.',
      expect.stringMatching(/^The bank said no\. The link works until 10:59/),
    ]);
  });

  it('is heard to say what holds money up', async () => {
    const held = (off) => is('authorized', {}, { status: 'authorized', live: false, money_off: off });
    const { heard } = await mounted(held([]));
    await poll(held([said('capture_off_not_payable')]));
    await poll(held([said('capture_off_not_payable')]));
    expect(heard).toEqual([SENTENCES.capture_off_not_payable]);
  });

  it('leaves the focus on the sentence when the button that had it goes', async () => {
    const { element } = await mounted(ofRequest({}));
    const status = part(element, 'status');
    const cancel = [...status.querySelectorAll('lightning-button')].find((one) => one.label === 'Cancel payment');
    cancel.tabIndex = 0;
    cancel.focus();
    expect(status.activeElement).toBe(cancel);
    await poll(is('expired_unopened', {}, { status: 'expired', live: false, actions: [], open_by: null }));
    expect(status.activeElement).toBe(status.querySelector('[data-id="sentence"]'));
  });
});

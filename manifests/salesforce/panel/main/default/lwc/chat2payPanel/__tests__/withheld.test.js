/* What this person may not do to a payment request: no button, and why. */
import { createElement } from 'lwc';
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import { part, textOf } from '../../../../../../jest/panel';
import { ofRequest, opened, said, settle } from '../../../../../../jest/orders';

async function mounted(answer) {
  version.mockResolvedValue('1');
  open.mockResolvedValue(opened(answer));
  const element = createElement('c-chat2pay-panel', { is: Panel });
  element.recordId = '801000000000001AAA';
  document.body.appendChild(element);
  await settle();
  return element;
}

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
});

/* A channel that a send turns out to be closed: why, and what Send would do now. */
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import send from '@salesforce/apex/Chat2PayPanelController.send';
import { mountPanel, part, press, textOf } from '../../../../../../jest/panel';
import { SENTENCES, opened, order, said, settle, thrown } from '../../../../../../jest/orders';

const mounted = async (answer) => part(await mountPanel(Panel, { open, version }, opened(answer)), 'form');

async function refused(form, code, sentence) {
  send.mockRejectedValueOnce(thrown({ code, message: 'no', sentence }));
  await press(form.querySelector('[data-id="send"]'));
}

const stopped = said('channel_stopped', { channel: 'SMS' });

describe('a channel', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.resetAllMocks();
  });

  it('that a send finds closed says why, and what can be sent instead', async () => {
    const form = await mounted(order());
    await refused(form, 'channel_refused', stopped);
    expect(textOf(form, 'closed')).toBe(SENTENCES.channel_stopped.replace('{channel}', 'SMS'));
    expect(textOf(form, 'refusal')).toBe('Nothing went out by SMS. You can send by WhatsApp instead.');
    expect(form.querySelector('[data-id="send"]').label).toBe('Send R115.00 by WhatsApp');
  });

  it('that was the last one says that none is left', async () => {
    const form = await mounted(order({ channels: ['sms'] }));
    await refused(form, 'channel_refused', stopped);
    expect(textOf(form, 'refusal')).toBe(SENTENCES.nothing_sent_closed);
    expect(form.querySelector('[data-id="send"]').disabled).toBe(true);
  });

  it('is open again for another number, and then nothing is said of the one before', async () => {
    const form = await mounted(order());
    await refused(form, 'channel_refused', stopped);
    const phone = form.querySelector('[data-id="phone"]');
    phone.value = '083 765 4321';
    phone.dispatchEvent(new CustomEvent('change'));
    await settle();
    expect(textOf(form, 'closed')).toBeUndefined();
    expect(textOf(form, 'refusal')).toBeUndefined();
  });

  it('that needs the customer’s word asks for it where only the send found that out', async () => {
    const form = await mounted(order());
    await refused(form, 'consent_needed', said('consent_needed', { channel: 'SMS' }));
    expect(form.querySelector('[data-id="consent"]')).not.toBeNull();
    send.mockClear();
    await press(form.querySelector('[data-id="send"]'));
    expect(send).not.toHaveBeenCalled();
  });
});

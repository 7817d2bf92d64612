/* Escape leaves what was opened last, does nothing of it, and puts the focus where it came from. */
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import readPhone from '@salesforce/apex/Chat2PayPanelController.readPhone';
import cancel from '@salesforce/apex/Chat2PayPanelController.cancel';
import replace from '@salesforce/apex/Chat2PayPanelController.replace';
import release from '@salesforce/apex/Chat2PayPanelController.release';
import capture from '@salesforce/apex/Chat2PayPanelController.capture';
import reverse from '@salesforce/apex/Chat2PayPanelController.reverse';
import send from '@salesforce/apex/Chat2PayPanelController.send';
import writeNote from '@salesforce/apex/Chat2PayPanelController.writeNote';
import { mountPanel, part, press } from '../../../../../../jest/panel';
import { acted, at, ofRequest, opened, order, said, settle } from '../../../../../../jest/orders';

const held = {
  live: false,
  status: 'authorized',
  amount_authorized: '115.00',
  actions: ['capture', 'reverse'],
  finished_at: at('10:43:59'),
};
const lowered = { total: '90.00', amount_due: '90.00', limits: { parts: false, maximum: '90.00' } };
const failed = { remedy: 'other_number', actions: ['cancel', 'replace'] };

const mounted = (answer) => mountPanel(Panel, { open, version }, opened(answer));

/** Press Escape where the focus is; return whether what is around the panel heard of it. */
async function escape(target) {
  const heard = jest.fn();
  document.addEventListener('keydown', heard);
  target.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true, cancelable: true }),
  );
  document.removeEventListener('keydown', heard);
  await settle();
  return heard.mock.calls.length > 0;
}

// The stubs of buttons and fields take no focus: what is seen is where it is put.
const focused = () => {
  const { verb, id } = HTMLElement.prototype.focus.mock.contexts.at(-1).dataset;
  return verb ?? id;
};
const verbButton = (element, verb) => part(element, 'status').querySelector(`[data-verb="${verb}"]`);
const confirmIn = (element) => part(element, 'status').querySelector('c-chat2pay-confirm');

describe('Escape', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    jest.spyOn(HTMLElement.prototype, 'focus');
  });
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.resetAllMocks();
    jest.restoreAllMocks();
  });

  it.each([
    ['cancel', () => ofRequest({})],
    ['replace', () => ({ ...ofRequest({}), ...lowered })],
    ['release', () => ofRequest({ status: 'unknown', actions: ['release'] })],
    ['capture', () => ofRequest(held)],
    ['reverse', () => ofRequest(held)],
  ])('leaves the question before %s, back to its button', async (verb, shown) => {
    const element = await mounted(shown());
    await press(verbButton(element, verb));
    const asked = confirmIn(element).shadowRoot;
    expect(await escape(asked.querySelector('[data-id="first"]'))).toBe(false);
    expect(confirmIn(element)).toBeNull();
    expect(focused()).toBe(verb);
    for (const done of [cancel, replace, release, capture, reverse]) expect(done).not.toHaveBeenCalled();
  });

  it('leaves a question from anywhere on the panel', async () => {
    const element = await mounted(ofRequest({}));
    await press(verbButton(element, 'cancel'));
    await escape(part(element, 'status').querySelector('[data-id="sentence"]'));
    expect(confirmIn(element)).toBeNull();
  });

  it('does not leave a question whose answer is under way', async () => {
    const element = await mounted(ofRequest({}));
    await press(verbButton(element, 'cancel'));
    cancel.mockReturnValue(new Promise(() => {}));
    const yes = confirmIn(element).shadowRoot.querySelector('[data-id="yes"]');
    await press(yes);
    await press(part(element, 'note').querySelector('[data-id="change"]'));
    await escape(yes);
    expect(confirmIn(element)).not.toBeNull();
    expect(part(element, 'note').querySelector('[data-id="text"]')).not.toBeNull();
  });

  it('leaves the form that was opened in place of a link', async () => {
    const element = await mounted(ofRequest(failed));
    await press(verbButton(element, 'renumber'));
    await escape(part(element, 'form').querySelector('[data-id="phone"]'));
    expect(element.shadowRoot.querySelector('c-chat2pay-form')).toBeNull();
    expect(focused()).toBe('sentence');
  });

  it('leaves the question about a number first, back to the number', async () => {
    const element = await mounted(order());
    const form = part(element, 'form');
    const phone = form.querySelector('[data-id="phone"]');
    phone.value = '083 765 4321';
    phone.dispatchEvent(new CustomEvent('change'));
    const one = { number: '27837654321', shown: '+27 83 765 4321', country_name: 'South Africa', warning: null };
    readPhone.mockResolvedValue(acted(null, null, { outcome: 'read', sentence: null, readings: [one] }));
    await press(form.querySelector('[data-id="send"]'));
    const right = form.querySelector('[data-id="right"]');
    expect(focused()).toBe('right');
    expect(await escape(right)).toBe(false);
    expect(form.querySelector('[data-id="ask"]')).toBeNull();
    expect(focused()).toBe('phone');
    expect(send).not.toHaveBeenCalled();
  });

  it('leaves the note, and nothing of it is kept', async () => {
    const element = await mounted(order());
    const note = part(element, 'note');
    await press(note.querySelector('[data-id="change"]'));
    await escape(note.querySelector('[data-id="text"]'));
    expect(note.querySelector('[data-id="text"]')).toBeNull();
    expect(focused()).toBe('change');
    expect(writeNote).not.toHaveBeenCalled();
  });

  it('with nothing to leave is left to what is around the panel', async () => {
    const element = await mounted(order({ send_off: said('live_link') }));
    expect(await escape(part(element, 'form').querySelector('[data-id="phone"]'))).toBe(true);
  });
});

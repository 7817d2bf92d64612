/* What the panel asks and says of a customer's number, before anything goes out. */
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import send from '@salesforce/apex/Chat2PayPanelController.send';
import readPhone from '@salesforce/apex/Chat2PayPanelController.readPhone';
import { button, mountPanel, part, press, textOf } from '../../../../../../jest/panel';
import { SENTENCES, acted, opened, order, request, said, settle } from '../../../../../../jest/orders';

const LANDLINE = SENTENCES.phone_fixed_line;
const reading = (number, shown, country, warning = null) => ({ number, shown, country_name: country, warning });
const fixed = reading('27211234567', '+27 21 123 4567', 'South Africa', said('phone_fixed_line'));

const mounted = async (answer) => part(await mountPanel(Panel, { open, version }, opened(answer)), 'form');

async function typed(form, number, answer) {
  const input = form.querySelector('[data-id="phone"]');
  input.value = number;
  input.dispatchEvent(new CustomEvent('change'));
  readPhone.mockResolvedValue(acted(null, null, { sentence: null, ...answer }));
  await press(form.querySelector('[data-id="send"]'));
}

const warning = (form) => form.querySelector('[data-id="phone-warning"]')?.textContent ?? null;

describe('a number', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    document.body.replaceChildren();
    jest.useRealTimers();
    jest.resetAllMocks();
  });

  it('of the order that is a landline warns at once, and a mobile does not', async () => {
    expect(warning(await mounted(order()))).toBeNull();
    document.body.replaceChildren();
    const form = await mounted(order({ phone: fixed.number, phone_reading: fixed }));
    expect(warning(form)).toBe(LANDLINE);
    jest.useRealTimers();
    await expect(document.body).toBeAccessible();
  });

  it('is shown with its country, of the order at once and typed when it is read back', async () => {
    const form = await mounted(order({ phone: fixed.number, phone_reading: fixed }));
    expect(textOf(form, 'phone-country')).toBe('South Africa');
    const abroad = reading('447911123456', '+44 7911 123456', 'United Kingdom');
    await typed(form, '07911 123456', { outcome: 'read', readings: [abroad] });
    expect(textOf(form, 'phone-country')).toBe('United Kingdom +44 7911 123456');
  });

  async function left(form, number, answer) {
    const input = form.querySelector('[data-id="phone"]');
    input.value = number;
    input.dispatchEvent(new CustomEvent('change'));
    readPhone.mockResolvedValue(acted(null, null, { sentence: null, ...answer }));
    input.dispatchEvent(new CustomEvent('blur'));
    await settle();
  }

  it('is read when the agent leaves the field, and not once more to be sent', async () => {
    const form = await mounted(order());
    await left(form, '021 123 4567', { outcome: 'read', readings: [fixed] });
    expect(textOf(form, 'phone-country')).toBe('South Africa +27 21 123 4567');
    expect(warning(form)).toBe(LANDLINE);
    await press(form.querySelector('[data-id="send"]'));
    expect(readPhone).toHaveBeenCalledTimes(1);
    expect(textOf(form, 'read-back')).toContain('it ends in 4567');
  });

  it('that can be two is asked about when the agent leaves the field, and takes no focus from where they went', async () => {
    const form = await mounted(order());
    const two = [
      reading('27687246447', '+27 68 724 6447', 'South Africa'),
      reading('687246447', '+687 24.64.47', 'New Caledonia'),
    ];
    const focused = jest.spyOn(HTMLElement.prototype, 'focus');
    await left(form, '687246447', { outcome: 'ambiguous', readings: two, sentence: said('phone_which', {}) });
    expect(textOf(form, 'which-question')).toBe(SENTENCES.phone_which);
    expect(focused).not.toHaveBeenCalled();
  });

  it('is read back by Enter, whose press answers nothing', async () => {
    const form = await mounted(order());
    await left(form, '021 123 4567', { outcome: 'read', readings: [fixed] });
    const enter = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, composed: true, cancelable: true });
    form.querySelector('[data-id="phone"]').dispatchEvent(enter);
    await settle();
    expect(textOf(form, 'read-back')).toContain('it ends in 4567');
    expect(enter.defaultPrevented).toBe(true);
  });

  it('that cannot be one is said so when the agent leaves the field', async () => {
    const form = await mounted(order());
    await left(form, '123', { outcome: 'refused', readings: [], sentence: said('phone_missing') });
    expect(textOf(form, 'phone-error')).toBe(SENTENCES.phone_missing);
  });

  it('that nobody could read is asked about again by Send', async () => {
    const form = await mounted(order());
    readPhone.mockRejectedValueOnce(new Error('no answer'));
    const input = form.querySelector('[data-id="phone"]');
    input.value = '021 123 4567';
    input.dispatchEvent(new CustomEvent('change'));
    input.dispatchEvent(new CustomEvent('blur'));
    await settle();
    expect(form.querySelector('[data-id="phone-error"]')).toBeNull();
    await typed(form, '021 123 4567', { outcome: 'read', readings: [fixed] });
    expect(textOf(form, 'read-back')).toContain('it ends in 4567');
  });

  it('of a card leaves the page with the field', async () => {
    const form = await mounted(order());
    await left(form, ['4111', '1111', '1111', '1111'].join(' '), {});
    expect(readPhone).not.toHaveBeenCalled();
    expect(form.querySelector('[data-id="phone"]').value).toBe('');
    expect(textOf(form, 'phone-error')).toBe(SENTENCES.card_number_refused);
  });

  it('is never broken between two of its groups in a button', async () => {
    const last = { reading: fixed, by: 'Thandi', at: '2026-11-28T10:40:00.000Z' };
    const form = await mounted(order({ last_number: last }));
    const labels = [...form.querySelectorAll('[data-shown]')].map((one) => one.label);
    expect(labels).toEqual([expect.stringContaining('+27\u00a083\u00a0123\u00a04567')]);
  });

  it('that changes in Salesforce is said, and what the agent typed stays', async () => {
    const form = await mounted(order());
    expect(textOf(form, 'phone-hint')).toBe(SENTENCES.phone_hint_order);
    const other = reading('27837654321', '+27 83 765 4321', 'South Africa');
    const changed = opened(order({ phone: other.number, phone_reading: other }));
    version.mockResolvedValue('2');
    open.mockResolvedValue(changed);
    await jest.advanceTimersByTimeAsync(11000);
    expect(form.querySelector('[data-id="phone"]').value).toBe(other.shown);
    expect(textOf(form, 'phone-hint')).toBe(SENTENCES.phone_hint_order_new.replace('{phone_ending}', '4321'));
    const input = form.querySelector('[data-id="phone"]');
    input.value = '+27 83 999 8888';
    input.dispatchEvent(new CustomEvent('change'));
    version.mockResolvedValue('3');
    await jest.advanceTimersByTimeAsync(11000);
    expect(input.value).toBe('+27 83 999 8888');
    expect(textOf(form, 'phone-hint')).toBe(SENTENCES.phone_hint_kept.replace('{phone_ending}', '4321'));
  });

  it('that was last used for the order is offered first and read back, and Salesforce’s own is one press away', async () => {
    const other = reading('27837654321', '+27 83 765 4321', 'South Africa');
    const last = { reading: other, by: 'Ben', at: '2026-11-28T10:39:00Z' };
    const form = await mounted(order({ last_number: last }));
    expect(form.querySelector('[data-id="phone"]').value).toBe(other.shown);
    expect(textOf(form, 'phone-hint')).toContain('Last used for this order: Ben changed it');
    readPhone.mockResolvedValue(acted(null, null, { sentence: null, outcome: 'read', readings: [other] }));
    await press(form.querySelector('[data-id="send"]'));
    expect(send).not.toHaveBeenCalled();
    expect(textOf(form, 'read-back')).toContain('Last used for this order');
    send.mockResolvedValue(acted(null, null, request()));
    await press(button(form, 'The number is right, send'));
    expect(send.mock.calls[0][0].command.phone).toBe(other.number);
    document.body.replaceChildren();
    const again = await mounted(order({ last_number: last }));
    await press(again.querySelector('[data-shown]'));
    expect(textOf(again, 'phone-hint')).toBe(SENTENCES.phone_hint_order);
  });

  it('that could not simply be taken is said to be there, and none to be missing', async () => {
    const unsure = { sentence: said('phone_which_two', {}), readings: [fixed] };
    const form = await mounted(order({ phone: null, phone_reading: null, phone_notes: [unsure] }));
    expect(textOf(form, 'phone-hint')).toBe(SENTENCES.phone_hint_none_sure);
    document.body.replaceChildren();
    const without = await mounted(order({ phone: null, phone_reading: null, phone_notes: [] }));
    expect(textOf(without, 'phone-hint')).toBe(SENTENCES.phone_hint_none);
    expect(without.querySelector('[data-id="phone-country"]')).toBeNull();
  });

  it('that is typed and is a landline warns while it is read back, and goes out when the agent says so', async () => {
    const form = await mounted(order());
    await typed(form, '021 123 4567', { outcome: 'read', readings: [fixed] });
    expect(warning(form)).toBe(LANDLINE);
    expect(send).not.toHaveBeenCalled();
    send.mockResolvedValue(acted(null, null, request()));
    await press(button(form, 'The number is right, send'));
    expect(send.mock.calls[0][0].command.phone).toBe('27211234567');
  });

  it('with two readings is asked about, and the one that is taken is read back before it is sent to', async () => {
    const form = await mounted(order());
    const readings = [
      reading('27687246447', '+27 68 724 6447', 'South Africa'),
      reading('687246447', '+687 24.64.47', 'New Caledonia', said('phone_fixed_line')),
    ];
    const values = {
      country_a: 'South Africa',
      phone_a: '+27 68 724 6447',
      country_b: 'New Caledonia',
      phone_b: '+687 24.64.47',
    };
    await typed(form, '687246447', { outcome: 'ambiguous', readings, sentence: said('phone_which_two', values) });
    expect(textOf(form, 'which-question')).toBe('Is this South Africa +27 68 724 6447 or New Caledonia +687 24.64.47?');
    expect(warning(form)).toBeNull();
    await press(button(form, 'New Caledonia +687\u00a024.64.47'));
    expect(textOf(form, 'which-question')).toBeUndefined();
    await press(form.querySelector('[data-id="send"]'));
    expect(readPhone).toHaveBeenCalledTimes(1);
    expect(textOf(form, 'read-back')).toContain('it ends in 6447. Read it back');
    expect(warning(form)).toBe(LANDLINE);
    expect(send).not.toHaveBeenCalled();
    send.mockResolvedValue(acted(null, null, request()));
    await press(button(form, 'The number is right, send'));
    expect(send.mock.calls[0][0].command.phone).toBe('687246447');
  });
});

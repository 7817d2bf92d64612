/* The note on the order in the panel: seen, written, and never written over unseen. */
import { createElement } from 'lwc';
import Note from 'c/chat2payNote';
import Panel from 'c/chat2payPanel';
import { createWording } from 'c/chat2payRules';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import writeNote from '@salesforce/apex/Chat2PayPanelController.writeNote';
import { part, press, textOf } from '../../../../../../jest/panel';
import { NOW, SENTENCES, acted, opened, order, said, settle, thrown } from '../../../../../../jest/orders';

const clock = { now: () => Date.parse(NOW) };
const wording = createWording({ sentences: SENTENCES, locale: 'en', timeZone: 'UTC', clock });
const noteOf = (text, number = 1, name = 'Thandi') => ({
  text,
  author: { id: '005', name },
  written_at: NOW,
  version: number,
});
const answered = (outcome, note, values = {}) =>
  acted(null, null, { outcome, sentence: said(`note_${outcome}`, values), note });
const find = (root, id) => root.querySelector(`[data-id="${id}"]`);

async function mounted(note) {
  const element = createElement('c-chat2pay-note', { is: Note });
  Object.assign(element, { order: order({ note }), wording });
  document.body.appendChild(element);
  await settle();
  return element;
}

async function type(root, text) {
  await press(find(root, 'change'));
  find(root, 'text').value = text;
  find(root, 'text').dispatchEvent(new CustomEvent('change'));
  await settle();
}

async function written(root, text) {
  await type(root, text);
  await press(find(root, 'save'));
}

describe('the note for the next colleague', () => {
  afterEach(() => {
    document.body.replaceChildren();
    jest.resetAllMocks();
  });

  it('is shown with its author, as text and never as markup', async () => {
    const { shadowRoot: root } = await mounted(noteOf('<b>Calls</b> again'));
    expect(textOf(root, 'colleague-note')).toContain('<b>Calls</b> again');
    expect(textOf(root, 'colleague-note')).toContain('Thandi');
    expect(find(root, 'change').label).toBe(SENTENCES.button_note_change);
    await expect(document.body).toBeAccessible();
  });

  it('is written over the version that was seen when writing began, by Enter too', async () => {
    writeNote.mockResolvedValue(answered('saved', noteOf('New', 4)));
    const element = await mounted(noteOf('Old', 3));
    const root = element.shadowRoot;
    const heard = jest.fn();
    element.addEventListener('noted', heard);
    await type(root, 'New');
    element.order = order({ note: noteOf('A colleague', 9) });
    await settle();
    await expect(document.body).toBeAccessible();
    find(root, 'text').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    await settle();
    expect(writeNote.mock.calls).toEqual([[{ orderId: order().order_id, text: 'New', version: 3 }]]);
    expect(heard.mock.calls[0][0].detail).toEqual(noteOf('New', 4));
    expect(textOf(root, 'said')).toBe(SENTENCES.note_saved);
    expect(find(root, 'text')).toBeNull();
  });

  it.each([['4111:1111:1111:1111'], ['\u0664\u0661\u0661\u0661 1111 1111 1111']])(
    'with a card number is not sent, in whatever script and with whatever marks: %s',
    async (text) => {
      const { shadowRoot: root } = await mounted(null);
      await written(root, text);
      expect(textOf(root, 'said')).toBe(SENTENCES.card_number_refused);
      expect(find(root, 'text').value).toBe('');
      expect(writeNote).not.toHaveBeenCalled();
    },
  );

  it('stays in the field where a colleague was faster, and is saved over theirs once it was seen', async () => {
    writeNote.mockResolvedValue(answered('changed_meanwhile', noteOf('Theirs', 2, 'Sipho'), { agent: 'Sipho' }));
    const { shadowRoot: root } = await mounted(null);
    await written(root, 'Mine');
    expect(textOf(root, 'said')).toContain('Sipho');
    expect(find(root, 'text').value).toBe('Mine');
    writeNote.mockResolvedValue(answered('saved', noteOf('Mine', 3)));
    await press(find(root, 'save'));
    expect(writeNote.mock.calls[1][0].version).toBe(2);
  });

  it('with a card number is refused, and the number leaves the page', async () => {
    writeNote.mockRejectedValue(thrown({ code: 'card_number_refused', message: 'card_number_refused' }));
    const { shadowRoot: root } = await mounted(null);
    await written(root, ['4111', '1111', '1111', '1111'].join(' '));
    expect(textOf(root, 'said')).toBe(SENTENCES.card_number_refused);
    expect(find(root, 'text').value).toBe('');
  });

  it('without an answer is not called saved, and stays in the field', async () => {
    writeNote.mockRejectedValue(new Error('lost'));
    const { shadowRoot: root } = await mounted(null);
    await written(root, 'Mine');
    expect(textOf(root, 'said')).toBe(SENTENCES.note_not_saved);
    expect(find(root, 'text').value).toBe('Mine');
  });

  it('that is too long cannot be saved; what one person sees as one character is one', async () => {
    const { shadowRoot: root } = await mounted(null);
    await type(root, '👨‍👩‍👧'.repeat(140));
    expect(find(root, 'save').disabled).toBe(false);
    await press(find(root, 'cancel'));
    await type(root, 'x'.repeat(141));
    expect(find(root, 'save').disabled).toBe(true);
    find(root, 'text').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    await settle();
    expect(writeNote).not.toHaveBeenCalled();
    expect(textOf(root, 'said')).toBe(SENTENCES.note_refused);
    find(root, 'text').value = 'Calls again';
    find(root, 'text').dispatchEvent(new CustomEvent('change'));
    await settle();
    expect(textOf(root, 'said')).toBe('');
    expect(root.host.leave()).toBe(true);
    await settle();
    expect(find(root, 'text')).toBeNull();
  });

  it('is on the panel at once after it was saved', async () => {
    version.mockResolvedValue('1');
    open.mockResolvedValue(opened(order()));
    writeNote.mockResolvedValue(answered('saved', noteOf('Calls again')));
    const element = createElement('c-chat2pay-panel', { is: Panel });
    element.recordId = order().order_id;
    document.body.appendChild(element);
    await settle();
    await written(part(element, 'note'), 'Calls again');
    expect(textOf(part(element, 'note'), 'colleague-note')).toContain('Calls again');
    expect(textOf(part(element, 'note'), 'said')).toBe(SENTENCES.note_saved);
  });
});

/* The introduction comes once, and never where it could not be dismissed for good. */
import { createElement } from 'lwc';
import Introduction from 'c/chat2payIntroduction';
import { createWording } from 'c/chat2payRules';
import Panel from 'c/chat2payPanel';
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import { part, press } from '../../../../../../jest/panel';
import { SENTENCES, ofRequest, opened, order, settle } from '../../../../../../jest/orders';

const clock = { now: () => 0 };
const wording = createWording({ sentences: SENTENCES, locale: 'en', timeZone: 'UTC', clock });

async function shown(userId = '005000000000001AAA') {
  const element = createElement('c-chat2pay-introduction', { is: Introduction });
  Object.assign(element, { wording, userId });
  document.body.appendChild(element);
  await settle();
  return element.shadowRoot;
}

async function panelOf(answer) {
  version.mockResolvedValue('1');
  open.mockResolvedValue(opened(answer));
  const element = createElement('c-chat2pay-panel', { is: Panel });
  element.recordId = '801000000000001AAA';
  document.body.appendChild(element);
  await settle();
  return element;
}

describe('the introduction', () => {
  afterEach(() => {
    document.body.replaceChildren();
    window.localStorage.clear();
    jest.restoreAllMocks();
  });

  it('says three things, and is dismissed for good, by each user', async () => {
    const first = await shown();
    expect(first.querySelectorAll('li')).toHaveLength(3);
    await expect(first).toBeAccessible();
    first.querySelector('[data-id="done"]').click();
    await settle();
    expect(first.querySelector('[data-id="introduction"]')).toBeNull();
    expect((await shown()).querySelector('li')).toBeNull();
    expect((await shown('005000000000002AAA')).querySelector('li')).not.toBeNull();
  });

  it('steps aside for a link, and leaves the focus on the form when it is dismissed', async () => {
    expect((await panelOf(ofRequest({}))).shadowRoot.querySelector('c-chat2pay-introduction')).toBeNull();
    const panel = await panelOf(order());
    const introduction = part(panel, 'introduction');
    await press(introduction.querySelector('[data-id="done"]'));
    expect(introduction.querySelector('li')).toBeNull();
    const form = part(panel, 'form');
    expect(form.activeElement).toBe(form.querySelector('[data-id="heading"]'));
  });

  it('comes after the form, so that Send is in sight, and before the note', async () => {
    const panel = await panelOf(order());
    const names = [...panel.shadowRoot.querySelectorAll('article > *')].map(
      ({ localName, dataset }) => dataset.id ?? localName,
    );
    const parts = names.filter((one) => one.startsWith('c-chat2pay') || one === 'none-earlier');
    expect(parts).toEqual(['c-chat2pay-form', 'c-chat2pay-introduction', 'c-chat2pay-note', 'none-earlier']);
  });

  it('stays away where the browser keeps nothing', async () => {
    jest.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
      throw new Error('SecurityError');
    });
    expect((await shown()).querySelector('li')).toBeNull();
  });
});

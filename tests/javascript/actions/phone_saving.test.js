import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { at, openPage, settled, textOf } from '../page.js';
import { anOrder, aRequest } from '../factories.js';
import { OTHER } from '../form/form_harness.js';
import { ApiError } from '../../../connector/web/static/agent/server/api.js';
import { answer, failing, open, phoneSaved } from '../page_harness.js';

const LAST = { reading: OTHER, by: 'Ben', at: '2026-11-28T09:39:00Z' };
const OFFERED = { last_number: LAST, can_save_phone: true, payment_requests: [aRequest()] };

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  openPage();
});

async function press() {
  at('phone-save').focus();
  at('phone-save').click();
  await settled();
}

describe('the number that is not in Salesforce', () => {
  it('is offered to be saved there, by its ending', async () => {
    const { api } = open(OFFERED);
    assert.equal(textOf('phone-save-offer'), 'The number ending 9999 is not the one in Salesforce.');
    await press();
    assert.deepEqual(api.savePhone.mock.calls.map((call) => call.arguments), [['9999']]);
    assert.equal(textOf('phone-saved'), 'Saved: the contact in Salesforce now has the number ending 9999.');
    assert.deepEqual([at('phone-save').hidden, document.activeElement?.id], [true, 'phone-saved']);
  });
  it('is saved once, however often it is pressed meanwhile', async () => {
    const { api } = open(OFFERED);
    at('phone-save').click();
    at('phone-save').click();
    await settled();
    assert.equal(api.savePhone.mock.callCount(), 1);
  });
  it('is not offered where the server does not, and not where the page is over', () => {
    const { state, view } = open({ ...OFFERED, can_save_phone: false });
    assert.equal(at('phone-saving').hidden, true);
    state.order = anOrder(OFFERED);
    state.over = true;
    view.render();
    assert.equal(at('phone-save').getAttribute('aria-disabled'), 'true');
  });
  it('stays offered with the reason where it was not saved', async () => {
    const { api } = open(OFFERED);
    api.savePhone.mock.mockImplementation(async () => answer(phoneSaved({
      outcome: 'no_right', sentence: { id: 'phone_save_no_right', values: { admin: 'Naledi in IT' } },
    })));
    await press();
    assert.match(textOf('phone-saved'), /Nothing was saved\. Ask Naledi in IT/);
    assert.equal(at('phone-save').hidden, false);
  });
  it('is not called saved without an answer', async () => {
    const { api } = open(OFFERED);
    api.savePhone.mock.mockImplementation(failing(new ApiError(0)));
    await press();
    assert.match(textOf('phone-saved'), /we do not know whether the number is saved/);
  });
});

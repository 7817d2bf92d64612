/* A deposit or another part on the page: read, held to what is due, and what stays due is said before it is sent. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { at, inputAt, openPage, settled, submit, textOf, type } from '../page.js';
import { open } from '../page_harness.js';

/** @import {Order} from '../../../connector/web/static/agent/server/api.js' */

const DUE = { limits: { parts: true, minimum: null, step: null, maximum: '115.00' }, consents: {} };

/** @param {Partial<Order>} [changes] */
const show = (changes) => open({ ...DUE, ...changes });

/** @param {ReturnType<typeof open>} page */
const bodies = (page) => page.api.send.mock.calls.map(({ arguments: given }) => JSON.parse(/** @type {any[]} */ (given)[0]));

/** @param {ReturnType<typeof open>} page */
async function sent(page) {
  submit();
  await settled();
  const [{ purpose, amount }] = bodies(page);
  return { purpose, amount };
}

beforeEach(() => {
  openPage();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
});
afterEach(() => mock.timers.reset());

describe('the field for a part', () => {
  it('is there only where the tenant allows parts, something is due, and it can be sent', () => {
    for (const order of [{ limits: { parts: false, minimum: null, step: null, maximum: '115.00' } }, { limits: { parts: true, minimum: null, step: null, maximum: '0.00' } }, { can_send: false }]) {
      openPage();
      show(order);
      assert.equal(at('part-field').hidden, true, JSON.stringify(order));
    }
    openPage();
    show();
    assert.deepEqual([at('part-field').hidden, textOf('part-hint')], [false, 'Empty: all of R115.00. Else an amount, or per cent of it such as 30 %.']);
  });
  it('left empty asks for all', async () => {
    const page = show();
    assert.equal(textOf('send'), 'Send R115.00 by SMS');
    assert.deepEqual(await sent(page), { purpose: 'full', amount: undefined });
  });
  it('asks for a deposit, and says before what stays due', async () => {
    const page = show();
    type('part', '30 %');
    assert.deepEqual([textOf('part-hint'), textOf('send')], ['Asks for R34.50 now. R80.50 stays due.', 'Send R34.50 by SMS']);
    assert.deepEqual(await sent(page), { purpose: 'deposit', amount: '34.50' });
    assert.equal(inputAt('part').value, '');
  });
  it('of a begun order asks for a further part, or for the balance', async () => {
    const begun = { amount_paid: '40.00', amount_due: '75.00', limits: { parts: true, minimum: null, step: null, maximum: '75.00' } };
    const first = show(begun);
    type('part', '25,00');
    assert.deepEqual(await sent(first), { purpose: 'part', amount: '25.00' });
    openPage();
    const rest = show(begun);
    assert.equal(textOf('send'), 'Send R75.00 by SMS');
    assert.deepEqual(await sent(rest), { purpose: 'balance', amount: undefined });
  });
  it('with all that is due in it asks for all', async () => {
    const page = show();
    type('part', '115');
    assert.deepEqual(await sent(page), { purpose: 'full', amount: undefined });
  });
  for (const [typed, error] of [['116', 'At most R115.00.'], ['0', 'more than zero'], ['101%', 'At most 100 %'], ['1.2345', 'at most 2 decimals'], ['some', 'Type one amount']]) {
    it(`with ${typed} sends nothing, says what would be right and keeps it`, async () => {
      const page = show();
      type('part', typed);
      assert.equal(textOf('send'), 'Check the amount');
      submit();
      await settled();
      assert.ok(textOf('part-error').includes(error), textOf('part-error'));
      assert.deepEqual([page.api.send.mock.callCount(), inputAt('part').value, document.activeElement?.id], [0, typed, 'part']);
    });
  }
  it('follows the order: what was right is checked again against what is due now', () => {
    const page = show();
    type('part', '100');
    page.state.take({ ...page.state.order, limits: { parts: true, minimum: null, step: null, maximum: '90.00' } });
    page.view.render();
    assert.equal(textOf('send'), 'Check the amount');
  });
});

/* The order's facts above the form (read only), the notes on them, and the problems that prevent sending. */
import { byId, make, setList, setShown, setText } from '../dom.js';
import { isTotalKnown } from '../order_rules.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Order, Sentence} from '../server/api.js' */

/** @param {{catalogue: Catalogue}} options */
export function createOrderFactsView({ catalogue }) {
  /** @param {Order} order */
  function showFacts(order) {
    /** @param {string | null} amount */
    const money = (amount) => catalogue.formats.money({ amount, currency: order.currency });
    setText(byId('fact-order-number'), order.order_number);
    setText(byId('fact-total'), isTotalKnown(order) ? money(order.total) : '–');
    setText(byId('fact-tax'), order.tax === null ? catalogue.text('tax_not_shown') : money(order.tax));
    setText(byId('fact-sub-total'), order.sub_total === null || !isTotalKnown(order) ? '–' : money(order.sub_total));
    setText(byId('fact-currency'), order.currency ?? '–');
    const partly = Number(order.amount_paid) > 0;
    setShown(byId('fact-paid-row'), partly);
    setShown(byId('fact-due-row'), partly);
    setText(byId('fact-paid'), partly ? money(order.amount_paid) : '');
    setText(byId('fact-due'), partly ? money(order.amount_due) : '');
    catalogue.write(byId('fresh-order'), 'fresh_order', { at: order.read_at });
  }

  /** @param {{sentence: Sentence}} item */
  function sentenceLine({ sentence }) {
    const line = make('p', '');
    catalogue.write(line, sentence.id, sentence.values);
    return line;
  }

  /** @param {Order} order */
  function showNotes(order) {
    setShown(byId('order-notes'), order.notes.length > 0);
    setList(byId('order-notes'), order.notes, sentenceLine);
  }

  /** @param {Order} order @param {boolean} isOpen */
  function showProblems(order, isOpen) {
    const canSend = order.can_send || isOpen;
    /** @type {{field: string | null, sentence: Sentence}[]} */
    const problems = [...order.problems];
    const known = new Set(problems.map(({ sentence }) => sentence.id));
    if (!canSend && order.send_off && !known.has(order.send_off.id)) problems.unshift({ field: null, sentence: order.send_off });
    if (!canSend && problems.length === 0) problems.push({ field: null, sentence: { id: 'send_off', values: {} } });
    setShown(byId('problems'), problems.length > 0);
    setList(byId('problems'), problems, sentenceLine);
  }

  /** @param {Order} order @param {{isOpen: boolean}} form isOpen: a send is possible although another link is live */
  function show(order, { isOpen }) {
    showFacts(order);
    showNotes(order);
    showProblems(order, isOpen);
  }

  return { show };
}

/* What stands around an order's payments: its name and total, and the note of a colleague. */
import { isTotalKnown } from 'c/chat2payRules';

/** Return the banner of an environment without real money, the order's name, its total where it is known, and a note. */
export function headOf(order, wording) {
  if (order === null) return {};
  const { total: amount, currency, order_number: number, environment } = order;
  return {
    testBanner: environment === 'SANDBOX' ? wording.text('test_banner') : null,
    label: wording.text('label_order', { order_number: number }),
    ...noteOf(order.note, wording),
    total: isTotalKnown(order) ? wording.formats.money({ amount, currency }) : '',
  };
}

function noteOf(note, wording) {
  if (!note?.text) return {};
  return { note: note.text, noteBy: wording.text('note_by', { agent: note.author.name, at: note.written_at }) };
}

/* What stands above an order's payments. */
import { isTotalKnown } from 'c/chat2payRules';

/** Return the banner of an environment without real money, the order's name, and its total where it is known. */
export function headOf(order, wording) {
  if (order === null) return {};
  const { total: amount, currency, order_number: number, environment } = order;
  return {
    testBanner: environment === 'SANDBOX' ? wording.text('test_banner') : null,
    label: wording.text('label_order', { order_number: number }),
    total: isTotalKnown(order) ? wording.formats.money({ amount, currency }) : '',
  };
}

/* What stands around an order's payments: the panel's title and state, and the order's name and total. */
import { isTotalKnown } from 'c/chat2payRules';
import { DIRECTION, SPOKEN } from 'c/chat2payServer';

/** Return the labels of the panel; with an order its name, its total where it is known, and the banner of a sandbox. */
export function headOf({ order, wording, failed }) {
  const labels = {
    language: SPOKEN,
    direction: DIRECTION,
    title: wording?.text('title') ?? 'Chat 2 Pay',
    loading: order === null && failed === null ? wording?.text('loading') : null,
    retry: wording?.text('button_try_again'),
  };
  return order === null ? labels : { ...labels, ...nameOf(order, wording) };
}

function nameOf(order, wording) {
  const { total: amount, currency, order_number: number, environment, payment_requests: requests } = order;
  return {
    // What explains the panel steps aside for a link that was sent.
    isUnsent: requests.length === 0,
    noneEarlier: requests.length === 0 ? wording.text('earlier_none') : null,
    testBanner: environment === 'SANDBOX' ? wording.text('test_banner') : null,
    label: wording.text('label_order', { order_number: number }),
    total: isTotalKnown(order) ? wording.formats.money({ amount, currency }) : '',
  };
}

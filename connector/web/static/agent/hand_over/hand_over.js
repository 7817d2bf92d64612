/* What an agent can take into hand beside a payment request: its receipt, its reference, its link. */

/** @import {PaymentRequest} from '../server/api.js' */

/** @typedef {'show_receipt' | 'send_receipt' | 'copy_link'} Taking */
/** @typedef {{name: Taking | 'copy_reference', label: string, key: string}} HandOver */

const REFERENCE_COUNTS = new Set(['paid', 'part_paid', 'authorized', 'in_review', 'reversed']);

/** Return the buttons, in their order. @param {PaymentRequest} request @returns {HandOver[]} */
export function handOversOf({ actions, status }) {
  /** @type {(HandOver | false)[]} */
  const list = [
    actions.includes('show_receipt') && { name: 'show_receipt', label: 'button_receipt', key: 'q' },
    actions.includes('send_receipt') && { name: 'send_receipt', label: 'button_receipt_again', key: 'z' },
    REFERENCE_COUNTS.has(status) && { name: 'copy_reference', label: 'button_copy_reference', key: 'f' },
    actions.includes('copy_link') && { name: 'copy_link', label: 'button_copy_link', key: 'b' },
  ];
  return list.filter((one) => one !== false);
}

/** Return what an answer holds for: with another state of the request it is out of date. @param {PaymentRequest} request */
export const handOverKey = ({ reference, status, live }) => JSON.stringify([reference, status, live]);

/* What is read from a message before it is sent: its text around the link, how it is counted, what may be different. */

/** @import {Channel, Order, Schemas} from '../server/api.js' */
/** @import {Said} from '../status/reading.js' */

/** @typedef {Schemas['Message']} Message */
/** @typedef {{channel: Channel, amount: string, replaces?: boolean}} Wanted amount: decimal text in the order's currency */

/** Return what a message depends on: another key is another message. @param {Order} order @param {Wanted} wanted */
export const previewKey = (order, { channel, amount, replaces = false }) =>
  JSON.stringify([order.order_number, order.language, order.currency, order.merchant, channel, amount, replaces]);

/** Return the text in pieces, with the place where the link will be as null. @param {Message} message @returns {(string | null)[]} */
export function piecesOf({ text, link }) {
  if (!link || !text.includes(link)) return [text];
  const [before, ...rest] = text.split(link);
  return [before, ...rest.flatMap((piece) => [null, piece])].filter((piece) => piece !== '');
}

/** Return how the message is counted. @param {Message} message @param {Channel} channel @returns {Said} */
export function countOf({ parts, characters }, channel) {
  const values = { parts: String(parts), characters: String(characters) };
  if (channel !== 'sms') return { id: 'preview_characters', values };
  return { id: parts === 1 ? 'preview_one_sms' : 'preview_many_sms', values };
}

/** Return what must be known of the text beside it. @param {Message} message @returns {Said[]} */
export function notesOf({ alphabet, has_template: hasTemplate, may_offer_reply: mayOfferReply }) {
  const notes = [];
  if (alphabet === 'UCS-2') notes.push({ id: 'preview_ucs2', values: {} });
  if (hasTemplate) notes.push({ id: 'preview_template', values: {} });
  if (mayOfferReply) notes.push({ id: 'preview_offers_reply', values: {} });
  return notes;
}

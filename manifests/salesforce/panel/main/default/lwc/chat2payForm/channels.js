/* By which channels a message can go, and what the customer said of each. */
const FINE = { state: 'fine', sentence: null };

/** Return the customer's word on a channel, for the number that is in the field. */
export function consentOf({ order, isOwnNumber }, channel) {
  const known = order.consents[channel] ?? FINE;
  return known.other_number && !isOwnNumber ? known.other_number : known;
}

/** Return the channels that are open, as options too, and [{key, text}] for why others are closed. */
export function channelsOf(form, text) {
  const isOpen = (one) => consentOf(form, one).state !== 'refused';
  const open = form.order.channels.filter(isOpen);
  const closed = form.order.channels.filter((one) => !isOpen(one));
  return {
    open,
    options: open.map((value) => ({ value, label: text(`channel_${value}`) })),
    closed: closed.map((one) => ({ key: one, text: refusalOf(one, consentOf(form, one), text) })),
  };
}

function refusalOf(channel, { sentence }, text) {
  return text(sentence?.id ?? 'channel_refused', sentence?.values ?? { channel });
}

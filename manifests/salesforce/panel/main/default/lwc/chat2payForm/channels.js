/* By which channels a message can go, and what the customer said of each. */
const FINE = { state: 'fine', sentence: null };
const STATES = { channel_refused: 'refused', consent_needed: 'ask' };

// Only a change of these is newer than what a refused send has told: the same ones as before must not undo it.
const markOf = ({ consents }) => JSON.stringify(consents);

/** Return what a refused send says of the customer's consent on its channel; null where it says nothing. */
export function learnedFrom(refusal, { order, sentBy }) {
  const state = STATES[refusal?.code];
  return state && sentBy
    ? { mark: markOf(order), channel: sentBy, consent: { state, sentence: refusal.sentence } }
    : null;
}

/** Return the customer's consent on a channel, for the number that is in the field. */
export function consentOf({ order, isOwnNumber, learned }, channel) {
  if (learned?.channel === channel && learned.mark === markOf(order)) return learned.consent;
  const known = order.consents[channel] ?? FINE;
  return known.other_number && !isOwnNumber ? known.other_number : known;
}

/** Return what the agent confirms with the tick for consent. */
export function consentHintOf({ isOwnNumber, channel }, text) {
  return text(isOwnNumber ? 'customer_agreed_hint' : 'customer_agreed_hint_other', { channel });
}

/** Return the open channels, the chosen one and whether it reports, and [{key, text}] for why others are closed. */
export function channelsOf(form, text) {
  const isOpen = (one) => consentOf(form, one).state !== 'refused';
  const open = form.order.channels.filter(isOpen);
  const closed = form.order.channels.filter((one) => !isOpen(one));
  const chosen = open.includes(form.chosen) ? form.chosen : (open[0] ?? null);
  return {
    open,
    chosen,
    reports: text(form.order.delivery_reports[chosen] ? 'channel_reports' : 'channel_no_reports'),
    options: open.map((value) => ({ value, label: text(`channel_${value}`) })),
    closed: closed.map((one) => ({ key: one, text: refusalOf(one, consentOf(form, one), text) })),
  };
}

function refusalOf(channel, { sentence }, text) {
  return text(sentence?.id ?? 'channel_refused', sentence?.values ?? { channel });
}

/** Return why nothing was sent, or what Send would do now where its channel turned out to be closed; null: nothing was refused. */
export function refusedText({ refused, sentBy, channel, channels }, text) {
  if (!refused) return null;
  const { sentence, code } = refused;
  // Why it is closed stands beside the channels.
  if (code !== 'channel_refused' || channels.open.includes(sentBy)) return text(sentence.id, sentence.values);
  return text(channel === null ? 'nothing_sent_closed' : 'nothing_sent_by', {
    closed: text(`channel_${sentBy}`),
    channel,
  });
}

/* Written by tools/copy_page_rules.py from connector/web/static/agent/history/chain.js: change that file. */
/* The story of a chain of links: who replaced which, when, and what was different about the next one. */


const NEVER_SENT = new Set(['created', 'rejected']);

/** @param {PaymentRequest} old @param {PaymentRequest} next @returns {string} */
function whyOf(old, next) {
  if (NEVER_SENT.has(next.status)) return 'chain_not_sent';
  if (old.amount !== next.amount || old.currency !== next.currency) return 'chain_amount';
  if (old.phone_ending !== next.phone_ending) return 'chain_number';
  return old.channel === next.channel ? 'chain_again' : 'chain_channel';
}

/**
 * Return how a request was replaced; null where it was not.
 *
 * @param {PaymentRequest} request
 * @param {readonly PaymentRequest[]} all the order's requests, the newest first
 * @returns {Said | null}
 */
export function replacementOf(request, all) {
  const next = all.find(({ replaces }) => replaces === request.reference);
  if (next === undefined) return null;
  const { requested_by: { name: agent }, created_at: at, channel, phone_ending } = next;
  return { id: whyOf(request, next), values: { agent, at, channel, phone_ending } };
}

/**
 * Return the links before a request in its chain, the first one first, each with how it was replaced.
 *
 * @param {PaymentRequest} request
 * @param {readonly PaymentRequest[]} all the order's requests, the newest first
 * @returns {{sent: Said, replaced: Said}[]}
 */
export function storyOf(request, all) {
  const lines = [];
  const seen = new Set();
  for (let next = request; next.replaces !== null && !seen.has(next.replaces); ) {
    const old = all.find(({ reference }) => reference === next.replaces);
    const replaced = old && replacementOf(old, all);
    if (!old || !replaced) break;
    seen.add(old.reference);
    const values = { at: old.sent_at ?? old.created_at, channel: old.channel, phone_ending: old.phone_ending };
    lines.unshift({ sent: { id: 'chain_sent', values }, replaced });
    next = old;
  }
  return lines;
}

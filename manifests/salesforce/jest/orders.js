/* Orders and payment requests as the connector answers them, for the tests of the components. */
const SENTENCES = require('../panel/main/default/staticresources/Chat2Pay_Sentences.json');

const NOW = '2026-11-28T10:44:00.000Z';
const at = (clock) => `2026-11-28T${clock}Z`;
const said = (id, values = {}) => ({ id, values });

function request(changes = {}) {
  return {
    reference: 'PR1', order_id: '801000000000001AAA', status: 'sent', live: true,
    states: { message: 'sent', link: 'sent', money: 'none' }, purpose: 'full', amount: '115.00',
    amount_authorized: '0.00', amount_paid: '0.00', amount_reversed: '0.00', currency: 'ZAR', channel: 'sms',
    phone_ending: '4567', requested_by: { id: '005000000000001AAA', name: 'Thandi' },
    handled_by: { id: '005000000000001AAA', name: 'Thandi' }, created_at: at('10:42:00'), sent_at: at('10:43:50'),
    opened_at: null, finished_at: null, open_by: at('10:48:50'), pay_by: null, proven_at: at('10:43:58'),
    awaiting_confirmation: false, probable_preview: false, message_at: null, message_failure: null, remedy: null,
    attention: null, do_not_ship: false, being_charged: false,
    salesforce: { state: 'written', written_at: at('10:43:51'), reason: null, reason_word: null },
    actions: ['cancel', 'replace', 'refresh'], withheld: [], money_off: [],
    sentences: [{ ...said('sent', { at: at('10:43:50'), channel: 'sms', phone_ending: '4567' }), from: null }],
    say: [], timeline: [{ at: at('10:43:50'), id: 'timeline_sent', values: {} }], ...changes,
  };
}

function order(changes = {}) {
  return {
    order_id: '801000000000001AAA', order_number: '00000100', total: '115.00', tax: null, sub_total: null, currency: 'ZAR',
    amount_paid: '0.00', amount_authorized: '0.00', amount_due: '115.00', payment_state: 'unpaid', other_currencies: [],
    sentences: [], read_at: NOW, not_current: null, note: null, can_save_phone: false, core_clock: { now: NOW, ahead_ms: 0 }, phone: '27831234567',
    phone_reading: { number: '27831234567', shown: '+27 83 123 4567', country_name: 'South Africa', warning: null },
    phone_notes: [], channels: ['sms', 'whatsapp'], delivery_reports: { sms: true, whatsapp: true },
    replaces_in_one_message: true, shows_messages: true, language: 'en',
    limits: { parts: false, minimum: null, step: null, maximum: '115.00' }, can_send: true, send_off: null, problems: [], notes: [], consents: {},
    merchant: 'Shop', environment: 'PRODUCTION', payment_requests: [], ...changes,
  };
}

const ofRequest = (changes) =>
  order({ can_send: false, send_off: said('live_link'), payment_requests: [request(changes)] });
const opened = (body) => ({ outcome: null, sentence: null, pending: false, body: JSON.stringify(body), seen: 'mark', now: NOW });
const acted = (outcome, sentence, body, pending = false) => ({
  outcome, sentence, pending, body: JSON.stringify(body), seen: null, now: NOW,
});
const thrown = (problem) => ({ body: { message: JSON.stringify(problem) } });

/** Let promises and renderings settle, under fake timers too. */
async function settle() {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

module.exports = { NOW, SENTENCES, acted, at, ofRequest, opened, order, request, said, settle, thrown };

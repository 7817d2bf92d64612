/* Orders and payment requests as the connector's API answers them. */

/** @import {Order, PaymentRequest, PhoneReading, Schemas} from '../../connector/web/static/agent/server/api.js' */

/** @type {PhoneReading} */
export const ORDER_PHONE = {
  number: '+27831230000', shown: '+27 83 123 0000', country: 'ZA', country_name: 'South Africa', warning: null,
};

/** @param {string} id @param {Record<string, unknown>} [values] */
export const sentence = (id, values = {}) => ({ id, values });

/** @param {Partial<Order>} [changes] @returns {Order} */
export const anOrder = (changes = {}) => ({
  order_id: '801xx0000000001AAA', order_number: '00000100', currency: 'ZAR', total: '115.00', tax: '15.00', sub_total: '100.00',
  amount_due: '115.00', amount_paid: '0.00', amount_authorized: '0.00', amount_reversed: '0.00', payment_state: 'unpaid',
  other_currencies: [], sentences: [], phone: '+27831230000', phone_reading: ORDER_PHONE, phone_notes: [], last_number: null, can_save_phone: false, country: 'ZA',
  read_at: '2026-11-28T10:00:00Z', not_current: null, note: null, core_clock: { now: '2026-11-28T10:00:00Z', ahead_ms: 0 }, phone_region: 'ZA', channels: ['sms', 'whatsapp'],
  delivery_reports: { sms: false, whatsapp: true }, replaces_in_one_message: true, shows_messages: true, language: 'en', limits: { parts: false, minimum: null, step: null, maximum: '115.00' }, can_send: true, send_off: null,
  problems: [], notes: [], consents: {}, merchant: 'Karoo', environment: 'SANDBOX', payment_requests: [],
  ...changes,
});

/** A message as the payment core shows it. @param {Partial<Schemas['Message']>} [changes] @returns {Schemas['MessagePreview']} */
export const aMessage = (changes = {}) => ({
  outcome: 'shown',
  preview: {
    text: 'Karoo: please pay ZAR 115.00 here: https://pay.example/pay/preview', language: 'en', parts: 1, characters: 67,
    alphabet: 'GSM-7', link: 'https://pay.example/pay/preview', has_template: false, may_offer_reply: false, ...changes,
  },
});

/** A link that was sent a moment ago. @param {Partial<PaymentRequest>} [changes] @returns {PaymentRequest} */
export const aRequest = (changes = {}) => ({
  reference: 'c2p-1', order_id: '801xx0000000001AAA', order_number: '00000100', status: 'sent', live: true,
  states: { message: 'sent', link: 'sent', money: 'none' }, core_status: 'SENT', link_reference: 'link-1', purpose: 'full',
  amount: '115.00', tax: '15.00', sub_total: '100.00', amount_authorized: '0.00', amount_paid: '0.00', amount_reversed: '0.00',
  currency: 'ZAR', channel: 'sms', phone_ending: '0000', requested_by: { id: '005A', name: 'Thandi Nkosi' },
  handled_by: { id: '005A', name: 'Thandi Nkosi' }, replaces: null, consent: { basis: null, at: null },
  created_at: '2026-11-28T09:59:30Z', sent_at: '2026-11-28T09:59:31Z', opened_at: null, finished_at: null,
  open_by: '2026-11-28T10:02:05Z', pay_by: null, proven_at: '2026-11-28T09:59:55Z', awaiting_confirmation: false,
  probable_preview: false, reason: null, salesforce: { state: 'written', written_at: '2026-11-28T09:59:40Z', reason: null, reason_word: null },
  message_at: null, message_failure: null, attention: null, do_not_ship: false, being_charged: false, remedy: null,
  capture_before: null, settled: false, reconciliation_reference: null, money_off: [],
  actions: ['cancel', 'replace', 'refresh'], withheld: [], sentences: [], say: [], timeline: [],
  ...changes,
});

/* The form with an agent before it: what it sends, and what a number is read as. */
import { mock } from 'node:test';
import { CLOCK, openPage, SENTENCES, settled, submit } from '../page.js';
import { createCatalogue } from '../../../connector/web/static/agent/catalogue.js';
import { createFormView, NotSent } from '../../../connector/web/static/agent/form/form_view.js';
import { anOrder, ORDER_PHONE, sentence } from '../factories.js';

/** @import {Order, PhoneRead} from '../../../connector/web/static/agent/server/api.js' */

export const catalogue = createCatalogue({ sentences: SENTENCES, locale: 'en', timeZone: 'UTC', clock: CLOCK });
export const OTHER = { ...ORDER_PHONE, number: '+27831239999', shown: '+27 83 123 9999' };

export const onSend = mock.fn(async (/** @type {object} */ _details) => {});
export const readPhone = mock.fn(async (/** @type {string} */ _text) => /** @type {PhoneRead} */ ({ outcome: 'read', readings: [OTHER], sentence: null }));
export const bodies = () => onSend.mock.calls.map((call) => /** @type {Record<string, unknown>} */ (call.arguments[0]));

/** @param {PhoneRead} read */
export const readsAs = (read) => readPhone.mock.mockImplementation(async () => read);

/* Begin with an empty page, an API that takes everything, and timers that the test moves. */
export function begin() {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  openPage();
  onSend.mock.resetCalls();
  onSend.mock.mockImplementation(async () => {});
  readPhone.mock.resetCalls();
  readsAs({ outcome: 'read', readings: [OTHER], sentence: null });
}

/** @param {Partial<Order>} [changes] */
export function show(changes) {
  const view = createFormView({ catalogue, onSend, readPhone, onLeave: () => {} });
  view.show({ order: anOrder(changes), frozen: false });
  return view;
}

/** Press Send and wait for what comes of it. */
export async function send() {
  submit();
  await settled();
}

/** @param {string} code @param {string} id */
export const refusal = (code, id) => async () => {
  throw new NotSent({ code, fields: {}, sentence: sentence(id, { channel: 'sms' }) });
};

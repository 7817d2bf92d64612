import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anOrder, aRequest } from '../factories.js';
import { paceOf } from '../../../connector/web/static/agent/following/pace.js';

/** @import {PaymentRequest} from '../../../connector/web/static/agent/server/api.js' */

const NOW = Date.parse('2026-11-28T10:00:00Z');
const LONG_AGO = '2026-11-28T09:50:00Z';

/** @param {Partial<PaymentRequest>} [changes] */
const paceWith = (changes) => paceOf(anOrder({ payment_requests: changes ? [aRequest(changes)] : [] }), NOW);

describe('the pace', () => {
  for (const [what, changes, pace] of /** @type {[string, Partial<PaymentRequest> | undefined, string][]} */ ([
    ['a link that was just sent', {}, 'paying'],
    ['a link that was sent three minutes ago', { created_at: '2026-11-28T09:57:00Z' }, 'under_way'],
    ['an opened link, however long ago', { status: 'opened', created_at: LONG_AGO }, 'paying'],
    ['a declined payment, which may be tried again', { status: 'declined', created_at: LONG_AGO }, 'paying'],
    ['a payment that was reported and is not confirmed', { live: false, awaiting_confirmation: true, created_at: LONG_AGO }, 'paying'],
    ['a review', { live: false, status: 'in_review', created_at: LONG_AGO }, 'under_way'],
    ['a paid request', { live: false, status: 'paid' }, 'idle'],
    ['an order without requests', undefined, 'idle'],
  ])) {
    it(`of ${what} is ${pace}`, () => assert.equal(paceWith(changes), pace));
  }
});

/* Make one press on Send at most one payment request, whatever the network does. */
import { ApiError } from './api.js';

/** @import {Answer, PaymentRequest} from './api.js' */

const WAITS_MS = [1000, 3000];

/** @param {unknown} error */
const isUnanswered = (error) => error instanceof ApiError && error.status === 0;

/** @param {unknown} error */
const mayHaveGoneOut = (error) => isUnanswered(error) || (error instanceof ApiError && error.status >= 500);

/** @param {(body: string, key: string) => Promise<Answer<PaymentRequest>>} send */
export function createSendOnce(send) {
  // One idempotency key per press. It stays while the request may have been sent, so that the next press with the same body
  // repeats it instead of sending a second one.
  /** @type {{body: string, key: string} | null} */
  let press = null;

  /**
   * Send one body, and repeat it under the same key while no answer comes; throw the last error.
   *
   * @param {object} details
   * @returns {Promise<Answer<PaymentRequest>>}
   */
  return async function sendOnce(details) {
    const body = JSON.stringify(details);
    if (press?.body !== body) press = { body, key: crypto.randomUUID() };
    const { key } = press;
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await send(body, key);
        press = null;
        return answer;
      } catch (error) {
        if (!mayHaveGoneOut(error)) press = null;
        if (!isUnanswered(error) || tries >= WAITS_MS.length) throw error;
        await new Promise((resolve) => setTimeout(resolve, WAITS_MS[tries]));
      }
    }
  };
}

/* Make one press on Send at most one payment request, whatever the network does. */
import { ApiError } from './api.js';

/** @import {Answer} from './api.js' */

const WAITS_MS = [1000, 3000];

/** @param {unknown} error */
const isUnanswered = (error) => error instanceof ApiError && error.status === 0;

/** @param {unknown} error */
const mayHaveGoneOut = (error) => isUnanswered(error) || (error instanceof ApiError && error.status >= 500);

/** @template Data @param {(body: string, key: string) => Promise<Answer<Data>>} send */
export function createSendOnce(send) {
  // One idempotency key per press. It stays while the request may have been sent, so that the next press with the same body
  // repeats it instead of sending a second one. What a later try is answered, a limit for one, says nothing of an earlier one.
  /** @type {{body: string, newest: string | null, key: string, isUnsure: boolean} | null} */
  let press = null;

  /** @param {string} body @param {string | null} newest */
  function pressFor(body, newest) {
    const isSame = press?.body === body && press.newest === newest;
    if (press === null || !isSame) press = { body, newest, key: crypto.randomUUID(), isUnsure: false };
    return press;
  }

  /**
   * Send one body, and repeat it under the same key while no answer comes; throw the last error.
   *
   * @param {object} details
   * @param {string | null} newest the order's newest request that the page knows of: once it is another one, what became of an
   *   earlier press is known, and the same details ask for a new request
   * @returns {Promise<Answer<Data>>}
   */
  return async function sendOnce(details, newest = null) {
    const body = JSON.stringify(details);
    const current = pressFor(body, newest);
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await send(body, current.key);
        press = null;
        return answer;
      } catch (error) {
        current.isUnsure ||= mayHaveGoneOut(error);
        if (!current.isUnsure) press = null;
        if (!isUnanswered(error) || tries >= WAITS_MS.length) throw error;
        await new Promise((resolve) => setTimeout(resolve, WAITS_MS[tries]));
      }
    }
  };
}

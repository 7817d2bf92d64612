/* Poll at the pace of what is awaited, kindly: slower when the server is slow, fails or asks for it, and in a hidden tab. */
import { ApiError } from '../server/api.js';

/** @import {Pace} from './pace.js' */

/** From the beginning of one request to that of the next. @type {Record<Pace, number>} */
// Idle: with the server's ten seconds between two questions to Salesforce, a changed order is shown within 15 s.
const EVERY_MS = { paying: 800, under_way: 1500, idle: 3000 };
const HIDDEN_MS = 10000;
const AFTER_FAILURE_MS = 1500;
const LONGEST_MS = 10000;
// A server whose answers take long is busy: then the pauses grow with the answers.
const PAUSE_PER_ANSWER = 3;
const PACES_APART = 0.1;

/**
 * Return a poller that never has two requests under way.
 *
 * @param {{
 *   ask: () => Promise<void>,
 *   paceOf: () => Pace,
 *   onFailure: (error: unknown, failures: number) => void,
 *   clock: {monotonic: () => number},
 *   random?: () => number,
 * }} options `random` returns a number from 0 to below 1; it keeps pages apart that began together
 */
export function createPoller({ ask, paceOf, onFailure, clock, random = Math.random }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asking = false;
  let askAgain = false;
  let failures = 0;
  let stopped = false;
  let took = 0;
  // The server asked for silence until then.
  let notBefore = -Infinity;

  function usualWait() {
    const pace = paceOf();
    const every = document.hidden ? HIDDEN_MS : EVERY_MS[pace];
    return Math.max(every - took, PAUSE_PER_ANSWER * took) * (1 + PACES_APART * (2 * random() - 1));
  }

  // At least half of it, and at random: the pages that lost a server at the same moment do not return at the same moment.
  function waitAfterFailure() {
    return Math.min(LONGEST_MS, AFTER_FAILURE_MS * 2 ** (failures - 1)) * (1 - random() / 2);
  }

  function plan() {
    clearTimeout(timer);
    if (stopped || (document.hidden && paceOf() === 'idle')) return;
    const wait = failures ? waitAfterFailure() : usualWait();
    timer = setTimeout(now, Math.max(wait, silence()));
  }

  /* What is left of the silence that the server asked for; a little more for some, so that not all return at its end. */
  function silence() {
    const left = notBefore - clock.monotonic();
    return left > 0 ? left * (1 + PACES_APART * random()) : 0;
  }

  async function askOnce() {
    const begun = clock.monotonic();
    try {
      await ask();
      failures = 0;
    } catch (error) {
      failures += 1;
      notBefore = clock.monotonic() + retryAfterOf(error);
      onFailure(error, failures);
    }
    took = clock.monotonic() - begun;
  }

  async function now() {
    clearTimeout(timer);
    if (stopped) return;
    if (asking) {
      askAgain = true;
      return;
    }
    if (clock.monotonic() < notBefore) {
      plan();
      return;
    }
    asking = true;
    await askOnce();
    asking = false;
    if (askAgain) {
      askAgain = false;
      now();
    } else {
      plan();
    }
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
  }

  return { now, stop, plan };
}

/** @param {unknown} error */
function retryAfterOf(error) {
  return error instanceof ApiError ? error.retryAfterMs : 0;
}

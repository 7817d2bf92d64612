/* The payment core's time: the server's, by the page and the Date header of every answer, and the difference that it measured. */

/** @typedef {ReturnType<typeof createClock>} Clock */

/**
 * Return a clock that never uses the agent's own, which may be wrong or change.
 *
 * @param {string} serverNow the server's time when it made the page, RFC 3339
 */
export function createClock(serverNow) {
  let offset = Date.parse(serverNow) - performance.now();
  let ahead = 0;

  /** The payment core's time, in milliseconds since 1970: its deadlines are those that count. */
  const now = () => performance.now() + offset + ahead;

  /** Take how far the core's clock is ahead of the server's, as the server has measured it. @param {number} milliseconds */
  function setAhead(milliseconds) {
    ahead = milliseconds;
  }

  /**
   * Correct the clock by an answer's Date header.
   *
   * @param {string | null} dateHeader
   * @param {number} askedAt the monotonic time of the request
   */
  function correct(dateHeader, askedAt) {
    const stamp = Date.parse(dateHeader ?? '');
    if (Number.isNaN(stamp)) return;
    const answeredAt = performance.now();
    // A Date header is cut to whole seconds and arrives late, so it is an interval, not a point:
    // the clock is moved only when it is outside. Otherwise the countdown would jump.
    const earliest = stamp - answeredAt;
    const latest = stamp + 1000 - askedAt;
    if (offset < earliest) offset = earliest;
    else if (offset > latest) offset = latest;
  }

  return { now, setAhead, correct, monotonic: () => performance.now() };
}

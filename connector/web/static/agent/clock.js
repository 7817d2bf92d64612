/*
 * Knows the server's time. It is taken from the page and from the Date header of every answer,
 * and moved on by the browser's monotonic timer: the agent's own clock is never read.
 */
export function createClock(serverNow) {
  let offset = Date.parse(serverNow) - performance.now();

  const now = () => performance.now() + offset;

  // A Date header is cut to whole seconds and arrives late, so it is an interval, not a point:
  // the clock is moved only when it stands outside. Otherwise the countdown would jump.
  function hear(dateHeader, askedAt) {
    const stamp = Date.parse(dateHeader);
    if (Number.isNaN(stamp)) return;
    const heardAt = performance.now();
    const earliest = stamp - heardAt;
    const latest = stamp + 1000 - askedAt;
    if (heardAt + offset < stamp) offset = earliest;
    else if (offset > latest) offset = latest;
  }

  return { now, hear, mark: () => performance.now() };
}

/* Asks at the pace of what is awaited, never in a hidden tab, and never twice at a time. */

// A look is a query of Salesforce's own, and the news come there in a second or two: faster would show nothing earlier.
const EVERY_MS = { paying: 1500, under_way: 3000, idle: 10000 };
const PACES_APART = 0.1;

/**
 * Return a poller. `ask` returns a promise, `paceOf` one of the paces of c/chat2payRules, `onFailure` gets the error and how
 * many there were in a row. After a failure it asks at the slowest pace.
 */
export function createPoller({ ask, paceOf, onFailure }) {
  let timer;
  let asking = false;
  let askAgain = false;
  let failures = 0;
  let running = false;

  function plan() {
    clearTimeout(timer);
    if (!running || document.hidden) return;
    const every = EVERY_MS[failures === 0 ? paceOf() : 'idle'];
    // A little earlier or later, so that panels that lost the connector together do not return together.
    const wait = every * (1 + PACES_APART * (2 * Math.random() - 1));
    // Following a payment is what this component is for; it ends in stop().
    // eslint-disable-next-line @lwc/lwc/no-async-operation
    timer = setTimeout(now, wait);
  }

  async function askOnce() {
    asking = true;
    try {
      await ask();
      failures = 0;
    } catch (error) {
      failures += 1;
      onFailure(error, failures);
    } finally {
      asking = false;
    }
  }

  async function now() {
    clearTimeout(timer);
    if (!running) return;
    if (asking) {
      askAgain = true;
      return;
    }
    await askOnce();
    const again = askAgain;
    askAgain = false;
    if (again) now();
    else plan();
  }

  function onVisibility() {
    if (document.hidden) clearTimeout(timer);
    else now();
  }

  function start() {
    if (running) return;
    running = true;
    document.addEventListener('visibilitychange', onVisibility);
    plan();
  }

  function stop() {
    running = false;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisibility);
  }

  return { start, stop, now };
}

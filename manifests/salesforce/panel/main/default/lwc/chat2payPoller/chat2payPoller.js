/* Asks fast while something is under way, slowly otherwise, never in a hidden tab, and never twice at a time. */
const FAST_MS = 3000;
const SLOW_MS = 10000;

/**
 * Return a poller. `ask` returns a promise, `isFast` whether something is under way, `onFailure` gets the error and how many
 * there were in a row.
 */
export function createPoller({ ask, isFast, onFailure }) {
  let timer;
  let asking = false;
  let askAgain = false;
  let failures = 0;
  let running = false;

  function plan() {
    clearTimeout(timer);
    if (!running || document.hidden) return;
    // Following a payment is what this component is for; it ends in stop().
    // eslint-disable-next-line @lwc/lwc/no-async-operation
    timer = setTimeout(now, failures === 0 && isFast() ? FAST_MS : SLOW_MS);
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

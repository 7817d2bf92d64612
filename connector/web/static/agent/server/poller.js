/* Poll fast while something is under way, slowly otherwise, with back-off after failures, and never in a hidden tab. */
const FAST_MS = 1500;
const SLOW_MS = 5000;
const LONGEST_MS = 10000;

/**
 * Return a poller that never has two requests under way.
 *
 * @param {{ask: () => Promise<void>, isFast: () => boolean, onFailure: (error: unknown, failures: number) => void}} options
 */
export function createPoller({ ask, isFast, onFailure }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asking = false;
  let askAgain = false;
  let failures = 0;
  let stopped = false;

  function plan() {
    clearTimeout(timer);
    if (stopped || document.hidden) return;
    const usual = isFast() ? FAST_MS : SLOW_MS;
    const wait = failures ? Math.min(LONGEST_MS, FAST_MS * 2 ** (failures - 1)) : usual;
    timer = setTimeout(now, wait);
  }

  async function now() {
    clearTimeout(timer);
    if (stopped) return;
    if (asking) {
      askAgain = true;
      return;
    }
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

  return { now, stop, pause: () => clearTimeout(timer) };
}

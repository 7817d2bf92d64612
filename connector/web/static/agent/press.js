/*
 * Knows how one press on Send becomes at most one payment request, whatever the network does:
 * one key per press, kept while nobody can say that nothing went out.
 */
const WAITS_MS = [1000, 3000];

export function createPress(send) {
  let press = null;

  /* This function will send one body, repeat it under the same key while no answer comes, and raise what remains. */
  return async function pressSend(details) {
    const body = JSON.stringify(details);
    if (press?.body !== body) press = { body, key: crypto.randomUUID() };
    for (const wait of [...WAITS_MS, null]) {
      try {
        const answer = await send(press.body, press.key);
        press = null;
        return answer;
      } catch (error) {
        const unanswered = error.status === 0 || error.status >= 500;
        if (!unanswered) press = null;
        if (error.status !== 0 || wait === null) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
    return null;
  };
}

/* What the connector reads in a typed number; it is asked about each text once. */
import { readNumber } from 'c/chat2payServer';

const ONE_NUMBER = new Set(['read', 'unconfirmed']);

/** Return what reads a text for an order: a promise of {text, outcome, readings, sentence}. */
export function createReadings() {
  let last = null;

  return function read(orderId, text) {
    if (last?.text === text) return last.answer;
    const answer = readNumber(orderId, text).then((said) => ({ ...said, text }));
    last = { text, answer };
    // What was not answered is asked again.
    answer.catch(() => {
      if (last?.answer === answer) last = null;
    });
    return answer;
  };
}

/** Return what was read where the agent has taken one of several. */
export const takenReading = (one) => ({ text: one.shown, outcome: 'read', readings: [one], sentence: null });

/** Return the one number that a text was read as, or null. */
export function readingOf(read, text) {
  return read?.text === text && ONE_NUMBER.has(read.outcome) ? read.readings[0] : null;
}

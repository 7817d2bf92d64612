/* What an agent reads on a first visit, until it is dismissed for good. */
import { byId, setShown } from '../dom.js';

// Only ever in this browser: that somebody has read three lines is nothing to keep on a server.
/** @param {string} userId */
const keyOf = (userId) => `chat2pay.introduced.${userId}`;

/** Return the browser's storage; null where a browser lets no frame of another site keep anything. @returns {Storage | null} */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** @param {string} userId */
function isNew(userId) {
  const kept = storage();
  // What could not be dismissed for good would come back with every order.
  return kept !== null && kept.getItem(keyOf(userId)) === null;
}

/** @param {string} userId */
function dismiss(userId) {
  try {
    storage()?.setItem(keyOf(userId), 'yes');
  } catch {
    // A storage that is full: the introduction comes once more.
  }
}

/** Show the introduction to whoever has not dismissed it. @param {string} userId */
export function showIntroduction(userId) {
  setShown(byId('introduction'), isNew(userId));
  byId('introduction-done').addEventListener('click', () => {
    dismiss(userId);
    setShown(byId('introduction'), false);
  });
}

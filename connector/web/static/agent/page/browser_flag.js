/* Keep a yes or no in this browser, also inside a frame of another site. */

const LONGEST_S = 34560000; // 400 days: browsers keep no cookie for longer

/** @param {string} name */
const cookieOf = (name) => `__Host-c2p-${name}`;

// In a frame of another site a browser that blocks third-party cookies denies every storage, but keeps a partitioned cookie.
/** @param {string} name @param {boolean} value @param {number} [seconds] 0: forget it */
export function keep(name, value, seconds = LONGEST_S) {
  document.cookie = `${cookieOf(name)}=${value ? 'yes' : 'no'}; Path=/; Max-Age=${seconds}; SameSite=None; Secure; Partitioned`;
}

/** Return what is kept; null: nothing. @param {string} name @returns {boolean | null} */
export function keptOf(name) {
  const start = `${cookieOf(name)}=`;
  const found = document.cookie.split('; ').find((one) => one.startsWith(start));
  return found === undefined ? null : found === `${start}yes`;
}

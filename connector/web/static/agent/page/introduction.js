/* What an agent reads on a first visit, until it is dismissed for good. */
import { byId, setShown } from '../dom.js';

const DISMISSED = '__Host-c2p-introduced';
const PROBE = '__Host-c2p-probe';
const LONGEST_S = 34560000; // 400 days: browsers keep no cookie for longer

// In a frame of another site a browser that blocks third-party cookies denies every storage, but keeps a partitioned cookie.
/** @param {string} name @param {number} seconds */
function keep(name, seconds) {
  document.cookie = `${name}=yes; Path=/; Max-Age=${seconds}; SameSite=None; Secure; Partitioned`;
}

/** @param {string} name */
const isKept = (name) => document.cookie.split('; ').includes(`${name}=yes`);

// Where the browser keeps nothing, it would come back with every order: then it stays away.
function isNew() {
  if (isKept(DISMISSED)) return false;
  keep(PROBE, 60);
  const keeps = isKept(PROBE);
  keep(PROBE, 0);
  return keeps;
}

/* Show the introduction to whoever has not dismissed it in this browser. */
export function showIntroduction() {
  setShown(byId('introduction'), isNew());
  byId('introduction-done').addEventListener('click', () => {
    keep(DISMISSED, LONGEST_S);
    setShown(byId('introduction'), false);
  });
}

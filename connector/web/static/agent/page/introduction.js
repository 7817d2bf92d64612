/* What an agent reads on a first visit, until it is dismissed for good; it steps aside for an order to which something was sent. */
import { byId, setShown } from '../dom.js';
import { keep, keptOf } from './browser_flag.js';

const DISMISSED = 'introduced';
const PROBE = 'probe';

// Where the browser keeps nothing, it would come back with every order: then it stays away.
function isNew() {
  if (keptOf(DISMISSED)) return false;
  keep(PROBE, true, 60);
  const keeps = keptOf(PROBE) === true;
  keep(PROBE, true, 0);
  return keeps;
}

/** Return what shows the introduction to whoever has not dismissed it in this browser. */
export function createIntroduction() {
  let open = isNew();

  byId('introduction-done').addEventListener('click', () => {
    keep(DISMISSED, true);
    open = false;
    setShown(byId('introduction'), false);
  });

  /** Show it where it is not in the way; return whether it took the focus with it. @param {boolean} hasRequest */
  function show(hasRequest) {
    const shown = open && !hasRequest;
    const losesFocus = !shown && byId('introduction').contains(document.activeElement);
    setShown(byId('introduction'), shown);
    return losesFocus;
  }

  return { show };
}

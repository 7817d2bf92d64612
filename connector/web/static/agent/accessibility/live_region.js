/* The page's live region: what a screen reader announces, and what focus already reads. */
import { byId } from '../dom.js';
import { createAnnouncer, PAUSE_MS } from './announcer.js';

// A screen reader reads what gets the focus as it is then; what is written into it later it reads only where it is announced.
let readOnFocus = '';
document.addEventListener('focusin', ({ target }) => {
  readOnFocus = target instanceof HTMLElement ? (target.textContent ?? '') : '';
});
document.addEventListener('focusout', () => {
  readOnFocus = '';
});

const announcer = createAnnouncer({
  region: () => byId('announcer'),
  focusedText: () => readOnFocus,
  later: (flush) => setTimeout(flush, PAUSE_MS),
});

/** Have a screen reader announce a sentence, once. */
export const announce = announcer.announce;

/** Take a sentence back that no longer holds, so that nobody comes across it. */
export const unannounce = announcer.withdraw;

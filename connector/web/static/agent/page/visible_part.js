/* How much of the frame's lower end is out of sight: Salesforce makes the frame of one height, and a laptop's window is lower. */
import { make } from '../dom.js';

// In a part lower than this, what stays at its edge would take the room of the fields.
const LEAST_PX = 384;
const STEPS = 100;

/**
 * Return how many pixels at the frame's lower end are out of sight; 0 where too little is in sight, or nothing.
 * @param {number} height of the frame
 * @param {{top: number, bottom: number}} visible the part of it that is in sight
 */
export function hiddenBelow(height, visible) {
  return visible.bottom - visible.top < LEAST_PX ? 0 : Math.max(0, Math.round(height - visible.bottom));
}

/** Say in the style `--c2p-below` what is out of sight, also while the page around the frame is scrolled. */
export function watchVisiblePart() {
  const whole = document.body.appendChild(make('div', 'c2p-whole-frame'));
  // Without a root it sees what every window around the frame cuts off, of other sites, too.
  const observer = new IntersectionObserver((entries) => {
    const { boundingClientRect, intersectionRect } = entries[entries.length - 1];
    document.documentElement.style.setProperty('--c2p-below', `${hiddenBelow(boundingClientRect.height, intersectionRect)}px`);
  }, { threshold: Array.from({ length: STEPS + 1 }, (_, step) => step / STEPS) });
  observer.observe(whole);
}

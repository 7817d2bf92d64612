/* Wait for the end of a press: where the page moves between press and release, the browser fires no click. */

/** @type {(() => void)[]} */
const waiting = [];
let pressed = false;

function released() {
  pressed = false;
  // After the click, which the browser fires after pointerup.
  setTimeout(() => waiting.splice(0).forEach((resume) => resume()));
}

document.addEventListener('pointerdown', () => {
  pressed = true;
}, true);
document.addEventListener('pointerup', released, true);
document.addEventListener('pointercancel', released, true);
window.addEventListener('blur', released);

/** Resolve once nothing is pressed; await it before the page's layout changes. @returns {Promise<void>} */
export const afterPress = () => (pressed ? new Promise((resume) => waiting.push(resume)) : Promise.resolve());

/* Whether something is being pressed just now: a page that moves between press and release swallows the click. */

/** @type {(() => void)[]} */
const waiting = [];
let pressed = false;

function released() {
  pressed = false;
  setTimeout(() => waiting.splice(0).forEach((resume) => resume()));
}

document.addEventListener('pointerdown', () => {
  pressed = true;
}, true);
document.addEventListener('pointerup', released, true);
document.addEventListener('pointercancel', released, true);
window.addEventListener('blur', released);

/** Wait, before moving the page, until nothing is pressed. @returns {Promise<void>} */
export const afterPress = () => (pressed ? new Promise((resume) => waiting.push(resume)) : Promise.resolve());

/*
 * Whether a button is being pressed just now: a page that moves between press and release swallows the click.
 */
const waiting = [];
let pressed = false;

function released() {
  pressed = false;
  setTimeout(() => waiting.splice(0).forEach((go) => go()));
}

document.addEventListener('pointerdown', () => {
  pressed = true;
}, true);
document.addEventListener('pointerup', released, true);
document.addEventListener('pointercancel', released, true);
window.addEventListener('blur', released);

/* This function will let what moves the page wait until nothing is pressed. */
export const afterPress = () => (pressed ? new Promise((go) => waiting.push(go)) : Promise.resolve());

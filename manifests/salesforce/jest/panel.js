/* Finds and presses the parts of a mounted panel, for its tests. */
const { settle } = require('./orders');

const part = (element, name) => element.shadowRoot.querySelector(`c-chat2pay-${name}`).shadowRoot;
const textOf = (root, id) => root.querySelector(`[data-id="${id}"]`)?.textContent;
const button = (root, label) => [...root.querySelectorAll('lightning-button')].find((one) => one.label === label);
const confirmOf = (element) => part(element, 'status').querySelector('c-chat2pay-confirm').shadowRoot;

async function press(target) {
  target.click();
  await settle();
}

module.exports = { button, confirmOf, part, press, textOf };

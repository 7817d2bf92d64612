/* Finds and presses the parts of a mounted panel, for its tests. */
const { createElement } = require('lwc');
const { settle } = require('./orders');

const part = (element, name) => element.shadowRoot.querySelector(`c-chat2pay-${name}`).shadowRoot;
const textOf = (root, id) => root.querySelector(`[data-id="${id}"]`)?.textContent;
const button = (root, label) => [...root.querySelectorAll('lightning-button')].find((one) => one.label === label);
const confirmOf = (element) => part(element, 'status').querySelector('c-chat2pay-confirm').shadowRoot;

async function press(target) {
  target.click();
  await settle();
}

/** Put a panel into the page whose order is answered so. */
async function mountPanel(Panel, { open, version }, answer) {
  version.mockResolvedValue('1');
  open.mockResolvedValue(answer);
  const element = createElement('c-chat2pay-panel', { is: Panel });
  element.recordId = '801000000000001AAA';
  document.body.appendChild(element);
  await settle();
  return element;
}

module.exports = { button, confirmOf, mountPanel, part, press, textOf };

/* The panel on a page of its own. */
import '@lwc/synthetic-shadow';
import { createElement } from 'lwc';
import Panel from 'c/chat2payPanel';

/** Show the panel of an order, in the place of any before. */
window.chat2payShow = (recordId) => {
  const panel = createElement('c-chat2pay-panel', { is: Panel });
  panel.recordId = recordId;
  document.querySelector('#panel').replaceChildren(panel);
};
window.chat2payShow(window.chat2paySession.recordId);

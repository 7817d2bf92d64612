/* The panel on a page of its own. */
import '@lwc/synthetic-shadow';
import { createElement } from 'lwc';
import Panel from 'c/chat2payPanel';

const panel = createElement('c-chat2pay-panel', { is: Panel });
panel.recordId = window.chat2paySession.recordId;
document.querySelector('#panel').append(panel);

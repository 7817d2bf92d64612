/* The confirmation before a link is cancelled, inside the page because a frame may not open dialogs. */
import { byId, isOff, setAttribute, setOff, setShown } from '../dom.js';

/** @import {Catalogue} from '../catalogue.js' */

/** @param {{catalogue: Pick<Catalogue, 'write'>, onYes: (choice: {replacing: boolean}) => Promise<void>}} options */
export function createCancelConfirmation({ catalogue, onYes }) {
  const box = byId('cancel-ask');
  /** @type {HTMLElement | null} */
  let opener = null;
  let busy = false;

  /** @param {HTMLElement} button @param {{question: string, yes: string}} sentences */
  function open(button, { question, yes }) {
    if (isOff(button) || busy) return;
    opener = button;
    catalogue.write(byId('cancel-question'), question);
    catalogue.write(byId('cancel-yes'), yes);
    setShown(box, true);
    setShown(byId('actions'), false);
    byId('cancel-no').focus();
  }

  /** @param {{backTo?: HTMLElement}} [options] */
  function close({ backTo } = {}) {
    const hadFocus = box.contains(document.activeElement);
    setShown(box, false);
    setShown(byId('actions'), true);
    if (!hadFocus) return;
    const target = backTo ?? (opener && !opener.hidden ? opener : byId('status-sentence'));
    target.focus();
  }

  async function confirm() {
    if (busy) return;
    busy = true;
    const replacing = opener?.id === 'replace';
    setOff(byId('cancel-yes'), true);
    setOff(byId('cancel-no'), true);
    setAttribute(byId('cancel-yes'), 'aria-busy', 'true');
    catalogue.write(byId('cancel-yes'), 'button_cancelling');
    try {
      await onYes({ replacing });
    } finally {
      busy = false;
      setOff(byId('cancel-yes'), false);
      setOff(byId('cancel-no'), false);
      setAttribute(byId('cancel-yes'), 'aria-busy', null);
      close({ backTo: byId('notice').hidden ? byId('status-sentence') : byId('notice') });
    }
  }

  byId('cancel').addEventListener('click', () => open(byId('cancel'), { question: 'cancel_question', yes: 'button_cancel_yes' }));
  byId('replace').addEventListener('click', () => open(byId('replace'), { question: 'replace_question', yes: 'button_replace_yes' }));
  byId('cancel-yes').addEventListener('click', confirm);
  byId('cancel-no').addEventListener('click', () => {
    if (!busy) close();
  });
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !busy) close();
  });

  return { close, isOpen: () => !box.hidden, isBusy: () => busy };
}

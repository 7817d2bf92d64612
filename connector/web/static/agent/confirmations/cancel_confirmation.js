/* The confirmation before a link is cancelled or replaced, inside the page because a frame may not open dialogs. */
import { byId, isOff, setAttribute, setOff, setShown } from '../dom.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Said} from '../status/reading.js' */

/** @typedef {'cancel' | 'replace'} Verb */
/** @typedef {{question: Said, told: Said | null, yes: string, busy: string}} Asked told: what the customer will read */

/**
 * @param {{
 *   catalogue: Pick<Catalogue, 'write'>,
 *   askOf: (verb: Verb) => Asked,
 *   onYes: (verb: Verb) => Promise<void>,
 * }} options
 */
export function createCancelConfirmation({ catalogue, askOf, onYes }) {
  const box = byId('cancel-ask');
  /** @type {Verb} */
  let verb = 'cancel';
  /** @type {HTMLElement | null} */
  let opener = null;
  let busy = false;

  /** @param {Verb} wanted */
  function open(wanted) {
    const button = byId(wanted);
    if (isOff(button) || busy) return;
    opener = button;
    verb = wanted;
    const { question, told, yes } = askOf(verb);
    catalogue.write(byId('cancel-question'), question.id, question.values);
    setShown(byId('cancel-told'), told !== null);
    if (told) catalogue.write(byId('cancel-told'), told.id, told.values);
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
    setOff(byId('cancel-yes'), true);
    setOff(byId('cancel-no'), true);
    setAttribute(byId('cancel-yes'), 'aria-busy', 'true');
    catalogue.write(byId('cancel-yes'), askOf(verb).busy);
    try {
      await onYes(verb);
    } finally {
      busy = false;
      setOff(byId('cancel-yes'), false);
      setOff(byId('cancel-no'), false);
      setAttribute(byId('cancel-yes'), 'aria-busy', null);
      close({ backTo: byId('notice').hidden ? byId('status-sentence') : byId('notice') });
    }
  }

  for (const name of /** @type {const} */ (['cancel', 'replace'])) byId(name).addEventListener('click', () => open(name));
  byId('cancel-yes').addEventListener('click', confirm);
  byId('cancel-no').addEventListener('click', () => {
    if (!busy) close();
  });

  return { close, isOpen: () => !box.hidden, isBusy: () => busy, verb: () => verb };
}

/* The confirmation before a supervisor releases a request without an outcome, with the reason that is sent with it. */
import { announce } from '../accessibility/live_region.js';
import { byId, isOff, setAttribute, setOff, setShown } from '../dom.js';

/** @import {Catalogue} from '../catalogue.js' */

/**
 * @param {{catalogue: Pick<Catalogue, 'write'>, onYes: (reason: string) => Promise<boolean>}} options
 *   onYes returns whether the server has answered: a reason that was not taken stays in its field
 */
export function createReleaseConfirmation({ catalogue, onYes }) {
  const box = byId('release-ask');
  const reason = byId('release-reason', HTMLInputElement);
  let busy = false;

  /** @param {string | null} id */
  function showError(id) {
    setShown(byId('release-error'), id !== null);
    setAttribute(reason, 'aria-invalid', id !== null ? 'true' : null);
    if (id === null) return;
    catalogue.write(byId('release-error'), id);
    announce(byId('release-error').textContent);
    reason.focus();
  }

  function open() {
    if (isOff(byId('release')) || busy) return;
    showError(null);
    setShown(box, true);
    setShown(byId('actions'), false);
    reason.focus();
  }

  function close() {
    const hadFocus = box.contains(document.activeElement);
    setShown(box, false);
    setShown(byId('actions'), true);
    if (hadFocus) (byId('release').hidden ? byId('status-sentence') : byId('release')).focus();
  }

  async function confirm() {
    if (busy) return;
    const text = reason.value.trim();
    if (text === '') {
      showError('release_reason_missing');
      return;
    }
    busy = true;
    for (const name of ['release-yes', 'release-no']) setOff(byId(name), true);
    setAttribute(byId('release-yes'), 'aria-busy', 'true');
    catalogue.write(byId('release-yes'), 'button_releasing');
    try {
      if (await onYes(text)) reason.value = '';
    } finally {
      busy = false;
      for (const name of ['release-yes', 'release-no']) setOff(byId(name), false);
      setAttribute(byId('release-yes'), 'aria-busy', null);
      catalogue.write(byId('release-yes'), 'button_release_yes');
      close();
    }
  }

  catalogue.write(byId('release-yes'), 'button_release_yes');
  byId('release').addEventListener('click', open);
  byId('release-yes').addEventListener('click', confirm);
  byId('release-no').addEventListener('click', () => {
    if (!busy) close();
  });
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target === reason) confirm();
  });

  return { close, isOpen: () => !box.hidden, isBusy: () => busy };
}

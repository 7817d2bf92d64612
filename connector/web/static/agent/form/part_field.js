/* The field for a deposit or another part, where the tenant allows parts; empty, all that is due is asked for. */
import { announce } from '../accessibility/live_region.js';
import { byId, setAttribute, setShown } from '../dom.js';
import { partHint, partOf, takesParts } from './parts.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Order} from '../server/api.js' */

/** @param {{catalogue: Catalogue, onType: () => void}} options */
export function createPartField({ catalogue, onType }) {
  const field = byId('part', HTMLInputElement);
  /** @type {Order | null} the order that takes a part; null: none does */
  let order = null;

  const read = () => (order === null ? null : partOf(order, field.value, catalogue.locale));

  /** @param {boolean} isWrong */
  function showError(isWrong) {
    const found = isWrong ? read() : null;
    const refused = found !== null && 'refused' in found ? found.refused : null;
    setShown(byId('part-error'), refused !== null);
    setAttribute(field, 'aria-invalid', refused === null ? null : 'true');
    if (refused !== null) catalogue.write(byId('part-error'), refused.id, refused.values);
  }

  /** Show the field where a part may be asked for. @param {Order} of @param {{isReplacing: boolean, locked: boolean}} form */
  function show(of, { isReplacing, locked }) {
    order = takesParts(of) && !isReplacing ? of : null;
    setShown(byId('part-field'), order !== null);
    field.readOnly = locked;
    if (order === null) return;
    const hint = partHint(order, read());
    catalogue.write(byId('part-hint'), hint.id, hint.values);
    if (!byId('part-error').hidden) showError(true);
  }

  /** Return whether what is typed can be asked for; where not, say what would be right. */
  function accept() {
    const found = read();
    showError(true);
    if (found === null || 'amount' in found) return true;
    announce(byId('part-error').textContent);
    field.focus();
    return false;
  }

  field.addEventListener('input', () => {
    showError(false);
    onType();
  });

  return {
    show, accept,
    /** Return the part that is asked for: null for all, undefined where what is typed cannot be. */
    amount: () => {
      const found = read();
      return found === null ? null : 'amount' in found ? found.amount : undefined;
    },
    clear: () => {
      field.value = '';
      showError(false);
    },
  };
}

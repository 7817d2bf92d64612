/* The offer to save the number that was last used in Salesforce. */
import { announce } from '../accessibility/live_region.js';
import { byId, isOff, setOff, setShown } from '../dom.js';
import { endOf } from '../format.js';
import { ApiError, LaunchOver } from '../server/api.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Order, Schemas} from '../server/api.js' */

/**
 * @param {{catalogue: Pick<Catalogue, 'write'>, save: (ending: string) => Promise<Schemas['OrderPhoneSaved']>}} options
 *   save: have the server save the number that ends so
 */
export function createPhoneSaving({ catalogue, save }) {
  const button = byId('phone-save');
  let ending = '';
  let offered = false;
  let busy = false;
  let frozen = false;
  // Of which number something was said.
  /** @type {string | null} */
  let saidOf = null;

  function render() {
    setShown(byId('phone-saving'), offered || saidOf !== null);
    setShown(byId('phone-save-offer'), offered);
    setShown(button, offered);
    setShown(byId('phone-saved'), saidOf !== null);
    setOff(button, busy || frozen);
    if (offered) catalogue.write(byId('phone-save-offer'), 'phone_save_offer', { phone_ending: ending });
  }

  /** @param {string} id @param {Record<string, unknown>} [values] */
  function say(id, values) {
    saidOf = ending;
    catalogue.write(byId('phone-saved'), id, values);
    announce(byId('phone-saved').textContent);
  }

  async function press() {
    if (isOff(button)) return;
    busy = true;
    render();
    try {
      const { outcome, sentence } = await save(ending);
      say(sentence.id, sentence.values);
      if (outcome === 'saved') takeAway();
    } catch (error) {
      if (!(error instanceof LaunchOver)) failed(error);
    } finally {
      busy = false;
      render();
    }
  }

  // What has been done is offered no more; focus moves on before its button goes.
  function takeAway() {
    const hadFocus = document.activeElement === button;
    offered = false;
    render();
    if (hadFocus) byId('phone-saved').focus();
  }

  /** @param {unknown} error */
  function failed(error) {
    const body = error instanceof ApiError ? error.body : {};
    say(body.sentence?.id ?? body.message ?? 'phone_save_unknown', body.sentence?.values);
  }

  button.addEventListener('click', press);

  /** Offer the order's last used number. @param {Order} order @param {boolean} isFrozen */
  function show({ last_number: last, can_save_phone: can }, isFrozen) {
    frozen = isFrozen;
    const number = last?.reading.number;
    // What was said of another number is over.
    if (number !== undefined && saidOf !== null && endOf(number) !== saidOf) saidOf = null;
    if (number !== undefined) ending = endOf(number);
    if (!busy) offered = can && number !== undefined;
    render();
  }

  return { show };
}

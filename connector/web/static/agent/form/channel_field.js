/* The channels as cards to choose from; a channel that the customer has refused is disabled and says why. */
import { asSentence } from '../catalogue.js';
import { announce } from '../accessibility/live_region.js';
import { byId, make, setList, setShown } from '../dom.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Channel, Order} from '../server/api.js' */
/** @import {ConsentField} from './consent_field.js' */

/** @typedef {{name: Channel, reports: boolean, refused: string | null}} ChannelItem refused: why, in words */

/**
 * @param {{catalogue: Catalogue, consent: Pick<ConsentField, 'of' | 'show'>, onChoose: (name: Channel) => void}} options
 */
export function createChannelField({ catalogue, consent, onChoose }) {
  /** @type {Channel | null} */
  let chosen = null;

  /** @param {ChannelItem} item */
  function card({ name, reports, refused }) {
    const input = make('input', 'c2p-card-input');
    Object.assign(input, { type: 'radio', name: 'channel', value: name, id: `channel-${name}`, checked: name === chosen, disabled: refused !== null });
    input.addEventListener('change', () => onChoose(name));
    const label = make('label', 'c2p-card-label',
      make('span', 'c2p-card-name', catalogue.text(`channel_${name}`)),
      refused === null
        ? make('span', 'c2p-quiet', catalogue.text(reports ? 'channel_reports' : 'channel_no_reports'))
        : make('span', 'c2p-card-refused', refused));
    label.htmlFor = input.id;
    return make('div', 'c2p-card-choice', input, label);
  }

  /** Return the sentence that says why a channel is refused, or null. @param {Channel} name */
  function refusalOf(name) {
    const { state, sentence } = consent.of(name);
    if (state !== 'refused') return null;
    const { id, values } = asSentence(sentence);
    return catalogue.text(id, values);
  }

  /** @param {Order} order @param {Channel} name */
  const isOpen = (order, name) => order.channels.includes(name) && consent.of(name).state !== 'refused';

  // Where the chosen channel is refused meanwhile, another one is chosen, and a screen reader says why.
  /** @param {Order} order */
  function leaveClosed(order) {
    if (chosen !== null && isOpen(order, chosen)) return;
    const closed = chosen !== null && order.channels.includes(chosen) ? refusalOf(chosen) : null;
    chosen = order.channels.find((name) => isOpen(order, name)) ?? null;
    if (closed !== null) announce(closed);
  }

  /** @param {Order} order */
  function show(order) {
    leaveClosed(order);
    const list = byId('channels');
    const hadFocus = list.contains(document.activeElement);
    const items = order.channels.map((name) => ({ name, reports: Boolean(order.delivery_reports[name]), refused: refusalOf(name) }));
    setList(list, items, card);
    for (const name of order.channels) byId(`channel-${name}`, HTMLInputElement).checked = name === chosen;
    if (hadFocus && !list.contains(document.activeElement) && chosen !== null) byId(`channel-${chosen}`).focus();
    consent.show(chosen);
  }

  /** @param {string | null} error a sentence's id, or the server's own words */
  function showError(error) {
    setShown(byId('channel-error'), error !== null);
    if (error !== null) catalogue.write(byId('channel-error'), error);
  }

  return {
    isOpen, refusalOf, show, showError,
    chosen: () => chosen,
    /** @param {Channel} name */
    choose: (name) => {
      chosen = name;
    },
  };
}

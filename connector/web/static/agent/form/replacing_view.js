/* What the form says of the link whose place a send takes, and the way back to it. */
import { byId, make, setList, setShown } from '../dom.js';
import { isTotalKnown } from '../order_rules.js';
import { formReplaces, speaksOfOld } from '../confirmations/replacing.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Order, PaymentRequest} from '../server/api.js' */
/** @import {Said} from '../status/reading.js' */

/** @param {{catalogue: Pick<Catalogue, 'write'>}} options */
export function createReplacingView({ catalogue }) {
  /** @type {Order | null} */
  let order = null;
  /** @type {PaymentRequest | null} */
  let old = null;

  /** @param {Said} said */
  function line({ id, values }) {
    const text = make('p', '');
    catalogue.write(text, id, values);
    return text;
  }

  /** @param {Order} newest @param {PaymentRequest | null} replaced @param {{mayLeave: boolean, ending?: string}} form ending: of its number */
  function show(newest, replaced, { mayLeave, ending }) {
    order = newest;
    old = replaced;
    setShown(byId('form-replaces'), old !== null);
    if (old !== null) setList(byId('form-replaces'), formReplaces(order, old, ending), line);
    setShown(byId('form-back'), mayLeave);
    if (mayLeave) catalogue.write(byId('form-back'), old?.live ? 'button_keep_link' : 'button_back');
  }

  /** Return whether a link is replaced that can still be used: then a send is possible although another link is live. */
  const isOpen = () => Boolean(old?.live) && order !== null && isTotalKnown(order) && order.problems.length === 0;

  return {
    show, isOpen,
    /** Return whether the message would speak of the link that is replaced. @param {string} [ending] of the number in the form */
    isNamed: (ending) => old !== null && order !== null && speaksOfOld(order, old, ending),
    /** Return what the link would ask for: all that may be asked for, or a replaced part's amount. */
    amount: () => {
      if (old?.live && old.purpose !== 'full') return { amount: old.amount, currency: old.currency };
      return { amount: order?.limits.maximum ?? null, currency: order?.currency ?? null };
    },
  };
}

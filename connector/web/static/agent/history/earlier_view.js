/* The order's other payment requests: when, how much, how each ended, who sent it, and who did something to it. */
import { byId, make, setList, setShown } from '../dom.js';
import { replacementOf } from './chain.js';
import { peopleActionsOf } from './people_actions.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {PaymentRequest} from '../server/api.js' */
/** @import {Clock} from '../server/clock.js' */
/** @import {Said} from '../status/reading.js' */

/** @param {{catalogue: Catalogue, clock: Pick<Clock, 'now'>}} options */
export function createEarlierView({ catalogue, clock }) {
  /** @param {{request: PaymentRequest, replaced: Said | null}} item */
  function line({ request, replaced }) {
    const who = make('span', 'c2p-quiet');
    catalogue.write(who, 'earlier_line', { agent: request.requested_by?.name, phone_ending: request.phone_ending });
    const what = make('span', '');
    catalogue.write(what, 'amount_by_channel', { amount: { amount: request.amount, currency: request.currency }, channel: request.channel });
    const pill = make('span', 'slds-badge c2p-pill', catalogue.text(`status_${request.status}`));
    const at = make('time', 'c2p-step-time', catalogue.formats.moment(request.sent_at ?? request.created_at, clock.now()));
    at.dateTime = request.sent_at ?? request.created_at;
    const item = make('li', 'c2p-earlier-line', make('p', 'c2p-earlier-head', pill, what, at), make('p', '', who), ...peopleActionsOf(request).map(actionLine), ...chainLine(replaced));
    item.dataset.status = request.status;
    return item;
  }

  /** @param {PaymentRequest['timeline'][number]} action */
  function actionLine({ at, id, values }) {
    const text = make('span', 'c2p-quiet');
    catalogue.write(text, id, values);
    const time = make('time', 'c2p-step-time', catalogue.formats.moment(at, clock.now()));
    time.dateTime = at;
    return make('p', 'c2p-earlier-head', text, time);
  }

  /** @param {Said | null} replaced */
  function chainLine(replaced) {
    if (replaced === null) return [];
    const text = make('p', 'c2p-quiet');
    catalogue.write(text, replaced.id, replaced.values);
    return [text];
  }

  /** @param {PaymentRequest[]} requests @param {readonly PaymentRequest[]} all */
  function show(requests, all) {
    setShown(byId('earlier'), requests.length > 0);
    // Beside a request there is the whole page to look at; only an empty form leaves the question open.
    setShown(byId('earlier-none'), all.length === 0);
    catalogue.write(byId('earlier-summary'), 'label_earlier', { count: String(requests.length) });
    setList(byId('earlier-lines'), requests.map((request) => ({ request, replaced: replacementOf(request, all) })), line);
  }

  return { show };
}

/* Tell an agent who looks elsewhere that a payment is in: by the title, a soft sound, and a note on the desktop. */
import { byId, setAttribute, setShown } from '../dom.js';
import { featuredRequest } from '../order_rules.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Order, PaymentRequest} from '../server/api.js' */
/** @import {Chime} from './chime.js' */
/** @import {DesktopNote} from './desktop_note.js' */
/** @import {Preferences} from '../page/preferences.js' */

/** @typedef {ReturnType<typeof createPaidSignal>} PaidSignal */

// Money that a person must look at, or goods that must wait, are no good news to be rung out.
/** @param {PaymentRequest} request */
const isGoodNews = (request) => request.status === 'paid' && !request.attention && !request.do_not_ship;

/** @param {{catalogue: Pick<Catalogue, 'text'>, preferences: Preferences, chime: Chime, note: DesktopNote}} options */
export function createPaidSignal({ catalogue, preferences, chime, note }) {
  const usualTitle = document.title;
  /** @type {Set<string> | null} */
  let known = null;

  const isLoud = () => preferences.read('sound', true);

  /** @param {Order} order */
  function show(order) {
    const paid = order.payment_requests.filter(isGoodNews);
    const isNews = known !== null && paid.some(({ reference }) => !known?.has(reference));
    // What was paid before the page was opened is no news.
    known = new Set(paid.map(({ reference }) => reference));
    const featured = featuredRequest(order);
    const text = catalogue.text('title_paid', { order_number: order.order_number });
    const title = featured && isGoodNews(featured) ? text : usualTitle;
    if (document.title !== title) document.title = title;
    if (!isNews) return;
    if (isLoud()) chime.play();
    note.show(text, paid[0].reference);
  }

  function showButtons() {
    setShown(byId('sound'), chime.isPossible());
    setAttribute(byId('sound'), 'aria-pressed', String(isLoud()));
    setShown(byId('desktop-note'), note.mayAsk());
    setShown(byId('signals'), chime.isPossible() || note.mayAsk());
  }

  byId('sound').addEventListener('click', () => {
    preferences.write('sound', !isLoud());
    chime.unlock();
    // So that the agent knows what will be heard.
    if (isLoud()) chime.play();
    showButtons();
  });
  byId('desktop-note').addEventListener('click', async () => {
    const hadFocus = document.activeElement === byId('desktop-note');
    await note.ask().catch(() => {});
    showButtons();
    if (hadFocus && byId('desktop-note').hidden) byId('sound').focus();
  });
  const unlock = () => isLoud() && chime.unlock();
  for (const gesture of ['pointerdown', 'keydown']) document.addEventListener(gesture, unlock);
  showButtons();

  return { show };
}

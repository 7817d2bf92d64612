/* The view of a deadline: large digits, what the customer must do until then, and a thin bar. */
import { byId, setAttribute, setShown, setText } from '../dom.js';
import { left } from '../format.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Countdown} from '../order_rules.js' */

const SHORT_MS = 60000;

/** @param {{catalogue: Pick<Catalogue, 'write'>}} options */
export function createCountdownView({ catalogue }) {
  const box = byId('countdown');

  /** @param {Countdown | null} countdown @param {number} now */
  function show(countdown, now) {
    setShown(box, countdown !== null);
    if (countdown === null) return;
    const whole = Math.max(1, Date.parse(countdown.until) - Date.parse(countdown.from ?? countdown.until));
    // The page's clock lags by the travel time of its first answer: never show more than the whole.
    const rest = Math.min(Math.max(0, Date.parse(countdown.until) - now), countdown.from ? whole : Infinity);
    setText(byId('countdown-left'), left(rest));
    // As wide as its widest value, so that its size does not change while it runs.
    byId('countdown-left').style.minWidth = `${left(whole).length - 0.4}ch`;
    catalogue.write(byId('countdown-label'), rest > 0 ? countdown.label : 'count_over');
    byId('countdown-bar').style.transform = `scaleX(${Math.min(1, rest / whole).toFixed(4)})`;
    setAttribute(box, 'data-short', rest < SHORT_MS ? 'true' : null);
  }

  return { show };
}

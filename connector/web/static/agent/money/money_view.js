/* The buttons that take held money or give money back, the question before it, and why there are none. */
import { typedForm } from '../amounts.js';
import { announce } from '../accessibility/live_region.js';
import { byId, isOff, make, setAttribute, setList, setOff, setShown } from '../dom.js';
import { captureQuestion, mostToCapture, movesOf, readCapture, reverseQuestion } from './money_moves.js';

/** @import {Read, Refused} from '../amounts.js' */
/** @import {Catalogue} from '../catalogue.js' */
/** @import {Clock} from '../server/clock.js' */
/** @import {Order, PaymentRequest, Sentence} from '../server/api.js' */
/** @import {Move} from './money_moves.js' */

/** @typedef {{verb: Move, request: PaymentRequest, amount: string | null}} Wanted amount: to take */

const VERBS = /** @type {const} */ (['capture', 'reverse']);

/**
 * @param {{
 *   catalogue: Catalogue,
 *   clock: Pick<Clock, 'now'>,
 *   onYes: (wanted: Wanted) => Promise<void>,
 *   onCopy: (reference: string) => void,
 * }} options
 */
export function createMoneyView({ catalogue, clock, onYes, onCopy }) {
  const box = byId('money-ask');
  const field = byId('money-amount', HTMLInputElement);
  /** @type {{order: Order, request: PaymentRequest} | null} */
  let shown = null;
  /** @type {{verb: Move, reference: string} | null} */
  let asked = null;
  let typed = false;
  let busy = false;

  /** @param {{order: Order, request: PaymentRequest}} of */
  const mostOf = ({ order, request }) => mostToCapture(order, request, clock.now()) ?? request.amount_authorized;

  /** @param {{order: Order, request: PaymentRequest}} of @returns {Read} */
  const readOf = (of) => readCapture(field.value, { request: of.request, most: mostOf(of), locale: catalogue.locale });

  /** @param {Refused | null} refused */
  function showError(refused) {
    setShown(byId('money-error'), refused !== null);
    setAttribute(field, 'aria-invalid', refused === null ? null : 'true');
    if (refused !== null) catalogue.write(byId('money-error'), refused.id, refused.values);
  }

  function showQuestion() {
    if (shown === null || asked === null) return;
    const isCapture = asked.verb === 'capture';
    setShown(byId('money-amount-field'), isCapture);
    if (isCapture && !typed) field.value = typedForm(mostOf(shown), catalogue.locale);
    const { question, means, yes } = isCapture ? captureQuestion(shown.request, readOf(shown)) : reverseQuestion(shown.request);
    catalogue.write(byId('money-question'), question.id, question.values);
    setShown(byId('money-means'), means !== null);
    if (means) catalogue.write(byId('money-means'), means.id, means.values);
    catalogue.write(byId('money-yes'), busy ? 'button_working' : yes);
    catalogue.write(byId('money-hint'), 'amount_hint', { maximum: { amount: mostOf(shown), currency: shown.request.currency } });
  }

  /** @param {Move} verb */
  function open(verb) {
    if (shown === null || isOff(byId(verb)) || busy) return;
    asked = { verb, reference: shown.request.reference };
    typed = false;
    showError(null);
    setShown(box, true);
    setShown(byId('actions'), false);
    showQuestion();
    if (verb === 'capture') field.select();
    (verb === 'capture' ? field : byId('money-no')).focus();
  }

  /** @param {HTMLElement} [backTo] */
  function close(backTo) {
    const hadFocus = box.contains(document.activeElement);
    const opener = asked && byId(asked.verb);
    asked = null;
    setShown(box, false);
    setShown(byId('actions'), true);
    if (hadFocus) (backTo ?? (opener && !opener.hidden ? opener : byId('status-sentence'))).focus();
  }

  /** Return what is asked for; null where the amount is none, which the field then says. @returns {Wanted | null} */
  function wanted() {
    if (shown === null || asked === null) return null;
    const { verb } = asked;
    if (verb === 'reverse') return { verb, request: shown.request, amount: null };
    const read = readOf(shown);
    if ('amount' in read) return { verb, request: shown.request, amount: read.amount };
    showError(read.refused);
    announce(byId('money-error').textContent);
    field.focus();
    return null;
  }

  /** @param {boolean} isBusy */
  function setBusy(isBusy) {
    busy = isBusy;
    for (const id of ['money-yes', 'money-no']) setOff(byId(id), busy);
    field.readOnly = busy;
    setAttribute(byId('money-yes'), 'aria-busy', busy ? 'true' : null);
    showQuestion();
  }

  async function confirm() {
    const move = busy ? null : wanted();
    if (move === null) return;
    setBusy(true);
    try {
      await onYes(move);
    } finally {
      setBusy(false);
      close(byId('notice').hidden ? byId('status-sentence') : byId('notice'));
    }
  }

  /** @param {Sentence} sentence */
  function offLine({ id, values }) {
    const line = make('p', '');
    catalogue.write(line, id, values);
    return line;
  }

  /** @param {PaymentRequest} request */
  function showWhyNot(request) {
    setShown(byId('money-off'), request.money_off.length > 0);
    setList(byId('money-off'), request.money_off, offLine);
    const reference = request.reconciliation_reference;
    const isRefunded = reference !== null && request.settled && request.money_off.some(({ id }) => id === 'reverse_too_late_refund_at_gateway');
    setShown(byId('gateway'), isRefunded);
    if (isRefunded) catalogue.write(byId('gateway-reference'), 'gateway_reference', { reference });
  }

  /** Show what can be done with a request's money. @param {Order} order @param {PaymentRequest} request @param {{frozen: boolean}} page */
  function show(order, request, { frozen }) {
    shown = { order, request };
    const moves = movesOf(order, request, clock.now());
    for (const verb of VERBS) {
      const offer = moves[verb];
      setShown(byId(verb), offer !== null);
      if (offer) catalogue.write(byId(verb), offer.id, offer.values);
      setOff(byId(verb), frozen);
    }
    showWhyNot(request);
    if (asked === null || busy) return;
    if (asked.reference !== request.reference || moves[asked.verb] === null) close();
    else showQuestion();
  }

  for (const verb of VERBS) byId(verb).addEventListener('click', () => open(verb));
  field.addEventListener('input', () => {
    typed = true;
    showError(null);
    showQuestion();
  });
  byId('money-yes').addEventListener('click', confirm);
  byId('money-no').addEventListener('click', () => {
    if (!busy) close();
  });
  box.addEventListener('keydown', (event) => {
    // Enter leads to the button that names what it does; it moves no money by itself.
    if (event.key === 'Enter' && event.target === field) {
      event.preventDefault();
      byId('money-yes').focus();
    }
  });
  byId('gateway-copy').addEventListener('click', () => {
    const reference = shown?.request.reconciliation_reference;
    if (reference) onCopy(reference);
  });

  return { show };
}

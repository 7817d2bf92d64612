/* The view of the whole page: the form or the status, the earlier requests, and the notices above them. */
import { createNewsAnnouncer } from '../accessibility/announcer.js';
import { announce, unannounce } from '../accessibility/live_region.js';
import { byId, setAttribute, setShown, setText } from '../dom.js';
import { createFormView } from '../form/form_view.js';
import { createPreviewView } from '../form/preview_view.js';
import { featuredRequest, isTotalKnown } from '../order_rules.js';
import { createCancelConfirmation } from '../confirmations/cancel_confirmation.js';
import { createEarlierView } from '../history/earlier_view.js';
import { formNewsOf, newsOf } from '../status/reading.js';
import { replacementMessage, replaceQuestion, replaceTold } from '../confirmations/replacing.js';
import { createMoneyView } from '../money/money_view.js';
import { createHandOverView } from '../hand_over/hand_over_view.js';
import { createReleaseConfirmation } from '../confirmations/release_confirmation.js';
import { createStatusView } from '../status/status_view.js';
import { createIntroduction } from './introduction.js';
import { createNoteView } from '../note/note_view.js';
import { createPhoneSaving } from '../actions/phone_saving.js';
import { Notice } from '../status/notice.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Channel, PaymentRequest} from '../server/api.js' */
/** @import {Clock} from '../server/clock.js' */
/** @import {Asked, Verb} from '../confirmations/cancel_confirmation.js' */
/** @import {Offers} from '../status/offers.js' */
/** @import {Actions} from '../actions/actions.js' */
/** @import {MoneyActions} from '../actions/money_actions.js' */
/** @import {Subject} from '../status/notice.js' */
/** @import {PageState, Warning} from './page_state.js' */
/** @import {PaidSignal} from '../signals/paid_signal.js' */
/** @import {Preferences} from './preferences.js' */

/** @typedef {ReturnType<typeof createPageView>} PageView */

/**
 * @param {{
 *   catalogue: Catalogue,
 *   clock: Pick<Clock, 'now' | 'monotonic'>,
 *   preferences: Preferences,
 *   paidSignal: Pick<PaidSignal, 'show'>,
 *   state: PageState,
 *   userId: string,
 *   on: Pick<Actions, 'send' | 'readPhone' | 'previewMessage' | 'cancel' | 'replace' | 'release' | 'handOver' | 'leaveForm' | 'writeNote' | 'savePhone'>
 *     & Pick<MoneyActions, 'move' | 'copyReference'>,
 * }} options
 */
export function createPageView({ catalogue, clock, preferences, paidSignal, state, userId, on }) {
  const introduction = createIntroduction();
  const statusView = createStatusView({ catalogue, clock });
  const earlierView = createEarlierView({ catalogue, clock });
  const noteView = createNoteView({ catalogue, write: on.writeNote });
  const phoneSaving = createPhoneSaving({ catalogue, save: on.savePhone });
  const formView = createFormView({ catalogue, onSend: on.send, readPhone: on.readPhone, onLeave: on.leaveForm });
  const previewView = createPreviewView({ catalogue, clock, preferences, ask: on.previewMessage });
  const replacePreview = createPreviewView({ catalogue, clock, preferences, ask: on.previewMessage, name: 'replace-preview' });
  const handOverView = createHandOverView({ catalogue, ask: on.handOver });
  const cancelConfirmation = createCancelConfirmation({ catalogue, askOf, onYes: confirmed });
  const releaseConfirmation = createReleaseConfirmation({ catalogue, onYes: on.release });
  const moneyView = createMoneyView({ catalogue, clock, onYes: on.move, onCopy: on.copyReference });
  const announceNews = createNewsAnnouncer(announce, unannounce);
  const announceFormNews = createNewsAnnouncer(announce, unannounce);

  /** @param {Verb} verb @returns {Asked} */
  function askOf(verb) {
    const request = featuredRequest(state.order);
    const offer = state.offers?.replace;
    if (verb === 'cancel' || !request || !offer) {
      return { question: { id: 'cancel_question' }, told: null, yes: 'button_cancel_yes', busy: 'button_cancelling' };
    }
    const question = replaceQuestion(state.order, request, offer.channel);
    return { question, told: replaceTold(state.order, request), yes: 'button_replace_send', busy: 'button_working' };
  }

  /** Return the message of the link that the open question would send; null: none. @param {PaymentRequest} request @param {Offers} offers */
  function replacement(request, { replace }) {
    if (!replace || cancelConfirmation.verb() !== 'replace') return null;
    return replacementMessage(state.order, request, replace.channel);
  }

  /** @param {Verb} verb */
  function confirmed(verb) {
    return verb === 'replace' ? on.replace() : on.cancel();
  }

  function render() {
    const { order } = state;
    if (state.withdrawn) {
      withdraw();
      return;
    }
    const request = featuredRequest(order);
    const formOpen = formView.isSending() || state.showsForm(request);
    setText(byId('head-total'), !isTotalKnown(order) ? '' : catalogue.formats.money({ amount: order.total, currency: order.currency }));
    const frozen = state.over || state.barred;
    formView.show({ order, frozen, answered: state.answered, replaced: state.replaced(), mayLeave: state.reopened !== null });
    if (formOpen) previewView.show(order, frozen ? null : formView.wanted());
    if (request !== null) showStatus(request);
    showPart(formOpen);
    if (introduction.show(request !== null)) byId('status-sentence').focus();
    noteView.show(order, frozen);
    phoneSaving.show(order, frozen);
    earlierView.show(order.payment_requests.filter((each) => formOpen || each !== request), order.payment_requests);
    showStale();
    dropNotice();
    catalogue.tick();
    paidSignal.show(order);
    announceNews(newsOf(order, clock.now(), catalogue.text), { silent: formOpen });
    announceFormNews(formNewsOf(order, catalogue.text), { silent: !formOpen || formView.isSending() });
  }

  /* Show why there is nothing more to see, and nothing of the order. */
  function withdraw() {
    const parts = ['status', 'new-request', 'phone-saving', 'note', 'earlier', 'earlier-none', 'notice'].map((id) => byId(id));
    const losesFocus = parts.some((part) => part.contains(document.activeElement));
    for (const part of parts) setShown(part, false);
    for (const id of ['head-order', 'head-total']) setText(byId(id), '');
    document.title = catalogue.text('title');
    setShown(byId('stale'), state.stale !== null);
    if (state.stale) catalogue.write(byId('stale'), state.stale.id, state.stale.values);
    if (losesFocus) byId('stale').focus();
  }

  /** @param {PaymentRequest} request */
  function showStatus(request) {
    const offers = statusView.show(request, { order: state.order, userId, asking: state.asking, frozen: state.over || state.barred });
    moneyView.show(state.order, request, { frozen: state.over || state.barred });
    state.offers = offers;
    handOverView.show(request, { frozen: state.over });
    if (cancelConfirmation.isOpen() && !cancelConfirmation.isBusy() && !offers[cancelConfirmation.verb()]) cancelConfirmation.close();
    if (cancelConfirmation.isOpen()) replacePreview.show(state.order, replacement(request, offers));
    if (releaseConfirmation.isOpen() && !releaseConfirmation.isBusy() && !offers.release) releaseConfirmation.close();
  }

  /** @param {boolean} formOpen */
  function showPart(formOpen) {
    const [shown, hidden] = formOpen ? ['new-request', 'status'] : ['status', 'new-request'];
    const losesFocus = byId(hidden).contains(document.activeElement);
    setShown(byId(shown), true);
    setShown(byId(hidden), false);
    // Focus in the part that is hidden would fall back to the body: it moves to what is shown instead.
    if (losesFocus) byId(formOpen ? 'new-request-heading' : 'status-sentence').focus();
  }

  function showStale() {
    setShown(byId('stale'), state.stale !== null);
    setAttribute(byId('main'), 'data-stale', state.stale === null ? null : 'true');
    if (state.stale) catalogue.write(byId('stale'), state.stale.id, state.stale.values);
  }

  /** Show why the page may be outdated; null: it is up to date. @param {Warning | null} notice */
  function setStale(notice) {
    const before = state.stale;
    state.stale = notice;
    if (notice === null && before !== null) announce(catalogue.text('connected_again'));
    render();
    if (notice !== null && notice.id !== before?.id) announce(byId('stale').textContent);
  }

  /**
   * Show the answer to an action, until what it speaks of moves on; null hides it.
   *
   * @param {Warning | null} sentence
   * @param {{subject?: Subject, after?: number | null}} [of]
   */
  function showNotice(sentence, { subject = 'request', after = null } = {}) {
    if (state.withdrawn) return;
    state.notice = sentence && new Notice(sentence, { subject, order: state.order, after });
    setShown(byId('notice'), sentence !== null);
    if (sentence === null) return;
    catalogue.write(byId('notice'), sentence.id, sentence.values);
    announce(byId('notice').textContent);
  }

  // What has moved on is no longer said; nor what the status says itself, in the same words.
  function dropNotice() {
    if (state.notice === null) return;
    const notice = byId('notice');
    const repeats = notice.textContent === byId('status-sentence').textContent && state.reopened === null && !byId('status').hidden;
    if (!repeats && !state.notice.isOver(state.order, state.answered)) return;
    const hadFocus = document.activeElement === notice;
    unannounce(notice.textContent);
    state.notice = null;
    setShown(notice, false);
    if (hadFocus) byId(byId('status').hidden ? 'new-request-heading' : 'status-sentence').focus();
  }

  /** Open the form in place of the request that is shown. @param {Channel} channel */
  function reopen(channel) {
    state.reopened = featuredRequest(state.order)?.reference ?? null;
    formView.choose(channel);
  }

  return { render, setStale, showNotice, reopen, focusPhone: formView.focusPhone };
}

/* The buttons for receipt, reference and link; an address is fetched on a press, and leaves the page with the state it was for. */
import { announce } from '../accessibility/live_region.js';
import { byId, make, setAttribute, setList, setOff, setShown } from '../dom.js';
import { handOverKey, handOversOf } from './hand_over.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {PaymentRequest, Sentence} from '../server/api.js' */
/** @import {HandOver, Taking} from './hand_over.js' */

/** @typedef {{outcome: string | null, sentence: Sentence, url: string | null}} Handed */

/** Return whether the browser lets this frame copy. @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Open an address in a tab that knows nothing of this page; return whether the browser lets this frame do so. @param {string} url */
function opensTab(url) {
  // With "noopener" the answer would be null in either case.
  const tab = window.open('about:blank', '_blank');
  if (tab === null) return false;
  tab.opener = null;
  tab.location.replace(url);
  return true;
}

/**
 * @param {{catalogue: Catalogue, ask: (request: PaymentRequest, verb: Taking) => Promise<Handed | null>}} options
 *   ask: null where the page shows the failure itself
 */
export function createHandOverView({ catalogue, ask }) {
  const text = byId('handed-text', HTMLInputElement);
  /** @type {PaymentRequest | null} */
  let shown = null;
  let key = '';
  let busy = false;

  function clear() {
    const hadFocus = byId('handed').contains(document.activeElement);
    setShown(byId('handed'), false);
    setAttribute(byId('handed-open'), 'href', null);
    text.value = '';
    if (hadFocus) byId('status-sentence').focus();
  }

  /** @param {Sentence} sentence */
  function say({ id, values }) {
    catalogue.write(byId('handed-sentence'), id, values);
    setShown(byId('handed'), true);
    setShown(byId('handed-open'), false);
    setShown(byId('handed-copy'), false);
    announce(byId('handed-sentence').textContent);
  }

  /** @param {string} what @param {Sentence} done what is said where it was copied, or beside the text that was not */
  async function copy(what, done) {
    const forKey = key;
    const isDone = await copied(what);
    if (forKey !== key) return;
    say(isDone ? done : { id: 'copy_by_hand', values: {} });
    if (isDone) return;
    // Selected, so that one press of the agent's own copies it.
    text.value = what;
    setShown(byId('handed-copy'), true);
    text.focus();
    text.select();
  }

  /** @param {Handed} handed @param {Taking} verb */
  async function take({ outcome, sentence, url }, verb) {
    if (outcome !== 'shown' || url === null) {
      say(sentence);
    } else if (verb === 'copy_link') {
      await copy(url, sentence);
    } else {
      say(sentence);
      setAttribute(byId('handed-open'), 'href', url);
      setShown(byId('handed-open'), true);
      if (!opensTab(url)) byId('handed-open').focus();
    }
  }

  /** @param {HandOver['name']} name */
  async function press(name) {
    if (busy || shown === null) return;
    const request = shown;
    clear();
    if (name === 'copy_reference') {
      await copy(request.reference, { id: 'copied', values: {} });
      return;
    }
    busy = true;
    const forKey = key;
    setOffAll(true);
    const handed = await ask(request, name).finally(() => {
      busy = false;
      setOffAll(false);
    });
    if (handed !== null && forKey === key) await take(handed, name);
  }

  /** @param {boolean} off */
  function setOffAll(off) {
    for (const child of byId('hand-over').children) setOff(/** @type {HTMLElement} */ (child), off);
  }

  /** @param {HandOver} item */
  function button({ name, label, key: letter }) {
    const element = make('button', 'slds-button c2p-signal', catalogue.text(label));
    element.type = 'button';
    element.id = `take-${name}`;
    element.dataset.key = letter;
    if (name === 'copy_link') element.setAttribute('aria-describedby', 'link-promise');
    element.addEventListener('click', () => press(name));
    return element;
  }

  /** @param {PaymentRequest} request @param {{frozen: boolean}} page */
  function show(request, { frozen }) {
    const newest = handOverKey(request);
    if (newest !== key) clear();
    [shown, key] = [request, newest];
    const items = frozen ? [] : handOversOf(request);
    setShown(byId('hand-over'), items.length > 0);
    setList(byId('hand-over'), items, button);
    setShown(byId('link-promise'), items.some(({ name }) => name === 'copy_link'));
  }

  return { show };
}

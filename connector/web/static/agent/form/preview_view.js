/* The message before it is sent, in the form and before a link is replaced; it is fetched when the choice rests, and never holds up Send. */
import { byId, make, setAttribute, setList, setShown } from '../dom.js';
import { countOf, notesOf, piecesOf, previewKey } from './message_preview.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Channel, Order, Schemas} from '../server/api.js' */
/** @import {Clock} from '../server/clock.js' */
/** @import {Said} from '../status/reading.js' */
/** @import {Preferences} from '../page/preferences.js' */
/** @import {Message, Wanted} from './message_preview.js' */

/** @typedef {Schemas['MessagePreview']} Answer */

const REST_MS = 400;
// The merchant may change a text meanwhile, and the core may come back.
const FRESH_MS = 300000;
const TRY_AGAIN_MS = 30000;

/**
 * @param {{
 *   catalogue: Catalogue,
 *   clock: Pick<Clock, 'monotonic'>,
 *   preferences: Preferences,
 *   ask: (wanted: Wanted) => Promise<Answer>,
 *   name?: 'preview' | 'replace-preview',
 * }} options name: which of the page's elements show it
 */
export function createPreviewView({ catalogue, clock, preferences, ask, name = 'preview' }) {
  const box = byId(name, HTMLDetailsElement);
  /** @type {Map<string, {answer: Answer, until: number}>} */
  const answers = new Map();
  /** @type {string | null} */
  let wantedKey = null;
  let wantedAt = 0;
  let asking = false;

  /** @param {string} key */
  function known(key) {
    const found = answers.get(key);
    return found && clock.monotonic() < found.until ? found.answer : null;
  }

  /** @param {string} key @param {Wanted} wanted */
  async function fetchAnswer(key, wanted) {
    asking = true;
    /** @type {Answer} */
    const answer = await ask(wanted).catch(() => ({ outcome: /** @type {const} */ ('no_answer'), preview: null }));
    asking = false;
    answers.set(key, { answer, until: clock.monotonic() + (answer.outcome === 'no_answer' ? TRY_AGAIN_MS : FRESH_MS) });
  }

  /** @param {Said | null} said */
  function showInstead(said) {
    setShown(byId(`${name}-text`), false);
    setShown(byId(`${name}-count`), false);
    showNotes(said ? [said] : []);
  }

  /** @param {Said[]} notes */
  function showNotes(notes) {
    setList(byId(`${name}-notes`), notes, ({ id, values }) => {
      const line = make('p', 'c2p-quiet');
      catalogue.write(line, id, values);
      return line;
    });
  }

  /** @param {Message} message @param {Channel} channel */
  function showMessage(message, channel) {
    const { id, values } = countOf(message, channel);
    catalogue.write(byId(`${name}-count`), id, values);
    const text = byId(`${name}-text`);
    setAttribute(text, 'lang', message.language);
    setList(text, piecesOf(message), (piece) => (piece === null
      ? make('span', 'c2p-preview-link', catalogue.text('preview_link'))
      : make('span', '', piece)));
    setShown(text, true);
    setShown(byId(`${name}-count`), true);
    showNotes(notesOf(message));
  }

  /** @param {Order} order @param {Wanted} wanted */
  function showFor(order, wanted) {
    const key = previewKey(order, wanted);
    if (key !== wantedKey) {
      wantedKey = key;
      wantedAt = clock.monotonic();
    }
    const answer = known(key);
    if (answer?.preview) showMessage(answer.preview, wanted.channel);
    else showInstead({ id: answer ? `preview_${answer.outcome}` : 'preview_loading' });
    // One at a time, and only what the choice rests on: no call per keystroke.
    if (answer === null && box.open && !asking && clock.monotonic() - wantedAt >= REST_MS) {
      fetchAnswer(key, wanted).then(() => key === wantedKey && showFor(order, wanted));
    }
  }

  /** Show the message of what would be sent; null: nothing can be. @param {Order} order @param {Wanted | null} wanted */
  function show(order, wanted) {
    setShown(box, wanted !== null);
    if (wanted === null) return;
    if (order.shows_messages) showFor(order, wanted);
    else showInstead({ id: 'preview_not_offered' });
  }

  box.open = preferences.read('preview', true);
  // Opened by the line above it toggles as well, and that is nobody's choice to keep.
  box.addEventListener('toggle', () => {
    if (box.open !== preferences.read('preview', true)) preferences.write('preview', box.open);
  });

  return { show };
}

/* The panel's calls: Apex and the sentences. An error is a sentence; a press that may have been done keeps its key. */
import open from '@salesforce/apex/Chat2PayPanelController.open';
import version from '@salesforce/apex/Chat2PayPanelController.version';
import readPhone from '@salesforce/apex/Chat2PayPanelController.readPhone';
import previewMessage from '@salesforce/apex/Chat2PayPanelController.previewMessage';
import previewReplacement from '@salesforce/apex/Chat2PayPanelController.previewReplacement';
import writeNoteOn from '@salesforce/apex/Chat2PayPanelController.writeNote';
import showReceipt from '@salesforce/apex/Chat2PayPanelController.showReceipt';
import sendReceipt from '@salesforce/apex/Chat2PayPanelController.sendReceipt';
import copyLink from '@salesforce/apex/Chat2PayPanelController.copyLink';
import send from '@salesforce/apex/Chat2PayPanelController.send';
import replace from '@salesforce/apex/Chat2PayPanelController.replace';
import refresh from '@salesforce/apex/Chat2PayPanelController.refresh';
import cancel from '@salesforce/apex/Chat2PayPanelController.cancel';
import capture from '@salesforce/apex/Chat2PayPanelController.capture';
import reverse from '@salesforce/apex/Chat2PayPanelController.reverse';
import release from '@salesforce/apex/Chat2PayPanelController.release';

export { DIRECTION, SPOKEN, loadSentences, notLoaded } from './languages';

const VERBS = { send, replace, refresh, cancel, capture, reverse, release };
// Repeating these does no harm, and Apex takes no key for them.
const KEYLESS = new Set(['refresh', 'release']);
// Neither answer says whether it was done.
const UNCERTAIN = new Set(['outcome_unknown', 'internal', null]);
// Of these the connector looked at no key, so they do not say that an earlier press under it was not done.
const NOT_LOOKED_AT = new Set(['no_answer', 'wrong_org', 'not_set_up', 'no_access', 'limit_reached']);

/** What happens on this page between components that do not hold each other: `sent`, with the order's id as detail. */
export const news = new EventTarget();

/* An answer that says no, or none at all: then the code is null. */
export class Refused extends Error {
  constructor({ code, cause, message, sentence, fields }) {
    super(message ?? 'no answer');
    this.code = code ?? null;
    // The connector's own code, where it said that it may have been done.
    this.cause = cause ?? null;
    this.fields = fields ?? {};
    this.sentence = sentence ?? (message ? { id: message, values: {} } : { id: 'panel_outcome_unknown', values: {} });
  }

  get isUncertain() {
    return UNCERTAIN.has(this.code);
  }
}

// Apex throws JSON in its message; anything else, such as a lost connection, says nothing about what was done.
function refusalOf(error) {
  try {
    return new Refused(JSON.parse(error.body.message));
  } catch {
    return new Refused({});
  }
}

async function ask(method, parameters) {
  try {
    return await method(parameters);
  } catch (error) {
    throw refusalOf(error);
  }
}

async function askForBody(method, parameters) {
  const answer = await ask(method, parameters);
  return { ...answer, body: JSON.parse(answer.body) };
}

/** Open an order: {body: the order, seen, now}. */
export const openOrder = (orderId) => askForBody(open, { orderId });

/** Return the version of the order that Salesforce has, without a call to the connector. */
export const versionOf = (orderId) => ask(version, { orderId });

/** Have a number read: {outcome, readings, sentence}. */
export const readNumber = async (orderId, phone) => (await askForBody(readPhone, { orderId, phone })).body;

const TAKINGS = { show_receipt: showReceipt, send_receipt: sendReceipt, copy_link: copyLink };

/** Have a receipt or a link handed over: {outcome, sentence, url}. */
export const handOver = async (orderId, reference, verb) =>
  (await askForBody(TAKINGS[verb], { orderId, reference })).body;

/** Have the message shown that would be sent: {outcome, preview}. */
export const messageOf = async (orderId, { channel, amount, replaces }) =>
  (await askForBody(replaces ? previewReplacement : previewMessage, { orderId, channel, amount })).body;

/** Have the note written over the version that was seen: {outcome, sentence, note}. */
export const writeNote = async (orderId, text, seen) =>
  (await askForBody(writeNoteOn, { orderId, text, version: seen })).body;

/**
 * Return what acts on an order, so that one press does one thing, however often it is repeated.
 *
 * A press keeps its key while it may have been done. Only another press takes its place: what the panel asks by itself does not.
 */
export function createPresses() {
  let press = null;

  async function act(verb, parameters) {
    if (KEYLESS.has(verb)) return askForBody(VERBS[verb], parameters);
    const intent = JSON.stringify([verb, parameters]);
    if (press?.intent !== intent) press = { intent, idempotencyKey: crypto.randomUUID(), isOpen: false };
    const mine = press;
    try {
      const answer = await askForBody(VERBS[verb], { ...parameters, idempotencyKey: mine.idempotencyKey });
      forget(mine);
      return answer;
    } catch (refused) {
      if (refused.isUncertain) mine.isOpen = true;
      else if (!mine.isOpen || !NOT_LOOKED_AT.has(refused.code)) forget(mine);
      throw refused;
    }
  }

  function forget(one) {
    if (press === one) press = null;
  }

  /** Let the next press be a new one: what became of the last one is known. */
  act.conclude = () => forget(press);

  return act;
}

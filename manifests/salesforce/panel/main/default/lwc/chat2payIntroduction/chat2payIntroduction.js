/* What an agent reads on a first visit, until it is dismissed for good. */
import { LightningElement, api } from 'lwc';

const keyOf = (userId) => `chat2pay.introduced.${userId}`;

/** Return whether a user has not dismissed it; false where the browser keeps nothing: it would come back with every order. */
function isNew(userId) {
  try {
    return window.localStorage.getItem(keyOf(userId)) === null;
  } catch {
    return false;
  }
}

export default class Chat2payIntroduction extends LightningElement {
  @api wording;
  @api userId;
  isDone = false;

  get isShown() {
    return !this.isDone && isNew(this.userId);
  }

  get labels() {
    const { text } = this.wording;
    return {
      heading: text('intro_heading'),
      send: text('intro_send'),
      follow: text('intro_follow'),
      say: text('intro_say'),
      done: text('button_intro_done'),
    };
  }

  handleDone() {
    this.isDone = true;
    this.dispatchEvent(new CustomEvent('done'));
    try {
      window.localStorage.setItem(keyOf(this.userId), 'yes');
    } catch {
      // A storage that is full: it comes once more.
    }
  }
}

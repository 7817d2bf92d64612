/* The sentences in the user's language, as Salesforce names it, and how it is written. */
import LANGUAGE from '@salesforce/i18n/lang';
import AF from '@salesforce/resourceUrl/Chat2Pay_Sentences_af';
import AR from '@salesforce/resourceUrl/Chat2Pay_Sentences_ar';
import DE from '@salesforce/resourceUrl/Chat2Pay_Sentences_de';
import EN from '@salesforce/resourceUrl/Chat2Pay_Sentences';
import ES from '@salesforce/resourceUrl/Chat2Pay_Sentences_es';
import FR from '@salesforce/resourceUrl/Chat2Pay_Sentences_fr';
import NL from '@salesforce/resourceUrl/Chat2Pay_Sentences_nl';
import PT from '@salesforce/resourceUrl/Chat2Pay_Sentences_pt';
import { NOT_LOADED } from './notLoaded';

const CATALOGUES = {
  af: AF,
  ar: AR,
  de: DE,
  en: EN,
  es: ES,
  fr: FR,
  nl: NL,
  pt: PT,
};
const RIGHT_TO_LEFT = new Set(['ar']);
const plain = LANGUAGE.split(/[-_]/)[0].toLowerCase();

/** The language in which the panel speaks: the user's, or English where there is no catalogue of it. */
export const SPOKEN = Object.hasOwn(CATALOGUES, plain) ? plain : 'en';

/** How it is written: also inside a page of another direction, where English stands in for the user's language. */
export const DIRECTION = RIGHT_TO_LEFT.has(SPOKEN) ? 'rtl' : 'ltr';

/** What is said where the sentences could not be loaded. */
export const notLoaded = NOT_LOADED[SPOKEN];

async function load(language) {
  const answer = await fetch(CATALOGUES[language]);
  if (!answer.ok) throw new Error(`The sentences could not be loaded: ${answer.status}`);
  return answer.json();
}

/** Load the catalogue of sentences; English stands in for what the user's language lacks. */
export async function loadSentences() {
  const [english, own] = await Promise.all([...new Set(['en', SPOKEN])].map((one) => load(one)));
  return { ...english, ...own };
}

/* The sentence that an agent reads for an error. */
import { asSentence } from '../catalogue.js';
import { ApiError } from '../server/api.js';

/** @import {Catalogue} from '../catalogue.js' */
/** @import {Sentence} from '../server/api.js' */

/**
 * Return the sentence that the server chose; where it chose none, its words; where it has none, a fallback.
 *
 * @param {unknown} error
 * @param {Pick<Catalogue, 'text'>} catalogue
 * @param {string} [fallback]
 * @returns {Sentence}
 */
export function sentenceOf(error, catalogue, fallback = 'internal_error') {
  if (error instanceof ApiError && error.body.sentence) return asSentence(error.body.sentence);
  if (error instanceof ApiError && error.status > 0 && error.body.message) return { id: error.body.message, values: {} };
  return { id: fallback, values: { admin: catalogue.text('admin_unknown') } };
}

/** Return whether nobody has said what became of a press. @param {unknown} error */
export const isUnanswered = (error) => !(error instanceof ApiError && (error.body.sentence || (error.status > 0 && error.body.message)));

/* The rules and the wording of the agent's page; the files beside this one are copied from it by tools/copy_page_rules.py. */
export { readAmount, readPart, subtractAmounts, typedForm } from './amounts';
export { createAnnouncer, createNewsAnnouncer, PAUSE_MS } from './announcer';
export { hasCardNumber, looksLikeCard } from './cardNumbers';
export { endOf, left, digitsOf } from './format';
export {
  amountChanged,
  countdownOf,
  featuredRequest,
  hasOldProof,
  isOurSend,
  isTotalKnown,
  isUnderWay,
  liveRequest,
  mayOfferAgain,
  proofNow,
  warningsOf,
} from './orderRules';
export { captureBody, captureQuestion, mostToCapture, movesOf, readCapture, reverseQuestion } from './moneyMoves';
export { askedFor, partHint, partOf, takesParts } from './parts';
export { paceOf } from './pace';
export { charactersLeft } from './noteLength';
export { Notice } from './notice';
export { countOf, notesOf, piecesOf, previewKey } from './messagePreview';
export { replacementOf, storyOf } from './chain';
export { peopleActionsOf } from './peopleActions';
export { handOverKey, handOversOf } from './handOver';
export { offersOf } from './offers';
export {
  asksConsent,
  formReplaces,
  replaceQuestion,
  replaceTold,
  replacedByForm,
  replacementMessage,
  speaksOfOld,
} from './replacing';
export { formNewsOf, freshOf, mainSentence, newsOf, sayOf, sendOffOf, statusId, toneOf, whoOf } from './reading';
export { stepsOf } from './steps';
export { withheldOf } from './withheld';
export { asSentence, createWording } from './wording';

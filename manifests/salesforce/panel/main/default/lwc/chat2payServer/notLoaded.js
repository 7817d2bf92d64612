/* Written by tools/write_panel_sentences.py: what is said where the sentences could not be loaded. */
export const NOT_LOADED = {
  af: 'The payment panel could not be loaded. Reload this browser tab.',
  ar: 'The payment panel could not be loaded. Reload this browser tab.',
  de: 'The payment panel could not be loaded. Reload this browser tab.',
  en: 'The payment panel could not be loaded. Reload this browser tab.',
  es: 'The payment panel could not be loaded. Reload this browser tab.',
  fr: 'The payment panel could not be loaded. Reload this browser tab.',
  nl: 'The payment panel could not be loaded. Reload this browser tab.',
  pt: 'The payment panel could not be loaded. Reload this browser tab.',
};

/* Written by tools/write_panel_sentences.py: what is said where the sentences could not be loaded. */
export const NOT_LOADED = {
  af: 'The payment panel could not be loaded. Reload this browser tab.',
  ar: 'تعذر تحميل لوحة الدفع. يرجى إعادة تحميل علامة التبويب هذه.',
  de: 'Das Zahlungsfenster konnte nicht geladen werden. Laden Sie diesen Browser-Tab neu.',
  en: 'The payment panel could not be loaded. Reload this browser tab.',
  es: 'The payment panel could not be loaded. Reload this browser tab.',
  fr: 'Le volet de paiement n\'a pas pu être chargé. Rechargez cet onglet du navigateur.',
  nl: 'The payment panel could not be loaded. Reload this browser tab.',
  pt: 'The payment panel could not be loaded. Reload this browser tab.',
};

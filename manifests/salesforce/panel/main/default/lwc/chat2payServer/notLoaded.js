/* Written by tools/write_panel_sentences.py: what is said where the sentences could not be loaded. */
export const NOT_LOADED = {
  af: 'Die betaalpaneel kon nie gelaai word nie. Herlaai hierdie blaaieroortjie.',
  ar: 'تعذر تحميل لوحة الدفع. يرجى إعادة تحميل علامة التبويب هذه.',
  de: 'Das Zahlungsfenster konnte nicht geladen werden. Laden Sie diesen Browser-Tab neu.',
  en: 'The payment panel could not be loaded. Reload this browser tab.',
  es: 'No se pudo cargar el panel de pagos. Recargue esta pestaña del navegador.',
  fr: 'Le volet de paiement n\'a pas pu être chargé. Rechargez cet onglet du navigateur.',
  nl: 'Het betaalpaneel kon niet worden geladen. Laad dit browsertabblad opnieuw.',
  pt: 'O painel de pagamentos não pôde ser carregado. Recarregue esta aba do navegador.',
};

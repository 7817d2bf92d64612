/* Copy a text, also inside a frame whose host grants no access to the clipboard. */

/** Copy a text on a press; return whether it worked. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// The older way asks no permission, which a Salesforce frame does not pass on: https://www.w3.org/TR/clipboard-apis/#clipboard-permissions
/** @param {string} text */
function copyBySelection(text) {
  const field = document.createElement('textarea');
  const focused = document.activeElement;
  Object.assign(field, { value: text, readOnly: true, className: 'slds-assistive-text' });
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}

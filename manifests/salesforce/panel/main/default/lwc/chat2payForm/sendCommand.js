/* What a send or a replacement is asked with: the fields of Chat2PaySendCommand, without the mark of the order seen. */
import { askedFor } from 'c/chat2payRules';

/** Return the command of a form, for another number than the order's where one is given. */
export function toSendCommand(form, { phone = null, phoneConfirmed = null }) {
  const { order, replaced, channel, part } = form;
  const { purpose, amount = null } = askedFor(order, part?.amount ?? null);
  return {
    channel,
    // Without a number a replacement would go where the old link went.
    phone: phone ?? (replaced ? order.phone_reading.number : null),
    phoneConfirmed,
    purpose,
    amount,
    customerAgreed: form.asksConsent && form.agreed ? true : null,
  };
}

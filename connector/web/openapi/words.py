"""Knows what each field of our bodies means, once per word; refuses a meaning that depends on who reads it.

A word that means something else in one schema stands as ``Schema.word``.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Word(NamedTuple):
    """What a field means, and a value as it may stand there."""

    tells: str
    example: Any = None


_AT = "2026-11-21T10:42:07.000Z"
_REFERENCE, _ORDER, _USER = "c2p_abcdefghijklmnopabcdefghij", "801xx0000000001AAA", "005xx000001X8UzAAK"
_SENTENCE = "A sentence for people, in plain words; it can be shown or said as it is."

WORDS: dict[str, Word] = {
    # who and what
    "order_id": Word("The Salesforce id of the order, 15 or 18 characters.", _ORDER),
    "order_number": Word("The order's number in Salesforce.", "00000102"),
    "user_id": Word("The Salesforce id of the user who acts; they need the right and access to the order.", _USER),
    "org_id": Word("The id of the Salesforce org that calls; in a formula: $Organization.Id.", "00Dxx0000001gEhEAI"),
    "reference": Word("Our id of the payment request; null where there is none.", _REFERENCE),
    "link_reference": Word("The payment core's id of the link.", "5b0e0c5e-0000-4000-8000-000000000001"),
    "replaces": Word("The reference of the payment request that this one replaces."),
    "idempotency_key": Word(
        "Chosen by the caller, 8 to 128 characters, so that a repeated call does nothing twice; for example the order's id and "
        "the flow interview's.", "order-00000102-try-1",
    ),
    "merchant": Word("The name that the customer reads.", "Acme Shop"),
    "environment": Word("The payment core's environment; SANDBOX moves no money.", "SANDBOX"),
    "requested_by": Word("Who sent it. Never changes."),
    "handled_by": Word("Who acted last."),
    "Person.id": Word("A Salesforce user's id, or an API key's.", _USER),
    "Person.name": Word("The name to show.", "Thandi"),
    # what a caller asks for
    "channel": Word("How the customer is written to; letter case does not matter.", "sms"),
    "FlowSendBody.channel": Word(
        "How the customer is written to, sms or whatsapp; letter case does not matter. Left out or empty: the tenant's only "
        "channel, sms where it has both.", "sms",
    ),
    "phone": Word(
        "A mobile number: with + or 00 international; else as it is dialled in the order's country, or the tenant's where that "
        "is not known. What can be two numbers is 422 `phone_ambiguous`.", "+27831234567",
    ),
    "phone_confirmed": Word("The customer confirmed a number that no network is known to use; it needs its plus.", True),
    "PhoneReadingBody.phone": Word("The text, as it is typed.", "083 123 4567"),
    "PhoneRead.outcome": Word("Whether it is one number, several, one that a person must confirm, or none.", "read"),
    "PhoneRead.sentence": Word("What to ask, or why it cannot be used."),
    "readings": Word("The numbers that it can be read as, the nearest first."),
    "number": Word("The number with its plus.", "+27831234567"),
    "shown": Word("The same in groups, to be read aloud.", "+27 83 123 4567"),
    "country": Word("ISO 3166; null where it is not known.", "ZA"),
    "country_name": Word("The country's name; its calling code where several countries share it.", "South Africa"),
    "warning": Word("What speaks against writing to it: a landline."),
    "phone_reading": Word("The order's own number, read; null where Salesforce has none that is sure enough."),
    "phone_notes": Word("Salesforce's phone fields that were not taken, with what they may be."),
    "PhoneNote.field": Word("The field's path.", "BillToContact.MobilePhone"),
    "PhoneNote.sentence": Word("Why it was not taken."),
    "FlowSendBody.phone": Word("Leave it out: the number in Salesforce is used. Only a tenant setting allows another."),
    "KeySendBody.phone": Word("Leave it out: the number in Salesforce is used. Only a tenant setting allows another."),
    "purpose": Word("What the payment is for.", "full"),
    "amount": Word("A decimal string in the currency's own digits.", "115.00"),
    "SendBody.amount": Word("Only for a part, where the tenant allows parts; left out: all that is due.", "115.00"),
    "KeySendBody.amount": Word("Only for a part, where the tenant allows parts; left out: all that is due.", "115.00"),
    **dict.fromkeys(
        ("CaptureBody.amount", "KeyCaptureBody.amount"), Word("Left out: all that is held. More than that is refused.", "40.00")
    ),
    **dict.fromkeys(
        ("ReplaceBody.amount", "KeyReplaceBody.amount"), Word("Left out: all that is due, or the part that it was.", "115.00")
    ),
    **dict.fromkeys(
        ("ReplaceBody.channel", "KeyReplaceBody.channel"), Word("Left out: the old link's channel.", "whatsapp")
    ),
    "ReplaceBody.phone": Word("Left out: the old link's number.", "27831234567"),
    "KeyReplaceBody.phone": Word("Leave it out: the number in Salesforce is used. Only a tenant setting allows another."),
    "expected_total": Word("The order's total as the caller saw it; a difference is 409 `order_changed`.", "115.00"),
    "expected_currency": Word("The order's currency as the caller saw it; a difference is 409 `order_changed`.", "ZAR"),
    "customer_agreed": Word("The customer agreed to this channel on the call; kept with time and name.", False),
    **dict.fromkeys(
        ("ReleaseBody.reason", "KeyReleaseBody.reason"),
        Word("Why, in at most 200 characters; it stays in the history.", "The payment core has been down since noon."),
    ),
    # how a payment request stands
    "status": Word("The one word that people see; `part_paid`: less than was asked for was taken and kept.", "sent"),
    "Live.status": Word("Always `ok`.", "ok"),
    "Ready.status": Word("Whether it can serve.", "ok"),
    "live": Word("Whether it may still be paid.", True),
    "states": Word("Where the three machines stand."),
    "message": Word("The message to the customer.", "delivered"),
    "link": Word("The payment link.", "sent"),
    "money": Word("The money.", "none"),
    "core_status": Word("The payment core's own word, verbatim.", "PAYMENT_LINK_SENT"),
    "tax": Word("The tax in the amount.", "15.00"),
    "sub_total": Word("The amount without tax.", "100.00"),
    "amount_due": Word("What is still to be asked for or paid.", "115.00"),
    "amount_authorized": Word("What is held and not taken.", "0.00"),
    "amount_paid": Word("What was taken and kept.", "0.00"),
    "amount_reversed": Word("What was given back.", "0.00"),
    "currency": Word("ISO 4217.", "ZAR"),
    "currency_code": Word("ISO 4217.", "ZAR"),
    "phone_ending": Word("The last four digits of the number.", "4567"),
    "consent": Word("On what ground the customer was written to."),
    "basis": Word("The ground.", "salesforce"),
    "Consent.at": Word("When it was asked for.", _AT),
    "created_at": Word("When it was asked for.", _AT),
    "sent_at": Word("When the core took it.", _AT),
    "opened_at": Word("When the link was opened.", _AT),
    "finished_at": Word("When it ended.", _AT),
    "open_by": Word("Until when the link can be opened.", _AT),
    "pay_by": Word("Until when it can be paid, once opened.", _AT),
    "proven_at": Word("When the payment core last confirmed this.", _AT),
    "awaiting_confirmation": Word("News of money came and is being confirmed with the payment core.", False),
    "probable_preview": Word("Opened so soon after sending that it was probably a preview.", False),
    "reason_word": Word("The same in one word of ours, which the agent's page has a sentence for.", "rule"),
    "reason": Word("Why, as a code of the peer; never a reason for a declined card."),
    "salesforce": Word("What Salesforce was told of this request, and when."),
    "state": Word("Whether it was written.", "written"),
    "written_at": Word("When it was written.", _AT),
    "actions": Word("What this caller may do with it now.", ["cancel", "refresh"]),
    "sentences": Word("What the agent sees; the last one whose `from` has passed."),
    "say": Word("What the agent may say to the customer."),
    "timeline": Word("Its history, oldest first."),
    "payment_requests": Word("Payment requests, newest first."),
    "next_cursor": Word("Send it as `cursor` for the next page; null: this is the last one."),
    "payment_request": Word("The payment request as it stands now."),
    # sentences
    "id": Word("The sentence's id in the catalogue.", "sent"),
    "values": Word("What fills its places."),
    "from": Word("From when on it is the one to show; null: at once.", _AT),
    "at": Word("When it happened.", _AT),
    "NumberConsent.sentence": Word("Why not, or what it waits for."),
    "ChannelConsent.sentence": Word("Why not, or what it waits for."),
    "sentence": Word(_SENTENCE, "The link was sent by SMS to the number ending 4567."),
    "Problem.sentence": Word("What is wrong and who can mend it."),
    # an order
    "total": Word("The order's total.", "115.00"),
    "payment_state": Word("How the order stands over all its requests.", "requested"),
    "other_currencies": Word("Money that moved in a currency that the order no longer has; no other amount counts it.", []),
    "Order.sentences": Word("What must be known of the order's money beside its requests, the gravest first.", []),
    "Order.phone": Word("The customer's number as Salesforce has it, digits only.", "27831234567"),
    "read_at": Word("When the order was last read from Salesforce.", _AT),
    "phone_region": Word("The country in which numbers without a country code are read.", "ZA"),
    "channels": Word("What can be sent by.", ["sms", "whatsapp"]),
    "delivery_reports": Word("Per channel, whether the network says that a message arrived."),
    "limits": Word("How much may be asked for."),
    "parts": Word("Whether a part of what is due may be asked for.", False),
    "maximum": Word("The most that can be asked for now.", "115.00"),
    "can_send": Word("Whether a payment request can be sent now.", True),
    "send_off": Word("Why not, where it cannot."),
    "problems": Word("What stands in the way of sending: what is wrong with the order, or a currency that the core lacks."),
    "notes": Word("What the agent is told beside the amounts; it stands in the way of nothing."),
    "field": Word("The field of ours that it concerns.", "total"),
    "other_number": Word("The same for another number than the order's."),
    "NumberConsent.state": Word("`ask`: the customer must be asked on the call first.", "fine"),
    "ChannelConsent.state": Word("`ask`: the customer must be asked on the call first.", "fine"),
    "consents": Word("Per channel, whether the customer may be written to."),
    # launches
    "launch_token": Word("Goes into `Authorization: Bearer …`; for this user and this order only."),
    "expires_at": Word("Until when the token counts.", _AT),
    "order": Word("The order, as `GET /api/orders/{order_id}` answers it."),
    # outcomes
    "outcome": Word("What became of it, for programs to branch on."),
    # errors, health
    "error": Word("What went wrong."),
    "code": Word("For programs.", "invalid"),
    "Error.sentence": Word("What the agent's page shows of it."),
    "Error.message": Word("For people; safe to show.", "channel: Use sms or whatsapp."),
    "FlowErrorDetail.message": Word("For people; safe to show.", "channel: Use sms or whatsapp."),
    "retryable": Word("Whether the same call may succeed later.", False),
    "request_id": Word("Also in `X-Request-Id`; name it when you ask for help.", "0f1e2d3c4b5a6978"),
    "fields": Word("Per field, how to mend it.", {"channel": ["Use sms or whatsapp."]}),
    "Error.reference": Word("The payment request that stands in the way.", _REFERENCE),
    "database": Word("Whether the database is reached.", "ok"),
    "recognition": Word("The answer to a `nonce`, which only this deployment can give."),
}  # fmt: skip


def word_of(schema: str, name: str) -> Word | None:
    """Return what a field means; None for one that nobody has explained yet."""
    return WORDS.get(f"{schema}.{name}") or WORDS.get(name)

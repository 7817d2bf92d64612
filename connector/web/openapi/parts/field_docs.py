"""The documentation of each field in request and response bodies, with an example.

A field that means something else in one schema has its own entry as ``Schema.field``.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class FieldDoc(NamedTuple):
    """What a field means, and an example of its value."""

    description: str
    example: Any = None


_AT = "2026-11-21T10:42:07.000Z"
_REFERENCE, _ORDER, _USER = "c2p_abcdefghijklmnopabcdefghij", "801xx0000000001AAA", "005xx000001X8UzAAK"
_SENTENCE = "A sentence for people, in plain words; it can be shown or said as it is."

FIELD_DOCS: dict[str, FieldDoc] = {
    # who and what
    "order_id": FieldDoc("The Salesforce id of the order, 15 or 18 characters.", _ORDER),
    "order_number": FieldDoc("The order's number in Salesforce.", "00000102"),
    "user_id": FieldDoc(
        "The Salesforce id of the user who acts; they need the right and access to the order. With a key of scope `flow` leave "
        "it out: the key acts by its own name. Only a tenant setting allows another.", _USER,
    ),
    "ApiLaunchBody.user_id": FieldDoc("The Salesforce id of the user who opens the order; they need access to it.", _USER),
    "org_id": FieldDoc("The id of the Salesforce org that calls; in a formula: $Organization.Id.", "00Dxx0000001gEhEAI"),
    "reference": FieldDoc("Our id of the payment request; null where there is none.", _REFERENCE),
    "link_reference": FieldDoc("The payment core's id of the link.", "5b0e0c5e-0000-4000-8000-000000000001"),
    "replaces": FieldDoc("The reference of the payment request that this one replaces."),
    "idempotency_key": FieldDoc(
        "Chosen by the caller, 8 to 128 characters, so that a repeated call does nothing twice; for example the order's id and "
        "the flow interview's.", "order-00000102-try-1",
    ),
    "merchant": FieldDoc("The name that the customer reads.", "Acme Shop"),
    "environment": FieldDoc("The payment core's environment; SANDBOX moves no money.", "SANDBOX"),
    "requested_by": FieldDoc("Who sent it. Never changes."),
    "handled_by": FieldDoc("Who acted last."),
    "Person.id": FieldDoc("A Salesforce user's id, or an API key's.", _USER),
    "Person.name": FieldDoc("The name to show.", "Thandi"),
    # what a caller asks for
    "channel": FieldDoc("How the customer is written to; letter case does not matter.", "sms"),
    "FlowSendBody.channel": FieldDoc(
        "How the customer is written to, sms or whatsapp; letter case does not matter. Left out or empty: the tenant's only "
        "channel, sms where it has both.", "sms",
    ),
    "phone": FieldDoc(
        "A mobile number: with + or 00 international; else as it is dialled in the order's country, or the tenant's where that "
        "is not known. What can be two numbers is 422 `phone_ambiguous`.", "+27831234567",
    ),
    "phone_confirmed": FieldDoc("The customer confirmed a number that no network is known to use; it needs its plus.", True),
    "PhoneReadingBody.phone": FieldDoc("The text, as it is typed.", "083 123 4567"),
    "PhoneRead.outcome": FieldDoc("Whether it is one number, several, one that a person must confirm, or none.", "read"),
    "PhoneRead.sentence": FieldDoc("What to ask, or why it cannot be used."),
    "MessagePreviewBody.amount": FieldDoc("Left out: all that can be asked for.", "115.00"),
    "MessagePreviewBody.replaces": FieldDoc("Whether the message speaks of the link that it replaces."),
    "MessagePreview.outcome": FieldDoc("Whether there is a text, and why not.", "shown"),
    "url": FieldDoc("The address, where it is shown; whoever has it sees the payment, or may pay.", "https://pay.example/receipts/…"),
    "preview": FieldDoc("The message; null where there is none to show."),
    "text": FieldDoc("The text as the customer would read it.", "Acme Shop: please pay ZAR 115.00 here: https://pay.example/pay/…"),
    "Message.link": FieldDoc("The part of the text in whose place the real link will be; null where the text has none."),
    "language": FieldDoc("The language in which the customer is written to.", "en"),
    "Message.parts": FieldDoc("How many messages a carrier counts it as.", 1),
    "characters": FieldDoc("How many characters, as the alphabet counts them.", 96),
    "alphabet": FieldDoc("GSM-7 has 160 characters to one SMS, UCS-2 only 70; Unicode where parts do not matter.", "GSM-7"),
    "has_template": FieldDoc("Outside a conversation WhatsApp sends an approved template in its place.", False),
    "may_offer_reply": FieldDoc("A customer with a saved card reads an offer to pay by reply in its place.", False),
    "readings": FieldDoc("The numbers that it can be read as, the nearest first."),
    "number": FieldDoc("The number with its plus.", "+27831234567"),
    "shown": FieldDoc("The same in groups, to be read aloud.", "+27 83 123 4567"),
    "country": FieldDoc("ISO 3166; null where it is not known.", "ZA"),
    "country_name": FieldDoc("The country's name; its calling code where several countries share it.", "South Africa"),
    "warning": FieldDoc("What speaks against writing to it: a landline."),
    "phone_reading": FieldDoc("The order's own number, read; null where Salesforce has none that is sure enough."),
    "last_number": FieldDoc("What is offered before Salesforce's own number; null where that one is newer, or the same."),
    "can_save_phone": FieldDoc("Whether the page offers to save `last_number` in Salesforce, in the agent's own session.", False),
    "OrderPhoneBody.phone_ending": FieldDoc("The last four digits that the page showed: another number is not saved.", "4567"),
    "OrderPhoneSaved.outcome": FieldDoc("What became of it.", "saved"),
    "OrderPhoneSaved.sentence": FieldDoc("What the agent reads of it."),
    "LastNumber.reading": FieldDoc("The number."),
    "LastNumber.by": FieldDoc("Who used it first for this order.", "Thandi Nkosi"),
    "LastNumber.at": FieldDoc("When that was."),
    "phone_notes": FieldDoc("Salesforce's phone fields that were not taken, with what they may be."),
    "PhoneNote.field": FieldDoc("The field's path.", "BillToContact.MobilePhone"),
    "PhoneNote.sentence": FieldDoc("Why it was not taken."),
    "FlowItemBody.phone": FieldDoc("Leave it out: the number in Salesforce is used. Only a tenant setting allows another."),
    "FlowItemBody.channel": FieldDoc("As in a send by itself.", "sms"),
    "FlowItemBody.idempotency_key": FieldDoc("Required, 8 to 128 characters, another one for each item.", "order-00000102-try-1"),
    "items": FieldDoc("The sends, at most 50."),
    "results": FieldDoc("One result per item, in the same order."),
    "FlowSendBody.phone": FieldDoc("Leave it out: the number in Salesforce is used. Only a tenant setting allows another."),
    "KeySendBody.phone": FieldDoc("Leave it out: the number in Salesforce is used. Only a tenant setting allows another."),
    "purpose": FieldDoc("What the payment is for.", "full"),
    "amount": FieldDoc("A decimal string in the currency's own digits.", "115.00"),
    "SendBody.amount": FieldDoc("Only for a part, where the tenant allows parts; left out: all that is due.", "115.00"),
    "KeySendBody.amount": FieldDoc("Only for a part, where the tenant allows parts; left out: all that is due.", "115.00"),
    **dict.fromkeys(
        ("CaptureBody.amount", "KeyCaptureBody.amount"),
        FieldDoc("Left out: all that is held. More than is held, or than is due on the order, is refused.", "40.00"),
    ),
    **dict.fromkeys(
        ("ReplaceBody.amount", "KeyReplaceBody.amount"), FieldDoc("Left out: all that is due, or the part that it was.", "115.00")
    ),
    **dict.fromkeys(
        ("ReplaceBody.channel", "KeyReplaceBody.channel"), FieldDoc("Left out: the old link's channel.", "whatsapp")
    ),
    "ReplaceBody.phone": FieldDoc("Left out: the old link's number.", "27831234567"),
    "KeyReplaceBody.phone": FieldDoc("Leave it out: the number in Salesforce is used. Only a tenant setting allows another."),
    "expected_total": FieldDoc("The order's total as the caller saw it; a difference is 409 `order_changed`.", "115.00"),
    "expected_currency": FieldDoc("The order's currency as the caller saw it; a difference is 409 `order_changed`.", "ZAR"),
    "customer_agreed": FieldDoc("The customer agreed to this channel on the call; kept with time and name.", False),
    **dict.fromkeys(
        ("ReleaseBody.reason", "KeyReleaseBody.reason"),
        FieldDoc("Why, in at most 200 characters; it stays in the history.", "The payment core has been down since noon."),
    ),
    # the state of a payment request
    "status": FieldDoc("The one word that people see; `part_paid`: less than was asked for was taken and kept.", "sent"),
    "Live.status": FieldDoc("Always `ok`.", "ok"),
    "Ready.status": FieldDoc("Whether it can serve.", "ok"),
    "live": FieldDoc("Whether it is the order's one live request, beside which no second link is sent.", True),
    "states": FieldDoc("Where the three machines stand."),
    "message": FieldDoc("The message to the customer.", "delivered"),
    "link": FieldDoc("The payment link.", "sent"),
    "money": FieldDoc("The money.", "none"),
    "core_status": FieldDoc("The payment core's own word, verbatim.", "PAYMENT_LINK_SENT"),
    "tax": FieldDoc("The tax in the amount.", "15.00"),
    "sub_total": FieldDoc("The amount without tax.", "100.00"),
    "amount_due": FieldDoc("What is still to be asked for or paid.", "115.00"),
    "amount_authorized": FieldDoc("What is held and not taken.", "0.00"),
    "amount_paid": FieldDoc("What was taken and kept.", "0.00"),
    "amount_reversed": FieldDoc("What was given back.", "0.00"),
    "currency": FieldDoc("ISO 4217.", "ZAR"),
    "currency_code": FieldDoc("ISO 4217.", "ZAR"),
    "phone_ending": FieldDoc("The last four digits of the number.", "4567"),
    "consent": FieldDoc("On what ground the customer was written to."),
    "basis": FieldDoc("The ground.", "salesforce"),
    "Consent.at": FieldDoc("When it was asked for.", _AT),
    "created_at": FieldDoc("When it was asked for.", _AT),
    "sent_at": FieldDoc("When the core took it.", _AT),
    "opened_at": FieldDoc("When the link was opened.", _AT),
    "finished_at": FieldDoc("When it ended.", _AT),
    "open_by": FieldDoc("Until when the link can be opened.", _AT),
    "pay_by": FieldDoc("Until when it can be paid, once opened.", _AT),
    "proven_at": FieldDoc("When the payment core last confirmed this.", _AT),
    "message_at": FieldDoc("Since when the state of the message is so, where the payment core reports on messages.", _AT),
    "message_failure": FieldDoc("Why the message did not arrive, in one word of the payment core's.", "not_on_whatsapp"),
    "attention": FieldDoc("Why a person must look at it, or what was given back, in one of the core's words.", "disputed"),
    "do_not_ship": FieldDoc("The payment is still being checked: goods must wait.", False),
    "capture_before": FieldDoc("Until when the held money can be taken, where the payment core says so.", _AT),
    "settled": FieldDoc("Whether the gateway has settled the payment: only a refund there gives money back.", False),
    "being_charged": FieldDoc("The customer's saved card is being charged: until its end nothing can be done with it.", False),
    "reconciliation_reference": FieldDoc("By which the gateway's back office finds the payment.", "TRN-7f3a9"),
    "money_off": FieldDoc("Why this person is offered no capture or reversal of money that is there.", []),
    "remedy": FieldDoc("What helps where the message did not arrive.", "other_channel"),
    "replaces_in_one_message": FieldDoc(
        "Whether a customer whose link is replaced reads one message; else the old link's cancellation comes first.", True
    ),
    "shows_messages": FieldDoc("Whether the payment core can show a message before it is sent.", True),
    "awaiting_confirmation": FieldDoc("News of money came and is being confirmed with the payment core.", False),
    "probable_preview": FieldDoc("Opened so soon after sending that it was probably a preview.", False),
    "reason_word": FieldDoc("The same in one word of ours, which the agent's page has a sentence for.", "rule"),
    "reason": FieldDoc("Why, as a code of the peer; never a reason for a declined card."),
    "salesforce": FieldDoc("What Salesforce was told of this request, and when."),
    "state": FieldDoc("Whether it was written.", "written"),
    "written_at": FieldDoc("When it was written.", _AT),
    "actions": FieldDoc("What this caller may do with it now.", ["cancel", "refresh"]),
    "withheld": FieldDoc("What this person may not do with it, though it could be done; empty for an API key.", []),
    "Withheld.action": FieldDoc("What they may not do.", "cancel"),
    "Withheld.sentence": FieldDoc("Why not, and who can change that."),
    "sentences": FieldDoc("What the agent sees; the last one whose `from` has passed."),
    "say": FieldDoc("What the agent may say to the customer."),
    "timeline": FieldDoc("Its history, oldest first."),
    "payment_requests": FieldDoc("Payment requests, newest first."),
    "next_cursor": FieldDoc("Send it as `cursor` for the next page; null: this is the last one."),
    "payment_request": FieldDoc("The payment request as it stands now."),
    # sentences
    "id": FieldDoc("The sentence's id in the catalogue.", "sent"),
    "values": FieldDoc("What fills its places."),
    "from": FieldDoc("From when on it is the one to show; null: at once.", _AT),
    "at": FieldDoc("When it happened.", _AT),
    "NumberConsent.sentence": FieldDoc("Why not, or what it waits for."),
    "ChannelConsent.sentence": FieldDoc("Why not, or what it waits for."),
    "sentence": FieldDoc(_SENTENCE, "The link was sent by SMS to the number ending 4567."),
    "Problem.sentence": FieldDoc("What is wrong and who can fix it."),
    # an order
    "total": FieldDoc("The order's total.", "115.00"),
    "payment_state": FieldDoc("How the order stands over all its requests.", "requested"),
    "other_currencies": FieldDoc("Money that moved in a currency that the order no longer has; no other amount counts it.", []),
    "Order.sentences": FieldDoc("What must be known of the order's money beside its requests, the gravest first.", []),
    "Order.phone": FieldDoc("The customer's number as Salesforce has it, digits only.", "27831234567"),
    "read_at": FieldDoc("When the order was last read from Salesforce.", _AT),
    "core_clock": FieldDoc("By which clock deadlines count: the payment core's, as measured by its answers."),
    "ahead_ms": FieldDoc("Negative where the core's clock is behind.", 0),
    "CoreClock.now": FieldDoc("The core's time.", _AT),
    "note": FieldDoc("The note from one agent to the next; null where there never was one."),
    "Note.text": FieldDoc("The note, one line; empty: it was taken away.", "Calls again at three, ask for Sipho."),
    "NoteWritten.sentence": FieldDoc("What the agent reads of it."),
    "author": FieldDoc("Who wrote it."),
    "version": FieldDoc("Which of the order's notes it is; send it back with the next, 0 where there is none.", 1),
    "not_current": FieldDoc(
        "Up to when the order is known to be as Salesforce has it, where that is longer than half a minute ago."
    ),
    "phone_region": FieldDoc("The country in which numbers without a country code are read.", "ZA"),
    "channels": FieldDoc("What can be sent by.", ["sms", "whatsapp"]),
    "delivery_reports": FieldDoc("Per channel, whether the network says that a message arrived."),
    "limits": FieldDoc("How much may be asked for."),
    "parts": FieldDoc("Whether a part of what is due may be asked for.", False),
    "minimum": FieldDoc("The least that the payment core takes, where it says so.", "2.00"),
    "step": FieldDoc("What every amount must be a multiple of, where the payment core says so.", "0.010"),
    "maximum": FieldDoc("The most that can be asked for now.", "115.00"),
    "can_send": FieldDoc("Whether a payment request can be sent now.", True),
    "send_off": FieldDoc("Why not, where it cannot."),
    "problems": FieldDoc("What stands in the way of sending: what is wrong with the order, or a currency that the core lacks."),
    "notes": FieldDoc("What the agent is told beside the amounts; it stands in the way of nothing."),
    "field": FieldDoc("The field of ours that it concerns.", "total"),
    "other_number": FieldDoc("The same for another number than the order's."),
    "NumberConsent.state": FieldDoc("`ask`: the customer must be asked on the call first.", "fine"),
    "ChannelConsent.state": FieldDoc("`ask`: the customer must be asked on the call first.", "fine"),
    "consents": FieldDoc("Per channel, whether the customer may be written to."),
    # launches
    "launch_token": FieldDoc("Goes into `Authorization: Bearer …`; for this user and this order only."),
    "expires_at": FieldDoc("Until when the token counts.", _AT),
    "order": FieldDoc("The order, as `GET /api/orders/{order_id}` answers it."),
    # outcomes
    "outcome": FieldDoc("What became of it, for programs to branch on."),
    # errors, health
    "error": FieldDoc("What went wrong."),
    "code": FieldDoc("For programs.", "invalid"),
    "Error.sentence": FieldDoc("What the agent's page shows of it."),
    "Error.message": FieldDoc("For people; safe to show.", "channel: Use sms or whatsapp."),
    "FlowErrorDetail.message": FieldDoc("For people; safe to show.", "channel: Use sms or whatsapp."),
    "retryable": FieldDoc("Whether the same call may succeed later.", False),
    "request_id": FieldDoc("Also in `X-Request-Id`; name it when you ask for help.", "0f1e2d3c4b5a6978"),
    "fields": FieldDoc("Per field, how to fix it.", {"channel": ["Use sms or whatsapp."]}),
    "Error.reference": FieldDoc("The payment request that stands in the way.", _REFERENCE),
    "database": FieldDoc("Whether the database is reached.", "ok"),
    "recognition": FieldDoc("The answer to a `nonce`, which only this deployment can give."),
}  # fmt: skip


def doc_of(schema: str, name: str) -> FieldDoc | None:
    """Return the documentation of a field; None for one that is not documented."""
    return FIELD_DOCS.get(f"{schema}.{name}") or FIELD_DOCS.get(name)

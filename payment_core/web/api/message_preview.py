"""The operation that shows a message before it is sent; it is ours, not the vendor's."""

from __future__ import annotations

from typing import Any

from flask import request

from foundation.money import iso_digits
from payment_core.domain.enums import Channel
from payment_core.domain.merchant import Merchant
from payment_core.errors import invalid_field
from payment_core.journeys.linking.offer_reply import may_offer_reply
from payment_core.journeys.messaging.preview import Preview, Sample, preview, sample_link
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.services import Core
from payment_core.web.api.link_order_body import LONGEST_ORDER_NUMBER, read_api_amount, read_language, read_text

_TOTAL, _ORDER_NUMBER = "150.00", "00000100"


def preview_values(core: Core, merchant: Merchant) -> dict[str, Any]:
    """Return the preview that the request's query asks for, under our own names.

    Raises:
        Refusal: 422, naming the field.
    """
    names = core.api.operation("preview_message").query
    sample = _sample(merchant, {word: request.args.get(name) for word, name in names.items()}, dict(names))
    shown: Preview = preview(core, merchant, sample)
    return {
        "text": shown.content.text,
        "channel": sample.channel.value,
        "language": sample.language,
        "purpose": sample.purpose.value,
        "parts": shown.parts,
        "characters": shown.characters,
        "alphabet": shown.alphabet,
        "template": shown.content.template,
        "buttons": [title for _, title in shown.content.buttons],
        # It leads nowhere, and is as long as a real one: whoever shows the text can say that a link is here.
        "link": shown.content.link_url,
        "may_offer_reply": _may_offer_reply(core, merchant, sample),
    }


def _may_offer_reply(core: Core, merchant: Merchant, sample: Sample) -> bool:
    """Return whether a payer with a saved card gets an offer to pay by reply in place of this message."""
    offers = sample.purpose in (Purpose.PAYMENT_REQUEST, Purpose.REPLACED)
    return offers and may_offer_reply(merchant, sample_link(core, merchant, sample))


def _sample(merchant: Merchant, asked: dict[str, str | None], names: dict[str, str]) -> Sample:
    purposes, channels = [one.value for one in Purpose], [one.value for one in merchant.channels]
    currency = _one_of(names["currency"], asked["currency"] or merchant.currencies[0], list(merchant.currencies))
    # Without the decimals where the currency has none, else the preview would be refused for its own sample.
    total = asked["total"] or (_TOTAL if iso_digits(currency) >= 2 else _TOTAL.partition(".")[0])
    return Sample(
        purpose=Purpose(_one_of(names["purpose"], asked["purpose"] or Purpose.PAYMENT_REQUEST.value, purposes)),
        channel=Channel(_one_of(names["channel"], asked["channel"] or channels[0], channels)),
        language=read_language(names["language"], asked["language"] or merchant.locale),
        currency=currency,
        total=read_api_amount(names["total"], total, currency, merchant.digits_of(currency)),
        order_number=_order_number(names["order_number"], asked["order_number"] or _ORDER_NUMBER),
    )


def _order_number(field: str, text: str) -> str:
    return read_text({field: text[:LONGEST_ORDER_NUMBER]}, field, longest=LONGEST_ORDER_NUMBER)


def _one_of(field: str, value: str, offered: list[str]) -> str:
    if value not in offered:
        raise invalid_field(field, f"must be one of {', '.join(offered)}")
    return value

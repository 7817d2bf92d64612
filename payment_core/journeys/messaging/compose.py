"""Write the text of a message: merchant and amount only, never what was bought."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from payment_core.domain.enums import Channel, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.saved_card import SavedCard
from payment_core.domain.templates import approved
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.services import Core
from payment_core.store.messages.messages import Content
from payment_core.texts.catalogue import FALLBACK, nearest, text_of

# The vendor documents this sentence word for word; in the customer's language it is ours.
_FREE = frozenset({Purpose.CANCELLED})


@dataclass(frozen=True)
class Offer:
    """Saved cards that a reply pays with: the code that a typed reply names, the payload that each card's button carries.

    A typed code pays with the first card.
    """

    cards: tuple[SavedCard, ...]
    code: str
    payload: str

    def payloads(self) -> tuple[str, ...]:
        """Return the payload of each card's button: the link's own secret, and which card."""
        return tuple(f"{self.payload}.{one.card_id}" for one in self.cards)


@dataclass(frozen=True)
class Details:
    """What a message about a link says besides: an offer, an amount that is not the link's, an id that is sent once."""

    offer: Offer | None = None
    amount: Decimal | None = None
    message_id: str | None = None


NOTHING_MORE = Details()


def compose(
    core: Core, merchant: Merchant, purpose: Purpose, link: Link, *, token: str, details: Details = NOTHING_MORE
) -> Content:
    """Return what a message about a link says, in the link's language."""
    values = _values(core, merchant, link, token=token, amount=details.amount)
    buttons: tuple[tuple[str, str], ...] = ()
    offer = details.offer
    if offer is not None:
        values |= _offered(offer)
        if link.channel is Channel.WHATSAPP:
            buttons = _buttons(offer, link.language)
    name = _variant(purpose, link, offer)
    text = _filled(merchant, name, link.language, link.channel, values)
    # Taken from the finished text: a merchant's own may leave the address out, and by it a lost message is found again.
    address = next((values[one] for one in ("url", "receipt") if values[one] in text), None)
    template, variables = _template(merchant, name, link, values)
    return Content(
        text=text, link_url=address, template=template, variables=variables, buttons=buttons, free=purpose in _FREE,
        code=offer.code if offer else None,
    )  # fmt: skip


def compose_answer(merchant: Merchant, purpose: Purpose, language: str, channel: Channel, **values: str) -> Content:
    """Return an answer to what a customer wrote."""
    text = _filled(merchant, purpose.value, language, channel, {"merchant": merchant.name, **values})
    # An answer follows the customer's own message, so no template is needed.
    return Content(text=text.strip(), free=True)


def plain_amount(link: Link, amount: Decimal | None = None) -> str:
    """Return an amount in characters of the GSM alphabet: one other would halve what a message holds."""
    return f"{link.currency} {link.total if amount is None else amount:,f}"


def offer_text(cards: int) -> str:
    """Return the name of the text that offers so many cards: one for each number, since a template fixes its buttons."""
    return "reply_offer" if cards == 1 else f"reply_offers_{cards}"


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its places filled; an unknown place in a merchant's own text is left empty.

    Raises:
        ValueError: it has a brace that opens no place.
    """
    parts = _parts(text)
    if parts is None:
        return _Filler().vformat(text, (), values)
    return "".join([values.get(part, "") if is_place else part for part, is_place in parts])


@lru_cache(maxsize=1024)
def _parts(text: str) -> tuple[tuple[str, bool], ...] | None:
    """Return the words and the names of the places of a text, in turn; None where a place is formatted in a way of its own."""
    parts: list[tuple[str, bool]] = []
    for words, name, form, conversion in string.Formatter().parse(text):
        if form or conversion:
            return None
        parts += [(words, False)] if name is None else [(words, False), (name, True)]
    return tuple(parts)


class _Filler(string.Formatter):
    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, str]:
        """Take a place by its whole name: `{0}` or `{amount.x}` is an unknown one, and reaches into nothing."""
        return kwargs.get(field_name, ""), field_name


def _values(core: Core, merchant: Merchant, link: Link, *, token: str, amount: Decimal | None) -> dict[str, str]:
    return {
        "merchant": merchant.name,
        "amount": plain_amount(link, amount),
        "order": link.order_number,
        "url": f"{core.public_url}/pay/{token}",
        "receipt": f"{core.public_url}/receipts/{link.receipt_reference}",
        "ending": link.card_last4 or "",
        "support": merchant.looks.support,
    }


def _offered(offer: Offer) -> dict[str, str]:
    """Return the values of an offer: `card`, `payload` for the first card, `card2`, `payload2`… for the others."""
    values = {"code": offer.code}
    for place, (card, payload) in enumerate(zip(offer.cards, offer.payloads(), strict=True), start=1):
        ending = "" if place == 1 else str(place)
        values |= {f"card{ending}": card.card.last4, f"payload{ending}": payload}
    return values


def _buttons(offer: Offer, language: str) -> tuple[tuple[str, str], ...]:
    title = text_of("pay_button", language, channel=Channel.WHATSAPP)
    return tuple(
        (payload, fill(title, {"card": card.card.last4}))
        for card, payload in zip(offer.cards, offer.payloads(), strict=True)
    )


def _filled(merchant: Merchant, name: str, language: str, channel: Channel, values: Mapping[str, str]) -> str:
    try:
        return fill(text_of(name, language, channel=channel, own=merchant.templates), values)
    except ValueError:
        # The merchant's own text has a brace that opens no place; the customer must get the message all the same.
        return fill(text_of(name, language, channel=channel), values)


def _template(
    merchant: Merchant, name: str, link: Link, values: Mapping[str, str]
) -> tuple[str | None, dict[str, str]]:
    """Return the approved template of a text with its variables; (None, {}) where the merchant has none."""
    # A template in another language is better than free text, which WhatsApp refuses outside of a conversation.
    languages = (nearest(link.language), nearest(merchant.locale), FALLBACK)
    found = approved(merchant.templates, name, link.channel, languages)
    if found is None:
        return None, {}
    return found.content_id, found.variables(text_of(name, FALLBACK, channel=link.channel), values)


def _variant(purpose: Purpose, link: Link, offer: Offer | None) -> str:
    """Return the name of a text: held money is reserved, not received."""
    if purpose is Purpose.RECEIPT and link.payment_status is PaymentStatus.AUTHORIZED:
        return "receipt_reserved"
    # A bank shows a released hold as nothing at all: "refunded" would make the customer wait for money.
    if purpose is Purpose.REVERSED and link.captured == 0:
        return "released"
    if offer is not None and purpose is Purpose.REPLACED:
        return "replaced_offer"
    return purpose.value if offer is None else offer_text(len(offer.cards))

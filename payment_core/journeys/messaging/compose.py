"""Write the text of a message: merchant and amount only, never what was bought."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.saved_card import SavedCard
from payment_core.domain.words import Channel, PaymentStatus
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.services import Core
from payment_core.store.messages.messages import Content
from payment_core.texts.catalogue import text_of

# The vendor documents this sentence word for word; in the customer's language it is ours.
_FREE = frozenset({Purpose.CANCELLED})


@dataclass(frozen=True)
class Offer:
    """A saved card that a reply pays with: the code that a typed reply names, the payload that a button carries."""

    card: SavedCard
    code: str
    payload: str


def compose(
    core: Core, merchant: Merchant, purpose: Purpose, link: Link, *, token: str, offer: Offer | None = None
) -> Content:
    """Return what a message about a link says, in the link's language."""
    values = {
        "merchant": merchant.name,
        "amount": plain_amount(link, link.reversed if purpose is Purpose.REVERSED else link.total),
        "order": link.order_number,
        "url": f"{core.public_url}/pay/{token}",
        "receipt": f"{core.public_url}/receipts/{link.receipt_reference}",
        "ending": link.card_last4 or "",
    }
    buttons: tuple[tuple[str, str], ...] = ()
    if offer is not None:
        values |= {"card": offer.card.card.last4, "code": offer.code}
        if link.channel is Channel.WHATSAPP:
            buttons = ((offer.payload, text_of("pay_button", link.language, channel=link.channel).format(**values)),)
    name = _variant(purpose, link)
    text = text_of(name, link.language, channel=link.channel, own=merchant.templates).format(**values)
    address = next((values[one] for one in ("url", "receipt") if values[one] in text), None)
    return Content(text=text, link_url=address, template=name, variables=values, buttons=buttons, free=purpose in _FREE)


def compose_answer(merchant: Merchant, purpose: Purpose, language: str, channel: Channel, **values: str) -> Content:
    """Return an answer to what a customer wrote."""
    text = text_of(purpose.value, language, channel=channel, own=merchant.templates)
    # An answer follows the customer's own message, so no template is needed.
    return Content(text=text.format(merchant=merchant.name, **values), free=True)


def plain_amount(link: Link, amount: Decimal) -> str:
    """Return an amount in characters that every phone network knows: one other would halve what a message holds."""
    return f"{link.currency} {amount:,f}"


def _variant(purpose: Purpose, link: Link) -> str:
    """Return the name of a text: held money is reserved, not received."""
    if purpose is Purpose.RECEIPT and link.payment_status is PaymentStatus.AUTHORIZED:
        return "receipt_reserved"
    if purpose is Purpose.REVERSED and link.captured == 0:
        return "released"
    return purpose.value

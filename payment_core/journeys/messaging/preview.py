"""Show a merchant what a message says, in how many parts, before any customer gets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from foundation.money import ZERO
from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel, LinkStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.message_parts import is_gsm, parts_of, places_of
from payment_core.domain.payment import Card, CardToken
from payment_core.domain.saved_card import SavedCard
from payment_core.journeys.messaging.compose import Details, Offer, compose, compose_answer
from payment_core.journeys.messaging.purposes import ABOUT_NO_LINK, Purpose
from payment_core.services import Core
from payment_core.store.messages.messages import Content

# As long as a real one, so that the count is right; its address leads nowhere.
_TOKEN = "preview-preview-previe"  # noqa: S105
# Of the same lengths as real ones.
_ENDING, _CODE = "4242", "7K2F"
GSM, UCS2, UNICODE = "GSM-7", "UCS-2", "Unicode"


@dataclass(frozen=True)
class Sample:
    """What the message is about."""

    purpose: Purpose
    channel: Channel
    language: str
    currency: str
    total: Decimal
    order_number: str


@dataclass(frozen=True)
class Preview:
    """A message as a customer would get it; ``characters`` as the channel counts them in its alphabet."""

    content: Content
    parts: int
    characters: int
    alphabet: str


def preview(core: Core, merchant: Merchant, sample: Sample) -> Preview:
    """Return what a message of a purpose says."""
    content = _content(core, merchant, sample)
    text = content.text
    if sample.channel is not Channel.SMS:
        return Preview(content, 1, len(text), UNICODE)
    return Preview(content, parts_of(text, sample.channel), places_of(text), GSM if is_gsm(text) else UCS2)


def _content(core: Core, merchant: Merchant, sample: Sample) -> Content:
    if sample.purpose in ABOUT_NO_LINK:
        values = {"support": merchant.looks.support, "codes": f"{_CODE} ({sample.currency} {sample.total:,f})"}
        return compose_answer(merchant, sample.purpose, sample.language, sample.channel, **values)
    link = sample_link(core, merchant, sample)
    offer = _offer(link) if sample.purpose is Purpose.REPLY_OFFER else None
    return compose(core, merchant, sample.purpose, link, token=_TOKEN, details=Details(offer=offer))


def _offer(link: Link) -> Offer:
    card = SavedCard(
        card_id="preview", merchant_id=link.merchant_id, payer_reference="", channel=link.channel,
        card=Card("VISA", _ENDING), token=CardToken("", ""), consent_text="", consented_at=link.created_at,
        entered_at=link.created_at,
    )  # fmt: skip
    return Offer((card,), _CODE, "preview")


def sample_link(core: Core, merchant: Merchant, sample: Sample) -> Link:
    """Return the link that a message is about as if it existed."""
    now = core.now()
    return Link(
        reference="preview",
        merchant_id=merchant.merchant_id,
        application="",
        order_number=sample.order_number,
        channel=sample.channel,
        phone=Phone(""),
        currency=sample.currency,
        total=sample.total,
        tax=ZERO,
        sub_total=sample.total,
        language=sample.language,
        additional_data={},
        transaction_type=TransactionType.SALE,
        auto_reversal=False,
        status=LinkStatus.CREATED,
        created_at=now,
        expires_at=now + timedelta(seconds=core.api.unopened_seconds),
        captured=sample.total,
        card_last4=_ENDING,
        receipt_reference=_TOKEN,
    )

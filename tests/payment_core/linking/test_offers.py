"""A link is offered to be paid by reply where its message can carry the offer, within the merchant's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from payment_core.domain.account_secrets import TWILIO, Provider
from payment_core.domain.enums import Channel
from payment_core.domain.link import Link
from payment_core.domain.saved_card import ReplyRules
from payment_core.journeys.examining.examine_gateway import examination_plan
from payment_core.journeys.linking import offer_reply
from payment_core.journeys.linking.offer_reply import may_offer_reply
from tests.payment_core.conftest import MERCHANT, NOW

SMS, WHATSAPP = Channel.SMS, Channel.WHATSAPP
HX = f"HX{'0' * 32}"
LINK = examination_plan(MERCHANT, now=NOW, public_url="https://pay.example").link


def link_on(channel: Channel, *, previous: str | None = None, total: str = "150.00", language: str = "en") -> Link:
    return replace(LINK, channel=channel, previous=previous, total=Decimal(total), language=language)


@pytest.mark.parametrize(
    ("channel", "previous", "templates", "is_offered"),
    [
        (SMS, None, {}, True),
        (SMS, "old", {}, True),
        (WHATSAPP, None, {}, False),
        (WHATSAPP, None, {"reply_offer.whatsapp.en": HX}, True),
        (WHATSAPP, None, {"reply_offer.whatsapp": HX}, True),
        # A text of one's own is none that WhatsApp approved.
        (WHATSAPP, None, {"reply_offer.whatsapp.en": "Pay {amount}"}, False),
        (WHATSAPP, None, {"reply_offer.whatsapp.de": HX}, False),
        (WHATSAPP, None, {"reply_offers_3.whatsapp.en": HX}, True),
        # The text of a replacement is another one.
        (WHATSAPP, "old", {"reply_offer.whatsapp.en": HX}, False),
        (WHATSAPP, "old", {"replaced_offer.whatsapp.en": HX}, True),
        (WHATSAPP, None, {"replaced_offer.whatsapp.en": HX}, False),
    ],
)
def test_a_messenger_whose_buttons_need_a_template_carries_what_was_approved(
    channel: Channel, previous: str | None, templates: Mapping[str, str], is_offered: bool
) -> None:
    sold = replace(MERCHANT, messenger=TWILIO.name, templates=templates)
    assert may_offer_reply(sold, link_on(channel, previous=previous)) is is_offered


@pytest.mark.parametrize(("language", "is_offered"), [("fr", True), ("de", True), ("en", True), ("es", False)])
def test_an_offer_is_in_the_customers_language_else_in_the_merchants_else_in_english(
    language: str, is_offered: bool
) -> None:
    sold = replace(MERCHANT, messenger=TWILIO.name, locale="de_AT", templates={f"reply_offer.whatsapp.{language}": HX})
    assert may_offer_reply(sold, link_on(WHATSAPP, language="fr_FR")) is is_offered


def test_a_messenger_whose_buttons_need_none_carries_every_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    free = Provider("free", "Free", ())
    monkeypatch.setattr(offer_reply, "MESSENGERS", {TWILIO.name: TWILIO, free.name: free})
    assert may_offer_reply(replace(MERCHANT, messenger="free"), link_on(WHATSAPP))
    assert not may_offer_reply(replace(MERCHANT, messenger=TWILIO.name), link_on(WHATSAPP))


@pytest.mark.parametrize(
    ("rules", "total", "is_offered"),
    [
        (ReplyRules(), "150.00", True),
        (ReplyRules(enabled=False), "150.00", False),
        (ReplyRules(ceiling=Decimal("150.00")), "150.00", True),
        (ReplyRules(ceiling=Decimal("149.99")), "150.00", False),
        (ReplyRules(ceiling=Decimal("0.00")), "0.01", False),
    ],
)
def test_a_merchant_may_switch_replies_off_or_set_a_ceiling(rules: ReplyRules, total: str, is_offered: bool) -> None:
    assert may_offer_reply(replace(MERCHANT, reply=rules), link_on(SMS, total=total)) is is_offered


@pytest.mark.parametrize(("sender", "is_offered"), [("27870000000", True), ("KarooBeans", False), ("", True)])
def test_who_is_written_to_by_a_sender_that_takes_no_answer_is_offered_none(sender: str, is_offered: bool) -> None:
    sold = replace(MERCHANT, senders={SMS: sender})
    assert may_offer_reply(sold, link_on(SMS)) is is_offered

"""Where the law wants the payer's own authentication, a reply charges nothing: the link alone is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foundation.phones.phone import country_of
from payment_core.domain.payment import Card, CardToken
from payment_core.domain.saved_card import ReplyRefusal, ReplyRules, SavedCard
from payment_core.domain.words import Channel, TransactionType
from payment_core.journeys.paying.saved_card_rules import Payer, refusal
from tests.payment_core.domain.test_settlement import link_of

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
CARD = SavedCard(
    card_id="crd_1",
    merchant_id="mer",
    payer_reference="003",
    channel=Channel.SMS,
    card=Card("Visa", "4242", "2030-12"),
    token=CardToken("cus", "pm"),
    consent_text="Keep this card.",
    consented_at=NOW,
    entered_at=NOW - timedelta(days=1),
)


@pytest.mark.parametrize(
    ("number", "refused"),
    [
        ("4915112345678", True),
        ("447400123456", True),
        ("447911123456", True),
        ("262692123456", True),
        ("41791234567", True),
        ("4791234567", True),
        ("27831234567", False),
        ("12025550123", False),
    ],
)
def test_the_countries_of_strong_authentication_are_refused_unless_a_merchant_says_otherwise(
    number: str, refused: bool
) -> None:
    link, payer = link_of(TransactionType.SALE, payer_reference="003"), Payer(country_of(number), is_stopped=False)
    expected = ReplyRefusal.COUNTRY if refused else None
    assert refusal(CARD, link, ReplyRules(), payer, now=NOW) is expected
    assert refusal(CARD, link, ReplyRules(refused_countries=frozenset()), payer, now=NOW) is None

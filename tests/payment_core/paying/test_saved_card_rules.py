"""Where the law wants the payer's own authentication, a reply charges nothing: the link alone is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from foundation.phones.phone import country_of
from payment_core.domain.enums import Channel, TransactionType
from payment_core.domain.payment import Card, CardToken
from payment_core.domain.saved_card import ReplyRefusal, ReplyRules, SavedCard
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


# The calling codes of the European Union, of Iceland, Liechtenstein and Norway, and of the United Kingdom and Switzerland,
# with a number where several countries share one; those of the regions are of islands and overseas departments.
CALLING_CODES = (
    *("30", "31", "32", "33", "34", "351", "352", "353", "354", "356", "357", "359", "36", "370", "371", "372", "385"),
    *("386", "40", "41", "420", "421", "423", "43", "45", "46", "48", "49"),
    *("358401234567", "393123456789", "447400123456", "4740612345"),
)
REGIONS = "AX BL GF GG GI GP IM JE MF MQ RE YT"


def test_no_country_of_strong_authentication_is_forgotten() -> None:
    numbers = (one if len(one) > 3 else f"{one}0000000" for one in CALLING_CODES)
    link = link_of(TransactionType.SALE, payer_reference="003")
    for country in (*map(country_of, numbers), *REGIONS.split()):
        payer = Payer(country, is_stopped=False)
        assert country is not None
        assert refusal(CARD, link, ReplyRules(), payer, now=NOW) is ReplyRefusal.COUNTRY, country


@pytest.mark.parametrize(
    ("card", "rules", "payer", "refused"),
    [
        ({}, {}, {}, None),
        ({"payer_reference": "004"}, {}, {}, ReplyRefusal.OTHER_PERSON),
        ({"channel": Channel.WHATSAPP}, {}, {}, ReplyRefusal.OTHER_PERSON),
        ({"consent_text": ""}, {}, {}, ReplyRefusal.NO_CONSENT),
        ({"entered_at": NOW - timedelta(days=90)}, {}, {}, None),
        ({"entered_at": NOW - timedelta(days=90, seconds=1)}, {}, {}, ReplyRefusal.TOO_OLD),
        ({"card": Card("Visa", "4242", "2026-11")}, {}, {}, None),
        ({"card": Card("Visa", "4242", "2026-10")}, {}, {}, ReplyRefusal.EXPIRED),
        # Of some cards a gateway tells no end.
        ({"card": Card("Visa", "4242", None)}, {}, {}, None),
        ({}, {}, {"is_stopped": True}, ReplyRefusal.STOPPED),
        ({}, {"ceiling": Decimal("150.00")}, {}, None),
        ({}, {"ceiling": Decimal("149.99")}, {}, ReplyRefusal.ABOVE_CEILING),
        ({}, {"enabled": False}, {}, ReplyRefusal.COUNTRY),
        ({}, {}, {"country": None}, ReplyRefusal.COUNTRY),
    ],
)
def test_each_rule_refuses_a_card_by_itself(
    card: dict[str, Any], rules: dict[str, Any], payer: dict[str, Any], refused: ReplyRefusal | None
) -> None:
    """A link of 150.00, whose payer saved the card yesterday by SMS."""
    link = link_of(TransactionType.SALE, payer_reference="003")
    who = replace(Payer("ZA", is_stopped=False), **payer)
    assert refusal(replace(CARD, **card), link, ReplyRules(**rules), who, now=NOW) is refused

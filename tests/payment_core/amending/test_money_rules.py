"""What may be captured or given back, and the documented word of each refusal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from payment_core.api_manifest import read_api_manifest
from payment_core.domain.enums import PaymentStatus, TransactionType
from payment_core.errors import Refusal
from payment_core.gateways.gateway import GatewayRefused
from payment_core.journeys.amending.money_rules import check_capture, check_reverse, refusal_of
from payment_core.store.links.money_moves import MoveKind
from tests.payment_core.domain.test_settlement import link_of

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ALL, CENT = Decimal("150.00"), Decimal("0.01")
P = PaymentStatus


@pytest.mark.parametrize(
    ("changes", "amount", "word"),
    [
        ({}, None, None),
        ({}, ALL, None),
        ({}, ALL + CENT, "AMOUNT_TOO_HIGH"),
        ({"capture_before": NOW}, None, None),
        ({"capture_before": NOW - SECOND}, None, "AUTHORIZATION_EXPIRED"),
        ({"payment_status": P.CAPTURED, "captured": CENT}, None, "ALREADY_CAPTURED"),
        ({"payment_status": P.RECEIVED, "captured": ALL}, None, "ALREADY_CAPTURED"),
        ({"payment_status": P.REVERSED, "reversed": ALL}, None, "NOTHING_TO_CAPTURE"),
        ({"payment_status": P.VOIDED, "captured": ALL, "reversed": ALL}, None, "NOTHING_TO_CAPTURE"),
        ({"payment_status": P.REVIEW}, None, "NOTHING_TO_CAPTURE"),
        ({"payment_status": P.DECLINED, "authorized": 0}, None, "NOTHING_TO_CAPTURE"),
        ({"payment_status": None, "authorized": 0}, None, "NOTHING_TO_CAPTURE"),
    ],
)
def test_what_is_held_can_be_taken_and_nothing_else(
    changes: dict[str, Any], amount: Decimal | None, word: str | None
) -> None:
    """A hold of 150.00, of which its gateway may not say how long it lasts."""
    held = {"payment_status": P.AUTHORIZED, "authorized": ALL, **changes}
    link = link_of(TransactionType.AUTHORIZATION, **held)
    assert _refused(lambda: check_capture(read_api_manifest(), link, amount, now=NOW)) == word


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"payment_status": P.AUTHORIZED, "captured": Decimal(0)}, None),
        ({"payment_status": P.RECEIVED}, None),
        # A part that somebody refunded at the gateway leaves the rest.
        ({"payment_status": P.VOIDED, "reversed": CENT}, None),
        ({"payment_status": P.VOIDED, "reversed": ALL}, "ALREADY_REVERSED"),
        ({"payment_status": P.REVERSED, "reversed": ALL, "settled": True}, "ALREADY_REVERSED"),
        ({"payment_status": P.REVERSED, "reversed": CENT, "settled": True}, "ALREADY_SETTLED"),
        ({"payment_status": P.RECEIVED, "settled": True}, "ALREADY_SETTLED"),
        ({"payment_status": P.REVIEW, "authorized": Decimal(0), "captured": Decimal(0)}, "NOTHING_TO_REVERSE"),
        ({"payment_status": None, "authorized": Decimal(0), "captured": Decimal(0)}, "NOTHING_TO_REVERSE"),
    ],
)
def test_what_is_there_and_not_settled_can_be_given_back(changes: dict[str, Any], word: str | None) -> None:
    link = link_of(TransactionType.SALE, **{"authorized": ALL, "captured": ALL, **changes})
    assert _refused(lambda: check_reverse(read_api_manifest(), link)) == word


@pytest.mark.parametrize(
    ("kind", "reason", "word"),
    [
        (MoveKind.CAPTURE, "authorization_expired", "AUTHORIZATION_EXPIRED"),
        (MoveKind.CAPTURE, "refused", "GATEWAY_REFUSED"),
        (MoveKind.GIVE_BACK, "authorization_expired", "GATEWAY_REFUSED"),
    ],
)
def test_only_the_end_of_a_hold_has_a_word_of_its_own_at_the_gateway(kind: MoveKind, reason: str, word: str) -> None:
    assert refusal_of(read_api_manifest(), kind, GatewayRefused("no", reason=reason)).word == word


def _refused(check: Any) -> str | None:
    try:
        check()
    except Refusal as refused:
        return refused.word
    return None

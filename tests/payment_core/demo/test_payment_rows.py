"""The demo's gateway keeps a card for a later payment only where its customer asked for that, and money followed."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from payment_core.demo.payment_rows import payment_of
from payment_core.domain.payment import PaymentState
from tests.payment_core.conftest import NOW

PAID = {
    "state": PaymentState.TAKEN.value, "currency": "ZAR", "amount": Decimal("150.00"), "payment_id": "pay_1",
    "reference": "link_1", "authorized": Decimal("150.00"), "captured": Decimal("150.00"), "reversed": Decimal("0.00"),
    "decided_at": NOW, "settled": False, "disputed": False, "refund_failed": False, "saves_card": True,
    "brand": "Visa", "last4": "4242", "expires": "2030-12", "outcome": "approve",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "is_kept"),
    [
        ({}, True),
        ({"state": PaymentState.HELD.value}, True),
        ({"saves_card": False}, False),
        ({"state": PaymentState.DECLINED.value}, False),
        ({"last4": None}, False),
    ],
)
def test_a_card_is_kept_for_who_ticked_the_box_and_paid(changes: dict[str, Any], is_kept: bool) -> None:
    row: Any = SimpleNamespace(**{**PAID, **changes})
    assert (payment_of(row).saved is not None) == is_kept

"""What stands in the way of moving money, at its edges: the smallest amount moves, and none at all does not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.operation import REFUSED, capture_obstacle, reverse_obstacle
from connector.domain.payments.status import Link, Money, States
from tests.unit.examples import NOW, make_request

CENT, NONE = Decimal("0.01"), Decimal("0.00")


@pytest.mark.parametrize(
    ("money", "changes", "obstacle"),
    [
        (Money.PAID, {"captured": CENT}, None),
        (Money.AUTHORIZED, {"authorized": CENT}, None),
        (Money.PAID, {"captured": CENT, "reversed": CENT}, REFUSED),
        (Money.NONE, {}, REFUSED),
        (Money.REVERSED, {"captured": CENT, "reversed": CENT}, "already_reversed"),
        (Money.PAID, {"captured": CENT, "link_reference": None}, REFUSED),
    ],
)
def test_what_is_held_or_paid_can_be_given_back_to_the_last_cent(
    money: Money, changes: dict[str, Any], obstacle: str | None
) -> None:
    request = make_request(**{"states": States(money=money), "link_reference": "link_1", **changes})
    assert reverse_obstacle(request, None) == obstacle


@pytest.mark.parametrize(
    ("changes", "amount", "obstacle"),
    [
        ({}, None, None),
        ({}, Decimal("115.00"), None),
        ({}, CENT, None),
        ({"authorized": CENT}, None, None),
        ({}, Decimal("115.01"), "amount_too_high"),
        ({"link_reference": None}, None, REFUSED),
    ],
)
def test_what_is_held_can_be_taken_to_the_last_cent(
    changes: dict[str, Any], amount: Decimal | None, obstacle: str | None
) -> None:
    plain = {"states": States(money=Money.AUTHORIZED), "link_reference": "link_1", "authorized": Decimal("115.00")}
    assert capture_obstacle(make_request(**{**plain, **changes}), amount) == obstacle


@pytest.mark.parametrize(
    ("changes", "can"),
    [
        ({}, True),
        ({"end_reported_at": NOW}, False),
        ({"awaiting_confirmation": True}, False),
        ({"charging": True}, False),
        ({"live": False}, False),
        ({"states": States(link=Link.UNKNOWN)}, False),
        ({"states": States(link=Link.OPENED, money=Money.DECLINED)}, True),
        ({"states": States(link=Link.OPENED, money=Money.PAID)}, False),
    ],
)
def test_a_link_can_be_paid_while_nothing_speaks_against_it(changes: dict[str, Any], can: bool) -> None:
    assert make_request(**{"live": True, "states": States(link=Link.SENT), **changes}).can_be_paid is can

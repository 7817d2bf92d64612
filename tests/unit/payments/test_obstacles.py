"""What stands in the way of moving money, at its edges: the smallest amount moves, and none at all does not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.operation import REFUSED, capture_obstacle, released_rest, reverse_obstacle
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


@pytest.mark.parametrize(
    ("authorized", "captured", "reversed_", "is_reversal", "rest"),
    [
        pytest.param(115, 60, 55, False, 55, id="just the rest"),
        pytest.param(115, 60, 55, True, 0, id="as much as the rest, and its word says that it was given back"),
        pytest.param(115, 60, 54, False, 0, id="less than the rest"),
        pytest.param(115, 60, 60, False, 0, id="all that was taken"),
        pytest.param(115, 60, 61, True, 55, id="more than was taken: the rest is in it"),
        pytest.param(115, 40, 50, True, 50, id="more than was taken, and less than the rest"),
        pytest.param(115, 60, 0, False, 0, id="nothing went back"),
        pytest.param(115, 115, 0, False, 0, id="all was taken, nothing went back"),
        pytest.param(115, 0, 115, False, 0, id="nothing was taken"),
        pytest.param(0, 115, 116, True, 0, id="no hold, and more went back than came"),
        pytest.param("1.00", "0.50", "0.50", False, "0.50", id="less than one of a currency"),
    ],
)
def test_of_a_hold_that_was_taken_in_part_the_rest_that_went_back_was_never_the_merchants(
    authorized: int | str, captured: int | str, reversed_: int | str, is_reversal: bool, rest: int | str
) -> None:
    amounts = {"authorized": Decimal(authorized), "captured": Decimal(captured), "reversed_": Decimal(reversed_)}
    assert released_rest(**amounts, is_reversal=is_reversal) == Decimal(rest)

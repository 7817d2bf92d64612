"""What a link says of itself: whether it is over, whether money is on it, why it cannot be cancelled."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from payment_core.domain.enums import LinkStatus, PaymentStatus
from payment_core.domain.link import CancelRefusal, Line
from tests.payment_core.domain.test_settlement import NOW, SALE, link_of

PASSED = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("payable", "after", "is_overdue"),
    [
        (True, PASSED - timedelta(seconds=1), False),
        (True, PASSED, True),
        # A link that is paid, or that has ended, has no time to be over.
        (False, PASSED, False),
        (False, PASSED + timedelta(days=1), False),
    ],
)
def test_a_link_is_over_at_its_time_while_it_can_be_paid(payable: bool, after: timedelta, is_overdue: bool) -> None:
    assert link_of(SALE, payable=payable).is_overdue(NOW + after) is is_overdue


@pytest.mark.parametrize(
    ("authorized", "captured", "reversed_", "has_money"),
    [
        (0, 0, 0, False), (150, 0, 0, True), (150, 0, 150, False), (150, 150, 0, True), (150, 150, 149, True),
        (150, 150, 150, False), (150, 100, 40, True), (150, 100, 100, False),
    ],
)  # fmt: skip
def test_money_is_on_a_link_until_all_of_it_was_given_back(
    authorized: int, captured: int, reversed_: int, has_money: bool
) -> None:
    """Of a hold that was captured in part, the rest was released."""
    amounts = {"authorized": Decimal(authorized), "captured": Decimal(captured), "reversed": Decimal(reversed_)}
    assert link_of(SALE, **amounts).has_money is has_money


@pytest.mark.parametrize(
    ("amounts", "more_lines", "differs"),
    [
        ((), 0, False),
        (("150.00",), 0, False),
        (("100.00", "50.00"), 0, False),
        # Shipping, or a discount that is no line.
        (("100.00", "49.99"), 0, True),
        (("160.00",), 0, True),
        # Of an order with more lines than are listed nobody can say.
        (("100.00",), 1, False),
    ],
)
def test_a_link_differs_from_its_lines_where_all_of_them_make_another_sum(
    amounts: tuple[str, ...], more_lines: int, differs: bool
) -> None:
    lines = tuple(Line("Beans", Decimal(1), Decimal(one)) for one in amounts)
    assert link_of(SALE, lines=lines, more_lines=more_lines, total=Decimal("172.50")).differs_from_lines is differs


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"status": LinkStatus.CREATED}, None),
        ({"status": LinkStatus.SENT}, None),
        ({"status": LinkStatus.CLICKED}, CancelRefusal.ALREADY_CLICKED),
        # Paid, declined or in review by a reply: nobody opened it.
        ({"status": LinkStatus.SENT, "payment_status": PaymentStatus.DECLINED}, CancelRefusal.ALREADY_CLICKED),
        ({"status": LinkStatus.CANCELLED}, CancelRefusal.ALREADY_CANCELLED),
        ({"status": LinkStatus.EXPIRED}, CancelRefusal.EXPIRED),
    ],
)
def test_only_a_link_that_nobody_used_can_be_cancelled(changes: dict[str, Any], refusal: CancelRefusal | None) -> None:
    assert link_of(SALE, **changes).cancel_refusal() is refusal

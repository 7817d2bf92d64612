"""Which requests a person must settle: what nobody else can find out, and money that is where it should not be."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.balance import balance_of
from connector.domain.payments.reporting import long_unknown_at, needs_person, seconds_between
from connector.domain.payments.status import Link, Money, States
from tests.unit.examples import NOW, make_order, make_request

LIVE: dict[str, Any] = {"live": True, "states": States(link=Link.SENT), "created_at": NOW}
UNKNOWN: dict[str, Any] = {**LIVE, "states": States(link=Link.UNKNOWN)}
HELD: dict[str, Any] = {"states": States(link=Link.OPENED, money=Money.AUTHORIZED), "authorized": Decimal("115.00")}
PAID: dict[str, Any] = {"states": States(link=Link.OPENED, money=Money.PAID), "captured": Decimal("115.00")}


@pytest.mark.parametrize(
    ("changes", "order_refused", "seconds", "needed"),
    [
        (LIVE, False, 0, False),
        (LIVE, True, 0, True),
        ({**LIVE, "live": False}, True, 0, False),
        ({**LIVE, "end_reported_at": NOW}, False, 0, True),
        (UNKNOWN, False, 299, False),
        (UNKNOWN, False, 300, True),
        (PAID, False, 0, False),
        (PAID, True, 0, True),
        ({**PAID, "money_after_close": True}, False, 0, True),
        ({**LIVE, "live": False, "end_reported_at": NOW}, False, 0, False),
        (LIVE, False, 300, False),
        ({**UNKNOWN, "live": False}, False, 300, False),
        (HELD, True, 0, True),
        ({**PAID, "captured": Decimal("115.01")}, False, 0, True),
        ({**PAID, "reversed": Decimal("115.00"), "money_after_close": True}, False, 0, False),
        ({**PAID, "attention": "disputed"}, False, 0, True),
        ({**PAID, "attention": "paid_twice_returned"}, False, 0, False),
    ],
    ids=[
        "live", "live, its order refused", "ended without money, its order refused", "its end denied", "unknown just now",
        "unknown for long", "paid", "paid, its order refused", "paid after its end",
        "ended, its end was denied before", "sent, for long", "unknown, ended by itself", "held, its order refused",
        "paid too much", "paid after its end, all given back", "disputed", "given back by itself",
    ],
)  # fmt: skip
def test_a_person_must_look(changes: dict[str, Any], order_refused: bool, seconds: int, needed: bool) -> None:
    request, now = make_request(**changes), NOW + timedelta(seconds=seconds)
    balance = balance_of(make_order(), [request])
    assert needs_person(request, balance, order_refused=order_refused, now=now) is needed


@pytest.mark.parametrize(("changes", "known_from"), [(UNKNOWN, 300), ({**UNKNOWN, "live": False}, None), (LIVE, None)])
def test_an_outcome_that_is_long_unknown_is_that_of_a_live_request(
    changes: dict[str, Any], known_from: int | None
) -> None:
    expected = None if known_from is None else NOW + timedelta(seconds=known_from)
    assert long_unknown_at(make_request(**changes)) == expected


@pytest.mark.parametrize(
    ("begun", "ended", "seconds"),
    [
        pytest.param(NOW, NOW + timedelta(seconds=61.9), 61, id="whole seconds"),
        pytest.param(NOW, NOW, 0, id="at once"),
        pytest.param(NOW, NOW - timedelta(seconds=2), 0, id="two clocks that differ"),
        pytest.param(None, NOW, None, id="nobody knows when it began"),
        pytest.param(NOW, None, None, id="it has not ended"),
        pytest.param(NOW - timedelta(days=20_000), NOW, 999_999_999, id="more than the field holds"),
    ],
)
def test_a_report_has_a_time_that_its_field_can_hold(
    begun: datetime | None, ended: datetime | None, seconds: int | None
) -> None:
    assert seconds_between(begun, ended) == seconds

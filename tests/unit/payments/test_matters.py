"""What supervisors are told of: what nobody but a person can settle, and only while it is so."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.news import (
    LONG_UNKNOWN,
    Bell,
    EventWord,
    Medium,
    bells_of,
    bookings_of,
    events_of,
    is_unknown,
)
from connector.domain.payments.payment import Purpose
from connector.domain.payments.status import Link, Money, States
from tests.unit.examples import NOW, make_order, make_request

FULL = Decimal("115.00")
UNKNOWN: dict[str, Any] = {"states": States(link=Link.UNKNOWN), "live": True}
PAID: dict[str, Any] = {"states": States(link=Link.OPENED, money=Money.PAID), "captured": FULL, "order_total": FULL}
BACK: dict[str, Any] = {**PAID, "states": States(link=Link.OPENED, money=Money.REVERSED), "reversed": FULL}


@pytest.mark.parametrize(
    ("changes", "bells"),
    [
        pytest.param({"states": States(link=Link.SENT), "live": True}, [], id="sent"),
        pytest.param(UNKNOWN, [Bell.UNKNOWN_LONG], id="nobody knows whether it was sent"),
        pytest.param({**UNKNOWN, "released_at": NOW}, [], id="a supervisor has released it"),
        pytest.param(PAID, [], id="paid"),
        pytest.param({**PAID, "money_after_close": True}, [Bell.PAID_AFTER_CLOSE], id="paid after its end"),
        pytest.param({**BACK, "money_after_close": True}, [], id="paid after its end, and given back"),
        pytest.param({**PAID, "attention": "disputed", "attention_at": NOW}, [Bell.ATTENTION], id="disputed"),
    ],
)
def test_supervisors_are_told_of_a_request_that_needs_a_person(changes: dict[str, Any], bells: list[Bell]) -> None:
    request = make_request(**changes)
    rung = bells_of(make_order(), [request], [request], version=1, now=NOW)
    assert [one.kind for one in rung if one.medium is Medium.SUPERVISORS] == bells
    events = events_of(make_order(), [request], [request], version=1, now=NOW)
    assert [one.fact.partition(":")[0] for one in events if one.kind == EventWord.NEEDS_PERSON] == bells
    assert is_unknown(request) is (bells == [Bell.UNKNOWN_LONG])


def test_of_an_unknown_outcome_they_are_told_once_it_has_been_so_for_long() -> None:
    request = make_request(**UNKNOWN)
    (bell,) = bells_of(make_order(), [request], [request], version=1, now=NOW)
    (event,) = events_of(make_order(), [request], [request], version=1, now=NOW)
    assert bell.not_before == event.not_before == NOW + LONG_UNKNOWN


@pytest.mark.parametrize(
    ("total", "purpose", "asked_of", "bells"),
    [
        pytest.param("115.00", Purpose.FULL, "115.00", [], id="as it was"),
        pytest.param("115.50", Purpose.FULL, "115.00", [(Bell.ORDER_RAISED, "115.5")], id="raised since"),
        pytest.param("115.50", Purpose.BALANCE, "115.00", [(Bell.ORDER_RAISED, "115.5")], id="raised since the rest"),
        pytest.param("115.50", Purpose.DEPOSIT, "115.00", [], id="a deposit, the rest was never asked for"),
        pytest.param("230.00", Purpose.PART, "230.00", [], id="a part"),
        pytest.param("115.50", Purpose.FULL, None, [], id="not known what it was asked of"),
        pytest.param("114.50", Purpose.FULL, "115.00", [(Bell.ORDER_LOWERED, "114.5")], id="lowered since"),
    ],
)
def test_supervisors_are_told_of_an_order_that_changed_after_it_was_paid(
    total: str, purpose: Purpose, asked_of: str | None, bells: list[tuple[Bell, str]]
) -> None:
    """However long ago that was: the change is new."""
    long_ago = NOW - timedelta(days=90)
    paid = make_request(
        **{**PAID, "order_total": None if asked_of is None else Decimal(asked_of)}, purpose=purpose, created_at=long_ago
    )
    rung = bells_of(make_order(total=Decimal(total)), [paid], [], version=1, now=NOW)
    assert [(one.kind, one.fact) for one in rung] == bells


EUROS: dict[str, Any] = {**PAID, "reference": "c2p_euros", "currency": "EUR"}
HELD_EUROS: dict[str, Any] = {
    **EUROS, "states": States(link=Link.OPENED, money=Money.AUTHORIZED), "captured": Decimal(0), "authorized": FULL,
}  # fmt: skip
DEPOSIT: dict[str, Any] = {**PAID, "captured": Decimal("40.00")}
REST: dict[str, Any] = {**PAID, "captured": Decimal("75.00")}
UNPAID: dict[str, Any] = {"reference": "c2p_later", "states": States(link=Link.SENT), "live": True}


@pytest.mark.parametrize(
    ("total", "requests", "bells"),
    [
        pytest.param(
            "115.00", [EUROS, {**UNPAID, "currency": "EUR"}], [(Bell.OTHER_CURRENCY, "c2p_euros")], id="paid in another"
        ),
        pytest.param("115.00", [HELD_EUROS], [(Bell.OTHER_CURRENCY, "c2p_euros")], id="held in another"),
        pytest.param(
            "100.00", [PAID, EUROS], [(Bell.OTHER_CURRENCY, "c2p_euros"), (Bell.ORDER_LOWERED, "c2p_1")], id="both"
        ),
        pytest.param("100.00", [PAID, UNPAID], [(Bell.ORDER_LOWERED, "c2p_1")], id="paid, another asked"),
        pytest.param(
            "230.00", [PAID, {**PAID, "reference": "c2p_2"}], [(Bell.ORDER_RAISED, "c2p_2")], id="twice, raised since"
        ),
        pytest.param(
            "115.00", [EUROS, {**EUROS, "reference": "c2p_2"}], [(Bell.OTHER_CURRENCY, "c2p_2")], id="twice in another"
        ),
        pytest.param(
            "100.00", [DEPOSIT, {**REST, "reference": "c2p_2"}], [(Bell.ORDER_LOWERED, "c2p_2")], id="in two parts, lowered since"
        ),
    ],
)  # fmt: skip
def test_what_is_told_of_an_orders_money_is_of_the_request_that_brought_it(
    total: str, requests: list[dict[str, Any]], bells: list[tuple[Bell, str]]
) -> None:
    """However long ago it came: that the order is another one now is new."""
    made = [make_request(**changes, created_at=NOW - timedelta(days=90)) for changes in requests]
    rung = bells_of(make_order(total=Decimal(total)), made, [], version=1, now=NOW)
    assert [(one.kind, one.reference) for one in rung] == bells


def test_of_money_that_is_held_in_part_no_flow_hears_that_it_came() -> None:
    held = make_request(
        states=States(link=Link.OPENED, money=Money.AUTHORIZED), authorized=FULL, captured=Decimal("40.00")
    )
    assert events_of(make_order(), [held], [held], version=1, now=NOW) == []


def test_an_event_is_news_of_its_version_and_a_bell_or_a_booking_once_for_all() -> None:
    paid = make_request(**PAID, version=7, attention="disputed", attention_at=NOW)
    assert [one.key for one in events_of(make_order(), [paid], [paid], version=9, now=NOW)] == [
        "c2p_1:7:paid", "c2p_1:9:needs_person",
    ]  # fmt: skip
    assert [one.key for one in bells_of(make_order(), [paid], [paid], version=9, now=NOW)] == [
        "c2p_1:paid", f"c2p_1:attention:disputed:{NOW:%y%m%d%H%M%S}",
    ]  # fmt: skip
    assert [one.key for one in bookings_of([paid])] == ["c2p_1:captured:115"]


def test_of_two_payments_for_one_order_the_second_is_the_one_to_give_back() -> None:
    both = [make_request(**PAID), make_request(**PAID, reference="c2p_2")]
    rung = bells_of(make_order(), both, both[1:], version=1, now=NOW)
    assert [(one.kind, one.reference) for one in rung if one.medium is Medium.SUPERVISORS] == [(Bell.OVERPAID, "c2p_2")]

"""What an order's payment requests add up to: all of them, against the order's present total."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from connector.domain.payment import (
    OrderBalance,
    OrderPaymentState,
    PaymentRequest,
    balance_of,
    is_final,
)
from connector.domain.status import Link, Money, States
from tests.unit.examples import NOW, make_request

TOTAL = Decimal("115.00")
FULL, PART = Decimal("115.00"), Decimal("40.00")


def paid(amount: Decimal = FULL, *, minute: int = 1, link: Link = Link.OPENED) -> PaymentRequest:
    return make_request(
        states=States(link=link, money=Money.PAID),
        captured=amount,
        amount=amount,
        paid_at=NOW + timedelta(minutes=minute),
    )


def live(link: Link = Link.SENT, money: Money = Money.NONE) -> PaymentRequest:
    return make_request(states=States(link=link, money=money), live=True)


def ended(link: Link, money: Money = Money.NONE) -> PaymentRequest:
    return make_request(states=States(link=link, money=money))


def held(amount: Decimal = FULL) -> PaymentRequest:
    return make_request(states=States(link=Link.OPENED, money=Money.AUTHORIZED), authorized=amount, amount=amount)


def given_back(amount: Decimal = FULL, captured: Decimal = FULL) -> PaymentRequest:
    return make_request(states=States(link=Link.OPENED, money=Money.REVERSED), captured=captured, reversed=amount)


@pytest.mark.parametrize(
    ("requests", "state", "due", "paid_so_far"),
    [
        pytest.param([], "unpaid", "115.00", "0", id="nothing was asked"),
        pytest.param([live()], "requested", "115.00", "0", id="a live link"),
        pytest.param([live(Link.UNKNOWN)], "requested", "115.00", "0", id="a link that may be out"),
        pytest.param(
            [live(Link.OPENED, Money.DECLINED)], "requested", "115.00", "0", id="declined, another card can be tried"
        ),
        pytest.param([ended(Link.EXPIRED)], "unpaid", "115.00", "0", id="an expired link"),
        pytest.param([ended(Link.CANCELLED), live()], "requested", "115.00", "0", id="cancelled, sent again"),
        pytest.param([ended(Link.OPENED, Money.REFUSED)], "unpaid", "115.00", "0", id="a review that ended badly"),
        pytest.param([paid()], "paid", "0", "115.00", id="paid in full"),
        pytest.param([paid(link=Link.CANCELLED)], "paid", "0", "115.00", id="paid after cancel"),
        pytest.param([paid(), ended(Link.EXPIRED)], "paid", "0", "115.00", id="two links: one paid, the other expires"),
        pytest.param([paid(), live()], "paid", "0", "115.00", id="paid while another is out"),
        pytest.param([paid(), paid(minute=2)], "overpaid", "0", "230.00", id="two links: both paid"),
        pytest.param([paid(), paid(PART)], "overpaid", "0", "155.00", id="more than is owed"),
        pytest.param([paid(PART)], "part_paid", "75.00", "40.00", id="a part"),
        pytest.param([paid(PART), live()], "part_paid", "75.00", "40.00", id="a part, the balance is asked for"),
        pytest.param([paid(PART), paid(Decimal("75.00"))], "paid", "0", "115.00", id="deposit and balance"),
        pytest.param([held()], "authorized", "115.00", "0", id="held, not taken"),
        pytest.param([held(), ended(Link.EXPIRED)], "authorized", "115.00", "0", id="held, another expired"),
        pytest.param([live(Link.OPENED, Money.IN_REVIEW)], "in_review", "115.00", "0", id="being checked"),
        pytest.param(
            [ended(Link.EXPIRED, Money.IN_REVIEW)], "in_review", "115.00", "0", id="being checked, the link expired"
        ),
        pytest.param(
            [live(Link.OPENED, Money.IN_REVIEW), paid(PART)],
            "in_review",
            "75.00",
            "40.00",
            id="a part, the rest being checked",
        ),
        pytest.param([given_back()], "reversed", "115.00", "0", id="taken and given back"),
        pytest.param([given_back(captured=Decimal(0))], "reversed", "115.00", "0", id="an authorization released"),
        pytest.param([given_back(PART)], "part_paid", "40.00", "75.00", id="a part given back"),
        pytest.param([given_back(), paid(minute=2)], "paid", "0", "115.00", id="given back, paid again"),
        pytest.param(
            [paid(), paid(minute=2), given_back()], "overpaid", "0", "230.00", id="paid twice, a third given back"
        ),
    ],
)
def test_an_order_is_decided_from_all_its_requests_in_any_order(
    requests: list[PaymentRequest], state: str, due: str, paid_so_far: str
) -> None:
    for some in permutations(requests):
        balance = balance_of(TOTAL, some)
        assert (balance.state.value, balance.due, balance.paid) == (state, Decimal(due), Decimal(paid_so_far))


def test_every_order_payment_state_comes_about() -> None:
    # The names in the table above, held against the enumeration.
    assert {state.value for state in OrderPaymentState} == {
        "unpaid",
        "requested",
        "part_paid",
        "authorized",
        "in_review",
        "paid",
        "overpaid",
        "reversed",
    }


def test_what_is_held_is_not_asked_for_a_second_time() -> None:
    balance = balance_of(TOTAL, [paid(PART), held(Decimal("50.00"))])
    assert (balance.due, balance.authorized, balance.askable) == (Decimal("75.00"), Decimal("50.00"), Decimal("25.00"))


def test_what_was_captured_is_no_longer_held() -> None:
    captured = replace(held(), captured=PART)
    assert (captured.held, captured.paid) == (Decimal("75.00"), PART)
    assert replace(captured, states=States(link=Link.OPENED, money=Money.PAID)).held == 0


def test_an_order_whose_total_rises_is_part_paid_again_and_one_that_falls_is_overpaid() -> None:
    assert balance_of(Decimal("150.00"), [paid()]).state is OrderPaymentState.PART_PAID
    assert balance_of(Decimal("100.00"), [paid()]).state is OrderPaymentState.OVERPAID


def test_the_time_of_payment_is_the_latest_of_all() -> None:
    assert balance_of(TOTAL, [paid(PART, minute=7), paid(PART, minute=3)]).paid_at == NOW + timedelta(minutes=7)
    assert balance_of(TOTAL, []) == OrderBalance(
        OrderPaymentState.UNPAID, TOTAL, Decimal(0), Decimal(0), Decimal(0), None
    )


def test_people_wait_for_an_end_and_for_anything_about_money() -> None:
    out = live()
    assert is_final(out, ended(Link.EXPIRED))
    assert is_final(out, live(money=Money.DECLINED))
    assert not is_final(out, live(Link.OPENED))

"""What an order's payment requests add up to: all of them, against the order's present total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from connector.domain.payments.balance import OrderBalance, OrderPaymentState, balance_of, paid_twice
from connector.domain.payments.evidence import is_final
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Money, States
from tests.unit.examples import NOW, make_order, make_request

TOTAL = Decimal("115.00")
FULL, PART = Decimal("115.00"), Decimal("40.00")


def of_total(total: Decimal, requests: Sequence[PaymentRequest], currency: str = "ZAR") -> OrderBalance:
    return balance_of(make_order(total=total, currency=currency), requests)


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
        pytest.param(
            [live(Link.OPENED, Money.IN_REVIEW), held()], "in_review", "115.00", "0", id="held, another being checked"
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
        balance = of_total(TOTAL, some)
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


def test_an_order_of_nothing_is_not_paid_by_nothing() -> None:
    assert of_total(Decimal(0), []).state is OrderPaymentState.UNPAID
    assert of_total(Decimal(0), [live()]).state is OrderPaymentState.REQUESTED
    assert of_total(Decimal(0), [paid(PART)]).state is OrderPaymentState.OVERPAID


HALF = Decimal("0.50")


@pytest.mark.parametrize(
    ("request_", "state"),
    [
        (paid(HALF), OrderPaymentState.PAID),
        (paid(Decimal("0.40")), OrderPaymentState.PART_PAID),
        (held(HALF), OrderPaymentState.AUTHORIZED),
        (given_back(HALF, HALF), OrderPaymentState.REVERSED),
    ],
)
def test_less_than_one_of_a_currency_is_money_all_the_same(request_: PaymentRequest, state: OrderPaymentState) -> None:
    assert of_total(HALF, [request_]).state is state
    (beside,) = of_total(HALF, [in_euros(request_)]).other
    assert (beside.currency, beside.paid, beside.authorized, beside.reversed) == (
        "EUR",
        request_.paid,
        request_.held,
        request_.reversed,
    )
    kept = request_.paid + request_.held > 0
    assert of_total(HALF, [in_euros(request_)]).kept_in_other_currency is kept


def test_what_is_held_is_not_asked_for_a_second_time() -> None:
    balance = of_total(TOTAL, [paid(PART), held(Decimal("50.00"))])
    assert (balance.due, balance.authorized, balance.askable) == (Decimal("75.00"), Decimal("50.00"), Decimal("25.00"))


def test_what_was_captured_is_no_longer_held() -> None:
    captured = replace(held(), captured=PART)
    assert (captured.held, captured.paid) == (Decimal("75.00"), PART)
    assert replace(captured, states=States(link=Link.OPENED, money=Money.PAID)).held == 0


def test_what_was_given_back_of_a_hold_is_no_longer_held() -> None:
    released = replace(held(), reversed=PART)
    assert (released.held, released.paid) == (Decimal("75.00"), Decimal(0))
    assert of_total(TOTAL, [released]).askable == PART
    assert replace(held(), reversed=FULL).held == 0


def test_an_order_whose_total_rises_is_part_paid_again_and_one_that_falls_is_overpaid() -> None:
    assert of_total(Decimal("150.00"), [paid()]).state is OrderPaymentState.PART_PAID
    assert of_total(Decimal("100.00"), [paid()]).state is OrderPaymentState.OVERPAID


def test_the_time_of_payment_is_the_latest_of_all() -> None:
    assert of_total(TOTAL, [paid(PART, minute=7), paid(PART, minute=3)]).paid_at == NOW + timedelta(minutes=7)
    assert of_total(TOTAL, []) == OrderBalance(
        OrderPaymentState.UNPAID, TOTAL, Decimal(0), Decimal(0), Decimal(0), None
    )


def test_people_wait_for_an_end_and_for_anything_about_money() -> None:
    out = live()
    assert is_final(out, ended(Link.EXPIRED))
    assert is_final(out, live(money=Money.DECLINED))
    assert is_final(paid(), replace(paid(), attention="disputed")), "a person must look"
    assert not is_final(out, live(Link.OPENED))
    assert not is_final(ended(Link.EXPIRED), replace(ended(Link.EXPIRED), receipt_reference="r-1")), "it had ended"


# --- currencies ------------------------------------------------------------------------------------------------------


def in_euros(request: PaymentRequest) -> PaymentRequest:
    return replace(request, currency="EUR")


def other(balance: OrderBalance) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    return [(one.currency, one.paid, one.authorized, one.reversed) for one in balance.other]


@pytest.mark.parametrize(
    ("requests", "state", "due", "counted", "beside", "kept"),
    [
        pytest.param([in_euros(paid())], "unpaid", "115.00", "0", [("EUR", FULL, 0, 0)], True, id="paid in another"),
        pytest.param(
            [in_euros(paid()), paid()], "paid", "0", "115.00", [("EUR", FULL, 0, 0)], True, id="paid in both: not twice"
        ),
        pytest.param([in_euros(held())], "unpaid", "115.00", "0", [("EUR", 0, FULL, 0)], True, id="held in another"),
        pytest.param(
            [in_euros(given_back())], "unpaid", "115.00", "0", [("EUR", 0, 0, FULL)], False, id="given back in another"
        ),
        pytest.param(
            [in_euros(paid(PART)), paid(PART)], "part_paid", "75.00", "40.00", [("EUR", PART, 0, 0)], True, id="parts"
        ),
        pytest.param([in_euros(live())], "requested", "115.00", "0", [], False, id="asked in another"),
        pytest.param(
            [in_euros(live(Link.OPENED, Money.IN_REVIEW))], "in_review", "115.00", "0", [], False, id="checked in another"
        ),
        pytest.param(
            [in_euros(paid(PART)), replace(paid(PART), currency="JPY")], "unpaid", "115.00", "0",
            [("EUR", PART, 0, 0), ("JPY", PART, 0, 0)], True, id="two others, never added to each other",
        ),
    ],
)  # fmt: skip
def test_money_in_another_currency_counts_for_nothing_and_is_told_by_itself(
    requests: list[PaymentRequest],
    state: str,
    due: str,
    counted: str,
    beside: list[tuple[str, Decimal, Decimal, Decimal]],
    kept: bool,
) -> None:
    for some in permutations(requests):
        balance = of_total(TOTAL, some)
        assert (balance.state.value, balance.due, balance.paid) == (state, Decimal(due), Decimal(counted))
        assert (other(balance), balance.kept_in_other_currency) == (beside, kept)


def test_the_time_of_payment_is_that_of_money_which_counts() -> None:
    assert of_total(TOTAL, [in_euros(paid(minute=9)), paid(minute=3)]).paid_at == NOW + timedelta(minutes=3)
    assert of_total(TOTAL, [in_euros(paid())]).paid_at is None


# --- what came twice, and what was lowered ---------------------------------------------------------------------------


def asked(amount: Decimal, total: Decimal, *, kept: Decimal | None = None) -> PaymentRequest:
    """A paid request for ``amount`` of an order that was at ``total`` then."""
    return replace(paid(amount), order_total=total, captured=amount if kept is None else kept)


REST = Decimal("75.00")


@pytest.mark.parametrize(
    ("requests", "twice"),
    [
        pytest.param([asked(FULL, TOTAL), asked(FULL, TOTAL)], (0, 1), id="a given up link is paid beside the new one"),
        pytest.param([asked(FULL, TOTAL)], None, id="one payment, the order was lowered"),
        pytest.param([asked(PART, TOTAL), asked(REST, TOTAL)], None, id="deposit and balance, the order was lowered"),
        pytest.param(
            [asked(PART, TOTAL), asked(REST, TOTAL), asked(REST, TOTAL)], (1, 2), id="the balance was paid twice"
        ),
        pytest.param([asked(FULL, TOTAL), asked(FULL, 2 * TOTAL)], None, id="raised, the rest was paid, lowered again"),
        pytest.param(
            [asked(FULL, TOTAL), asked(FULL, TOTAL, kept=Decimal(0))], None, id="the second one was given back"
        ),
        pytest.param(
            [asked(FULL, TOTAL), replace(live(), order_total=PART)], None, id="lowered, and asked again: nothing came"
        ),
        pytest.param([asked(FULL, PART)], None, id="the first one alone was too much"),
        pytest.param([asked(HALF, HALF), asked(HALF, HALF)], (0, 1), id="less than one of a currency"),
        pytest.param([asked(FULL, TOTAL), paid()], None, id="not known what it was asked for: no claim"),
        pytest.param(
            [in_euros(asked(FULL, TOTAL)), asked(FULL, TOTAL)], None, id="another currency is no second payment"
        ),
    ],
)
def test_money_came_twice_only_where_it_did_not_fit_when_it_was_asked_for(
    requests: list[PaymentRequest], twice: tuple[int, int] | None
) -> None:
    found = paid_twice(requests, "ZAR")
    assert found == (None if twice is None else tuple(requests[place] for place in twice))


# --- the word of a request -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "status", "money"),
    [
        pytest.param(paid(), "paid", "paid", id="all"),
        pytest.param(replace(paid(), captured=PART), "part_paid", "part_paid", id="a part captured"),
        pytest.param(replace(paid(), captured=Decimal("0.01")), "part_paid", "part_paid", id="a cent captured"),
        pytest.param(given_back(PART), "part_paid", "reversed", id="a part given back"),
        pytest.param(given_back(), "reversed", "reversed", id="all given back"),
        pytest.param(given_back(captured=Decimal(0)), "reversed", "reversed", id="an authorization released"),
        pytest.param(replace(given_back(PART), captured=PART), "reversed", "reversed", id="a captured part given back"),
        pytest.param(held(), "authorized", "authorized", id="held"),
        pytest.param(replace(held(), captured=PART), "authorized", "authorized", id="held, some captured already"),
    ],
)
def test_a_request_is_paid_only_where_all_that_was_asked_for_is_kept(
    request_: PaymentRequest, status: str, money: str
) -> None:
    assert (request_.status.value, request_.money_word) == (status, money)

"""What follows from a request's states, times and amounts: whether it can be paid, is asked about, and who has its link."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.alarms import attention_fact, attention_word, needs_look
from connector.domain.payments.balance import balance_of
from connector.domain.payments.message_delivery import Remedy, is_only_previewed, is_probable_preview, remedy_of
from connector.domain.payments.operation import (
    capture_obstacle,
    most_to_capture,
    reverse_obstacle,
)
from connector.domain.payments.payment import Lifecycle, Reason
from connector.domain.payments.status import Link, Message, Money, States
from tests.unit.examples import NOW, make_order, make_request

SENT = States(link=Link.SENT)
LIVE: dict[str, Any] = {"live": True, "states": SENT}
LATER = NOW + timedelta(minutes=1)


def states(link: Link = Link.OPENED, money: Money = Money.NONE, message: Message = Message.NONE) -> States:
    return States(link=link, money=money, message=message)


@pytest.mark.parametrize(
    ("changes", "can_be_paid"),
    [
        (LIVE, True),
        ({**LIVE, "states": states()}, True),
        ({**LIVE, "states": states(money=Money.DECLINED)}, True),
        ({**LIVE, "live": False}, False),
        ({**LIVE, "states": states(Link.UNKNOWN)}, False),
        ({**LIVE, "states": states(Link.SENDING)}, False),
        ({**LIVE, "states": states(money=Money.IN_REVIEW)}, False),
        ({**LIVE, "states": states(money=Money.AUTHORIZED)}, False),
        ({**LIVE, "awaiting_confirmation": True}, False),
        ({**LIVE, "end_reported_at": NOW}, False),
        ({**LIVE, "charging": True}, False),
    ],
)
def test_a_link_can_be_paid_while_nothing_speaks_against_it(changes: dict[str, Any], can_be_paid: bool) -> None:
    assert make_request(**changes).can_be_paid is can_be_paid


@pytest.mark.parametrize(
    ("changes", "is_charged"),
    [
        ({**LIVE, "charging": True}, True),
        ({**LIVE, "charging": True, "states": states(money=Money.DECLINED)}, True),
        ({**LIVE, "charging": True, "states": states(money=Money.PAID)}, False),
        ({**LIVE, "charging": True, "live": False}, False),
        (LIVE, False),
    ],
)
def test_a_card_is_being_charged_while_its_link_is_live_and_unpaid(changes: dict[str, Any], is_charged: bool) -> None:
    assert make_request(**changes).is_being_charged is is_charged


@pytest.mark.parametrize(
    ("changes", "ask_at"),
    [
        ({"live": True, "proven_at": LATER}, None),
        ({"proven_at": LATER}, LATER + timedelta(minutes=1)),
        ({"proven_at": LATER, "released_at": NOW}, LATER + timedelta(minutes=1)),
        ({}, None),
        ({"released_at": LATER}, NOW),
        ({"reason": Reason.UNCONFIRMED}, NOW),
        ({"reason": Reason.NEVER_ARRIVED}, NOW),
        ({"reason": "BAD_CURRENCY"}, None),
    ],
)
def test_an_ended_request_is_asked_about_once_more_after_its_last_proof(
    changes: dict[str, Any], ask_at: datetime | None
) -> None:
    assert make_request(**changes).ask_at == ask_at


def test_a_link_is_dead_at_its_deadline_or_at_the_longest_possible_one() -> None:
    lives = Lifecycle(unopened=timedelta(minutes=5), opened=timedelta(minutes=15), grace=timedelta(minutes=1))
    by = timedelta(minutes=3)
    assert make_request().over_at(lives) == NOW + timedelta(minutes=20)
    assert make_request(open_by=NOW + by).over_at(lives) == NOW + by
    assert make_request(open_by=NOW + by, pay_by=NOW + 2 * by).over_at(lives) == NOW + 2 * by
    assert lives.unknown == timedelta(minutes=21)


@pytest.mark.parametrize(
    ("total", "asks"), [("115.00", True), ("115.004", True), ("115.005", False), ("115.01", False), ("114.99", False)]
)
def test_a_total_is_compared_in_the_requests_digits(total: str, asks: bool) -> None:
    assert make_request().asks_for(Decimal(total)) is asks


@pytest.mark.parametrize(
    ("receipt", "captured", "has_receipt"),
    [("r-1", "0.50", True), ("r-1", "0", False), (None, "115.00", False)],
)
def test_there_is_a_receipt_of_money_that_was_taken(receipt: str | None, captured: str, has_receipt: bool) -> None:
    assert make_request(receipt_reference=receipt, captured=Decimal(captured)).has_receipt is has_receipt


# --- the message -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened_after", "link", "money", "is_preview", "is_only_preview"),
    [
        (2.0, Link.OPENED, Money.NONE, True, True),
        (2.1, Link.OPENED, Money.NONE, False, False),
        (1.0, Link.EXPIRED, Money.NONE, True, False),
        (1.0, Link.OPENED, Money.DECLINED, True, False),
        (None, Link.OPENED, Money.NONE, False, False),
    ],
)
def test_a_link_that_was_opened_at_once_was_fetched_for_a_preview(
    opened_after: float | None, link: Link, money: Money, is_preview: bool, is_only_preview: bool
) -> None:
    opened_at = None if opened_after is None else NOW + timedelta(seconds=opened_after)
    request = make_request(sent_at=NOW, opened_at=opened_at, states=states(link, money))
    assert (is_probable_preview(request), is_only_previewed(request)) == (is_preview, is_only_preview)
    assert not is_probable_preview(make_request(opened_at=opened_at, states=states(link, money)))


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"states": states(Link.SENT, message=Message.FAILED)}, Remedy.OTHER_CHANNEL),
        ({"states": states(Link.SENT, message=Message.FAILED), "message_failure": "landline"}, Remedy.OTHER_NUMBER),
        ({"states": states(Link.SENT, message=Message.FAILED), "message_failure": "too_many"}, Remedy.SEND_AGAIN),
        ({"states": states(Link.SENT, message=Message.FAILED), "message_failure": "account"}, None),
        ({"states": states(Link.SENT, message=Message.SENT), "message_failure": "landline"}, None),
        ({"states": states(message=Message.FAILED), "sent_at": NOW, "opened_at": LATER}, None),
        ({"states": states(message=Message.FAILED), "sent_at": NOW, "opened_at": NOW}, Remedy.OTHER_CHANNEL),
        ({"states": states(Link.SENT, Money.DECLINED, Message.FAILED)}, None),
    ],
)
def test_what_helps_is_said_only_of_a_message_that_did_not_arrive(
    changes: dict[str, Any], remedy: Remedy | None
) -> None:
    assert remedy_of(make_request(**changes)) is remedy


# --- why a person must look ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attention", "looks", "word"),
    [
        (None, False, None),
        ("disputed", True, "disputed"),
        ("paid_twice_returned", False, "paid_twice_returned"),
        ("a_word_of_next_year", True, "other"),
    ],
)
def test_a_person_looks_at_all_but_what_is_over(attention: str | None, looks: bool, word: str | None) -> None:
    request = make_request(attention=attention, attention_at=NOW)
    assert (needs_look(request), attention_word(request)) == (looks, word)
    assert attention_fact(request) == f"{attention}:261121100000"
    assert attention_fact(make_request(attention=attention)) == f"{attention}:"


# --- capture and reversal --------------------------------------------------------------------------------------------

HELD: dict[str, Any] = {
    "states": states(money=Money.AUTHORIZED), "authorized": Decimal("115.00"), "link_reference": "link-1",
}  # fmt: skip
TAKEN: dict[str, Any] = {**HELD, "states": states(money=Money.PAID), "captured": Decimal("115.00")}
BACK: dict[str, Any] = {**TAKEN, "states": states(money=Money.REVERSED), "reversed": Decimal("115.00")}


@pytest.mark.parametrize(
    ("changes", "amount", "capture", "reverse"),
    [
        (HELD, None, None, None),
        (HELD, "115.00", None, None),
        (HELD, "115.01", "amount_too_high", None),
        ({**HELD, "authorized": Decimal("0.50")}, "0.50", None, None),
        ({**HELD, "authorized": Decimal(0)}, None, "refused", "refused"),
        ({**HELD, "link_reference": None}, None, "refused", "refused"),
        (TAKEN, None, "already_captured", None),
        ({**TAKEN, "captured": Decimal("0.50")}, None, "already_captured", None),
        ({**TAKEN, "reversed": Decimal("115.00")}, None, "already_captured", "refused"),
        (BACK, None, "refused", "already_reversed"),
        ({**BACK, "reversed": Decimal("114.50")}, None, "refused", None),
        ({"states": SENT, "link_reference": "link-1"}, None, "refused", "refused"),
    ],
)
def test_money_moves_only_where_there_is_some(
    changes: dict[str, Any], amount: str | None, capture: str | None, reverse: str | None
) -> None:
    request, asked = make_request(**changes), None if amount is None else Decimal(amount)
    assert (capture_obstacle(request, asked), reverse_obstacle(request, asked)) == (capture, reverse)


@pytest.mark.parametrize(
    ("total", "currency", "under_way", "most"),
    [
        ("115.00", "ZAR", "0", "115.00"),
        ("200.00", "ZAR", "0", "115.00"),
        ("100.00", "ZAR", "0", "100.00"),
        ("115.00", "ZAR", "40.00", "75.00"),
        ("115.00", "ZAR", "200.00", "0"),
        ("10.00", "EUR", "0", "115.00"),
    ],
)
def test_no_more_is_taken_than_is_held_and_due(total: str, currency: str, under_way: str, most: str) -> None:
    order, request = make_order(total=Decimal(total), currency=currency), make_request(**HELD)
    found = most_to_capture(request, balance_of(order, [request]), order, Decimal(under_way))
    assert found == Decimal(most)

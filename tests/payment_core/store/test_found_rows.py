"""What is found of a merchant's links, payments and messages: each condition keeps back what it is there for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import LinkStatus, MessageStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.settlement import Attention
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import attempts, links, money_moves, search, unfinished
from payment_core.store.links.money_moves import MoneyMove, MoveKind, MoveState
from payment_core.store.messages import lookalikes, messages
from payment_core.store.schema import tables
from tests.payment_core.conftest import CUSTOMER, MERCHANT, NOW
from tests.payment_core.fakes import MovableClock

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Make = Callable[..., Link]
MINE, SECOND, DAY = MERCHANT.merchant_id, timedelta(seconds=1), timedelta(days=1)
P, A = PaymentStatus, AttemptState


def attempted(core: Core, link: Link, name: str = "att_1", state: AttemptState = A.ENDED, **values: Any) -> Attempt:
    attempt = Attempt(name, link.reference, link.merchant_id, AttemptKind.PAGE, state, f"key {name}", core.now(), None)
    with core.transactions.write() as work:
        attempts.add(work, attempt)
        attempts.change(work, attempt, looks=0, **values)
    return attempt


@pytest.mark.parametrize(
    ("values", "attempt", "move", "found"),
    [
        ({}, None, None, (0, 0, 0, 0)),
        ({}, (A.PREPARED, {}), None, (1, 1, 0, 0)),
        ({}, (A.OPEN, {"page_id": "page_1"}), None, (1, 0, 0, 0)),
        ({}, (A.CLOSING, {"payment_id": "pay_1"}), None, (1, 0, 0, 0)),
        ({}, (A.ENDED, {}), None, (0, 0, 0, 0)),
        ({}, (A.ENDED, {}), MoveState.PREPARED, (0, 0, 1, 0)),
        ({}, (A.ENDED, {}), MoveState.DONE, (0, 0, 0, 0)),
        ({}, (A.ENDED, {}), MoveState.REFUSED, (0, 0, 0, 0)),
        ({"payment_status": P.AUTHORIZED}, None, None, (0, 0, 0, 1)),
        ({"payment_status": P.REVIEW}, None, None, (0, 0, 0, 1)),
        ({"payment_status": P.AUTHORIZED, "capture_before": NOW + SECOND}, None, None, (0, 0, 0, 1)),
        # What can be captured no more is held no more.
        ({"payment_status": P.AUTHORIZED, "capture_before": NOW}, None, None, (0, 0, 0, 0)),
        ({"payment_status": P.RECEIVED}, None, None, (0, 0, 0, 0)),
        ({"payment_status": P.DECLINED}, None, None, (0, 0, 0, 0)),
    ],
)
def test_what_is_under_way_keeps_a_merchant_from_changing_its_account(
    core: Core, make_link: Make, values: dict[str, Any], attempt: tuple[AttemptState, dict[str, Any]] | None,
    move: MoveState | None, found: tuple[int, ...],
) -> None:  # fmt: skip
    link = make_link()
    with core.transactions.write() as work:
        links.save(work, replace(link, **values))
    if attempt is not None:
        made = attempted(core, link, state=attempt[0], **attempt[1])
    if move is not None:
        moved = MoneyMove("mov_1", link.reference, made.attempt_id, MoveKind.GIVE_BACK, "key", None, move, NOW)
        with core.transactions.write() as work:
            money_moves.add(work, moved, look_at=NOW)
    with core.transactions.read() as work:
        mine, others = (unfinished.unfinished_of(work, one, now=NOW) for one in (MINE, "mer_other"))
    assert (mine.being_paid, mine.beginning, mine.moving, mine.held) == found
    assert (mine.is_empty, others.is_empty) == (not any(found), True)


def test_the_newest_attempt_that_the_gateway_has_named_is_asked_for(
    core: Core, make_link: Make, clock: MovableClock
) -> None:
    link = make_link()
    named: dict[str, dict[str, Any]] = {"a": {"page_id": "page_1"}, "b": {"payment_id": "pay_1"}, "c": {}}
    for name, values in named.items():
        clock.move(seconds=1)
        attempted(core, link, name, **values)
    with core.transactions.read() as work:
        found = unfinished.newest_named(work, MINE)
    assert found is not None
    assert found.attempt_id == "b"


@pytest.mark.parametrize(
    ("wanted", "is_found"),
    [
        ({}, True),
        ({"text": "00000100"}, True),
        ({"text": "0000010"}, False),
        ({"text": "mine"}, True),
        ({"text": "003"}, True),
        ({"text": "27831234567"}, True),
        ({"text": "27831234568"}, False),
        ({"status": LinkStatus.EXPIRED.value}, True),
        ({"status": P.RECEIVED.value}, True),
        ({"status": P.DECLINED.value}, False),
        ({"status": search.NEEDS_PERSON}, True),
        ({"begin": NOW}, True),
        ({"begin": NOW + SECOND}, False),
        ({"end": NOW}, False),
        ({"end": NOW + SECOND}, True),
        ({"before": (NOW + SECOND, "")}, True),
        ({"before": (NOW, "")}, False),
        ({"before": (NOW, "zzz")}, True),
        ({"text": "00000100", "status": P.DECLINED.value}, False),
    ],
)
def test_a_link_is_found_by_whole_values_its_status_and_its_time(
    core: Core, make_link: Make, wanted: dict[str, Any], is_found: bool
) -> None:
    link = make_link(caller_reference="mine", payer_reference="003")
    paid: dict[str, Any] = {"status": LinkStatus.EXPIRED, "payment_status": P.RECEIVED, "attention": Attention.DISPUTED}
    key = phone_key.of(core, MINE, wanted["text"]) if str(wanted.get("text", "")).startswith("27") else None
    with core.transactions.write() as work:
        links.save(work, replace(link, **paid))
        found = search.search(work, search.LinkFilter(MINE, phone_key=key, **wanted), most=9)
    assert [one.reference for one in found] == [link.reference] * is_found


def test_a_page_of_links_ends_where_the_one_before_did(core: Core, make_link: Make) -> None:
    made = {make_link(caller_reference=str(number)).reference for number in range(3)}
    with core.transactions.read() as work:
        first = search.search(work, search.LinkFilter(MINE), most=2)
        before = (first[-1].created_at, first[-1].reference)
        second = search.search(work, search.LinkFilter(MINE, before=before), most=2)
    assert [*(one.reference for one in first), *(one.reference for one in second)] == sorted(made, reverse=True)


@pytest.mark.parametrize(
    ("attention", "number"), [(Attention.DISPUTED, 1), (Attention.PAID_TWICE_RETURNED, 0), (None, 0)]
)
def test_what_only_says_what_happened_needs_nobody(
    core: Core, make_link: Make, attention: Attention | None, number: int
) -> None:
    link = make_link()
    with core.transactions.write() as work:
        links.save(work, replace(link, attention=attention))
        assert search.count_needing_person(work, MINE) == number
        assert len(search.search(work, search.LinkFilter(MINE, status=search.NEEDS_PERSON), most=9)) == number


@pytest.mark.parametrize(
    ("values", "is_known", "is_alike"),
    [
        ({}, True, True),
        ({"status": MessageStatus.SENT.value}, True, False),
        ({"provider_id": None}, False, True),
        # A provider's list of a number's messages reaches back by days.
        ({"created_at": NOW - 3 * DAY}, True, True),
        ({"created_at": NOW - 3 * DAY - SECOND}, False, False),
    ],
)
def test_another_message_to_the_number_could_be_taken_for_the_lost_one(
    core: Core, make_link: Make, values: dict[str, Any], is_known: bool, is_alike: bool
) -> None:
    lost, other = make_link(caller_reference="lost"), make_link(caller_reference="other")
    with core.transactions.write() as work:
        message, alike = (messages.request_of(work, one.reference) for one in (lost, other))
        assert message is not None
        assert alike is not None
        unknown = {"status": MessageStatus.UNKNOWN.value, "provider_id": "SM9", **values}
        mine = tables.messages.c.message_id == alike.message_id
        work.connection.execute(update(tables.messages).values(status=MessageStatus.UNKNOWN.value))
        work.connection.execute(update(tables.messages).where(mine).values(unknown))
        key = phone_key.of(core, MINE, CUSTOMER)
        assert lookalikes.provider_ids_to(work, message, key) == ({"SM9"} if is_known else set())
        found = [one.message_id for one in lookalikes.other_unknown(work, message, key)]
    assert found == [alike.message_id] * is_alike

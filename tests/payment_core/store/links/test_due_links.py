"""Which links the workers find: each condition keeps back the link that it is there for, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import LinkStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.settlement import ENDS_LINK, Attention
from payment_core.services import Core
from payment_core.store.links import attempts, links, money_moves
from payment_core.store.links.money_moves import MoneyMove, MoveKind, MoveState
from tests.payment_core.fakes import MovableClock

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Make = Callable[..., Link]
PAGE, CARD = AttemptKind.PAGE, AttemptKind.SAVED_CARD
ENDED = AttemptState.ENDED


def attempted(core: Core, link: Link, kind: AttemptKind, state: AttemptState) -> Attempt:
    attempt = Attempt("att_1", link.reference, link.merchant_id, kind, state, "key_1", core.now(), core.now())
    with core.transactions.write() as work:
        attempts.add(work, attempt)
    return attempt


def moved(core: Core, attempt: Attempt, state: MoveState) -> None:
    move = MoneyMove(
        "mov_1", attempt.link_reference, attempt.attempt_id, MoveKind.GIVE_BACK, "key_1", None, state, core.now()
    )
    with core.transactions.write() as work:
        money_moves.add(work, move, look_at=core.now())


def stored(core: Core, link: Link, **values: Any) -> None:
    with core.transactions.write() as work:
        links.save(work, replace(link, **values))


@pytest.mark.parametrize(
    ("late", "values", "attempt", "is_found"),
    [
        (0, {}, None, True),
        (-1, {}, None, False),
        (0, {"payable": False}, None, False),
        (0, {}, (PAGE, AttemptState.OPEN), True),
        (0, {}, (PAGE, AttemptState.CLOSING), False),
        (0, {}, (CARD, AttemptState.PREPARED), False),
        (0, {}, (CARD, ENDED), True),
    ],
)
def test_a_link_is_ended_at_its_time_unless_its_attempt_does_that_itself(
    core: Core, make_link: Make, clock: MovableClock, late: int, values: dict[str, Any],
    attempt: tuple[AttemptKind, AttemptState] | None, is_found: bool,
) -> None:  # fmt: skip
    link = make_link()
    stored(core, link, **values)
    if attempt is not None:
        attempted(core, link, *attempt)
    with core.transactions.read() as work:
        found = links.overdue(work, now=link.expires_at + timedelta(seconds=late), most=9)
    assert found == ([link.reference] if is_found else [])


ALARMED: dict[str, Any] = {"attention": Attention.AMOUNT_DIFFERS, "payable": False, "status": LinkStatus.CLICKED}


@pytest.mark.parametrize(
    ("values", "attempt", "move", "is_found"),
    [
        ({}, ENDED, None, True),
        ({}, AttemptState.CLOSING, None, False),
        ({}, ENDED, MoveState.PREPARED, False),
        ({}, ENDED, MoveState.DONE, True),
        ({"payment_status": PaymentStatus.DECLINED}, ENDED, None, True),
        ({"payment_status": PaymentStatus.RECEIVED}, ENDED, None, False),
        ({"status": LinkStatus.EXPIRED}, ENDED, None, False),
        ({"status": LinkStatus.CANCELLED}, ENDED, None, False),
        ({"attention": Attention.DISPUTED}, ENDED, None, False),
        ({"attention": None}, ENDED, None, False),
    ],
)
def test_a_link_of_another_amount_is_ended_once_nothing_of_it_can_arrive(
    core: Core, make_link: Make, values: dict[str, Any], attempt: AttemptState, move: MoveState | None, is_found: bool
) -> None:
    link = make_link()
    stored(core, link, **{**ALARMED, **values})
    made = attempted(core, link, PAGE, attempt)
    if move is not None:
        moved(core, made, move)
    with core.transactions.read() as work:
        assert links.to_end_unpaid(work, ENDS_LINK, most=9) == ([link.reference] if is_found else [])


@pytest.mark.parametrize(
    ("values", "is_found"),
    [
        ({}, True),
        ({"settled": True}, False),
        ({"auto_reversal": False}, False),
        ({"in_review": False}, False),
        ({"payment_status": PaymentStatus.REVIEW}, False),
        ({"attention": Attention.REFUND_FAILED}, False),
        ({"decided_at": timedelta(seconds=1)}, False),
    ],
)
def test_a_review_is_reversed_by_itself_where_there_is_money_and_nobody_needed(
    core: Core, make_link: Make, clock: MovableClock, values: dict[str, Any], is_found: bool
) -> None:
    link, decided = make_link(), clock()
    late = values.pop("decided_at", timedelta(0))
    stored(
        core, link, **{
            "in_review": True, "auto_reversal": True, "payment_status": PaymentStatus.RECEIVED, "payable": False,
            "decided_at": decided + late, **values,
        },
    )  # fmt: skip
    with core.transactions.read() as work:
        found = links.reviews_to_reverse(work, decided_by=decided, most=9)
    assert found == ([link.reference] if is_found else [])

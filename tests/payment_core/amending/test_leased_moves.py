"""A move of money belongs to one worker at a time, and keeps its first outcome whoever comes late."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from payment_core.domain.attempt import Attempt
from payment_core.domain.enums import PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment
from payment_core.errors import Refusal
from payment_core.journeys.amending.move_money import finish_moves, reverse
from payment_core.services import Core
from payment_core.store.links import money_moves
from payment_core.store.links.money_moves import MoneyMove, MoveState
from payment_core.store.schema.tables import money_moves as rows
from tests.payment_core.amending.test_moving_money import held
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import now_of


@pytest.fixture
def unfinished(core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock) -> Link:
    """A paid link whose reversal got no answer, a minute later."""
    link = held(core, merchant, gateway)
    gateway.loses("give_back", Lost.BEFORE)
    with pytest.raises(Refusal):
        reverse(core, merchant, link.reference)
    clock.move(minutes=1)
    return link


def claimed(core: Core, until: timedelta) -> list[MoneyMove]:
    """Claim what is due as a worker does that then stops."""
    with core.transactions.write() as work:
        return money_moves.claim_due(work, now=core.now(), until=core.now() + until, lease="stalled.1", most=10)


def test_a_move_that_one_worker_is_asking_about_is_asked_about_by_no_other(
    core: Core, unfinished: Link, gateway: FakeGateway, clock: MovableClock
) -> None:
    assert len(claimed(core, timedelta(seconds=60))) == 1
    asked = len(gateway.calls)
    assert finish_moves(core, owner="another") == 0
    assert len(gateway.calls) == asked
    clock.move(seconds=61)
    assert finish_moves(core, owner="another") == 1
    assert now_of(core, unfinished).payment_status is PaymentStatus.VOIDED


def test_a_move_that_is_being_asked_about_is_taken_over_after_a_minute(
    core: Core, unfinished: Link, gateway: FakeGateway, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, give_back = [], gateway.give_back

    def slow(attempt: Attempt, *, key: str) -> Payment:
        asked.append(clock())
        if len(asked) == 1:
            for seconds in (0, 59, 1):
                clock.move(seconds=seconds)
                finish_moves(core, owner="another")
        return give_back(attempt, key=key)

    monkeypatch.setattr(gateway, "give_back", slow)
    began = clock()
    finish_moves(core, owner="worker")
    assert asked == [began, began + timedelta(seconds=60)]
    assert gateway.charged(unfinished.reference) == 0


def test_what_a_caller_still_waits_for_is_left_alone_for_half_a_minute(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than a whole call of a gateway takes."""
    link, give_back, seen = held(core, merchant, gateway), gateway.give_back, []

    def slow(attempt: Attempt, *, key: str) -> Payment:
        monkeypatch.undo()
        for seconds in (0, 29, 1):
            clock.move(seconds=seconds)
            seen.append(finish_moves(core, owner="worker"))
        return give_back(attempt, key=key)

    monkeypatch.setattr(gateway, "give_back", slow)
    reverse(core, merchant, link.reference)
    assert (seen, gateway.charged(link.reference)) == ([0, 0, 1], Decimal(0))


def test_what_the_gateway_refused_has_ended_and_can_be_ordered_again(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = held(core, merchant, gateway)
    gateway.loses("give_back", Lost.REFUSED)
    with pytest.raises(Refusal) as refused:
        reverse(core, merchant, link.reference)
    assert refused.value.word == "GATEWAY_REFUSED"
    clock.move(minutes=1)
    assert finish_moves(core, owner="worker") == 0, "nobody asks for it again by himself"
    assert reverse(core, merchant, link.reference).payment_status is PaymentStatus.VOIDED
    with core.transactions.read() as work:
        ends = work.connection.execute(select(rows.c.state, rows.c.reason).order_by(rows.c.created_at)).all()
    assert [tuple(one) for one in ends] == [("refused", "refused"), ("done", None)]


def test_a_late_refusal_does_not_undo_that_a_move_was_done(core: Core, unfinished: Link, clock: MovableClock) -> None:
    """Else the record would say that money stayed, which went back."""
    (move,) = claimed(core, timedelta(seconds=60))
    clock.move(seconds=61)
    assert finish_moves(core, owner="another") == 1
    with core.transactions.write() as work:
        money_moves.end(work, move, MoveState.REFUSED, now=core.now(), reason="late")
    with core.transactions.read() as work:
        row = work.connection.execute(rows.select().where(rows.c.reference == unfinished.reference)).one()
    assert (row.state, row.reason) == ("done", None)


def test_an_answer_that_is_lost_late_asks_no_more_about_a_move_that_was_done(
    core: Core, unfinished: Link, gateway: FakeGateway, clock: MovableClock
) -> None:
    """Else it would be asked about for ever, and after a day with a key that the gateway has forgotten."""
    (move,) = claimed(core, timedelta(seconds=60))
    clock.move(seconds=61)
    assert finish_moves(core, owner="another") == 1
    with core.transactions.write() as work:
        money_moves.ask_again(work, move, at=core.now())
    asked = len(gateway.calls)
    clock.move(days=2)
    assert finish_moves(core, owner="another") == 0
    assert len(gateway.calls) == asked

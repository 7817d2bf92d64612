"""The demo's gateway is like a real one: a key counts once, and money moves only from where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from payment_core.demo.cards import TypedCard
from payment_core.demo.gateway import DemoGateway
from payment_core.demo.payment_rows import HOLD_LIVES
from payment_core.demo.tables import metadata
from payment_core.domain.attempt import Attempt
from payment_core.domain.enums import TransactionType
from payment_core.domain.payment import Card, CardToken, PaymentState
from payment_core.gateways.gateway import GatewayRefused, SavedCharge
from payment_core.journeys.examining.examine_gateway import examination_plan
from payment_core.services import Core
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.fakes import MovableClock

# Its locks are tried on PostgreSQL.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
S = PaymentState
SALE, HOLD = TransactionType.SALE, TransactionType.AUTHORIZATION
VISA = Card("Visa", "4242", "2030-12")
Begin = Callable[..., Attempt]


@pytest.fixture
def demo(core: Core) -> DemoGateway:
    with core.transactions.database.write() as connection:
        metadata.create_all(connection)
    return DemoGateway(core.transactions.database, core.now)


@pytest.fixture
def begin(core: Core, demo: DemoGateway) -> Begin:
    """A function that opens a page, and tries a card on it."""

    def begun(outcome: str | None = None, kind: TransactionType = SALE, key: str = "key", **more: Any) -> Attempt:
        plan = examination_plan(MERCHANT, now=core.now(), public_url="https://pay.example")
        plan = replace(plan, link=replace(plan.link, transaction_type=kind, total=Decimal("150.00"), **more))
        attempt = replace(plan.attempt, key=key, body=demo.prepare(plan))
        attempt = replace(attempt, page_id=demo.open_page(attempt).page_id)
        if outcome is not None:
            demo.submit(str(attempt.page_id), TypedCard(VISA, outcome), saves=False)
        return attempt

    return begun


def test_a_key_opens_one_page(demo: DemoGateway, begin: Begin) -> None:
    one, again, other = begin(), begin(), begin(key="another")
    assert (one.page_id == again.page_id, one.page_id == other.page_id) == (True, False)


@pytest.mark.parametrize(
    ("outcome", "kind", "state", "captured"),
    [
        (None, SALE, S.OPEN, "0"),
        ("approved", SALE, S.TAKEN, "150.00"),
        ("approved", HOLD, S.HELD, "0"),
        ("declined", SALE, S.DECLINED, "0"),
        ("review", SALE, S.REVIEW, "0"),
        ("challenge", SALE, S.OPEN, "0"),
    ],
)
def test_a_card_does_what_it_is_for(
    demo: DemoGateway, begin: Begin, outcome: str | None, kind: TransactionType, state: PaymentState, captured: str
) -> None:
    seen = demo.look(begin(outcome, kind))
    assert (seen.state, seen.captured) == (state, Decimal(captured))


@pytest.mark.parametrize(
    ("outcome", "closed"), [(None, S.DEAD), ("declined", S.DEAD), ("approved", S.TAKEN), ("review", S.REVIEW)]
)
def test_a_page_is_closed_unless_money_came_or_may_come(
    demo: DemoGateway, begin: Begin, outcome: str | None, closed: PaymentState
) -> None:
    attempt = begin(outcome)
    assert demo.close_page(attempt).state is closed
    assert demo.submit(str(attempt.page_id), TypedCard(VISA, "approved"), saves=False) is None
    assert demo.look(attempt).state is closed, "no card is taken any more"


def test_another_card_may_be_tried_after_one_that_was_declined(demo: DemoGateway, begin: Begin) -> None:
    attempt = begin("declined")
    demo.submit(str(attempt.page_id), TypedCard(VISA, "approved"), saves=False)
    assert demo.look(attempt).state is S.TAKEN


@pytest.mark.parametrize(("approve", "state"), [(True, S.TAKEN), (False, S.DECLINED)])
@pytest.mark.parametrize("outcome", ["challenge", "always_challenged"])
def test_a_challenge_is_answered_once_and_by_its_own_name(
    demo: DemoGateway, begin: Begin, outcome: str, approve: bool, state: PaymentState
) -> None:
    attempt = begin(outcome)
    page = str(attempt.page_id)
    found = demo.challenge_of(page)
    assert found is not None
    assert found[1] == "4242"
    demo.answer_challenge(page, "guessed", approve=True)
    assert demo.look(attempt).state is S.OPEN
    demo.answer_challenge(page, found[0], approve=approve)
    demo.answer_challenge(page, found[0], approve=not approve)
    assert (demo.look(attempt).state, demo.challenge_of(page)) == (state, None)


def test_what_is_held_is_taken_once_for_a_key_in_part_or_whole_and_not_for_ever(
    demo: DemoGateway, begin: Begin, clock: MovableClock
) -> None:
    part, whole, late = (begin("approved", HOLD, key=key) for key in ("part", "whole", "late"))
    for _ in range(2):
        assert demo.capture(part, Decimal("40.00"), currency="ZAR", key="take").captured == Decimal("40.00")
    with pytest.raises(GatewayRefused) as again:
        demo.capture(part, None, currency="ZAR", key="take more")
    assert again.value.reason == "not_held"
    clock.move(seconds=HOLD_LIVES.total_seconds())
    assert demo.capture(whole, None, currency="ZAR", key="take all").captured == Decimal("150.00")
    clock.move(seconds=1)
    with pytest.raises(GatewayRefused) as over:
        demo.capture(late, None, currency="ZAR", key="too late")
    assert over.value.reason == "authorization_expired"


@pytest.mark.parametrize("kind", [SALE, HOLD])
def test_what_is_held_or_taken_goes_back_once_and_not_once_it_is_settled(
    demo: DemoGateway, begin: Begin, kind: TransactionType
) -> None:
    attempt, other = begin("approved", kind), begin("approved", SALE, key="other")
    for _ in range(2):
        back = demo.give_back(attempt, key="back")
        assert (back.state, back.reversed) == (S.REVERSED, Decimal("150.00"))
    assert (demo.settle(str(other.page_id)), demo.settle(str(attempt.page_id)), demo.settle("nobody")) == (
        *(True, False, False),
    )
    for one, key in ((attempt, "again"), (other, "settled"), (begin(key="open"), "open")):
        with pytest.raises(GatewayRefused) as refused:
            demo.give_back(one, key=key)
        assert refused.value.reason == "not_returnable"
    assert demo.look(other).reversed == 0


@pytest.mark.parametrize(("approve", "state"), [(True, S.TAKEN), (False, S.DECLINED)])
def test_a_review_ends_once(demo: DemoGateway, begin: Begin, approve: bool, state: PaymentState) -> None:
    attempt = begin("review")
    ends = [demo.finish_review(str(attempt.page_id), approve=one) for one in (approve, not approve)]
    assert (ends, demo.look(attempt).state) == ([True, False], state)


@pytest.mark.parametrize(("reverses", "then"), [(True, S.REVERSED), (False, S.REVIEW)])
def test_a_review_that_reverses_itself_is_seen_first(
    demo: DemoGateway, begin: Begin, reverses: bool, then: PaymentState
) -> None:
    attempt = begin("review", auto_reversal=reverses)
    assert [demo.look(attempt).state for _ in range(2)] == [S.REVIEW, then]


@pytest.mark.parametrize(
    ("outcome", "state"), [("approved", S.TAKEN), ("declined", S.DECLINED), ("always_challenged", S.NEEDS_CUSTOMER)]
)
def test_a_saved_card_is_charged_once_for_a_key(
    core: Core, demo: DemoGateway, begin: Begin, clock: MovableClock, outcome: str, state: PaymentState
) -> None:
    token = f'{{"brand": "Visa", "last4": "4242", "expires": "2030-12", "outcome": "{outcome}"}}'
    plan = examination_plan(MERCHANT, now=core.now(), public_url="https://pay.example")
    link = replace(plan.link, total=Decimal("150.00"))
    charge = SavedCharge(attempt=plan.attempt, link=link, token=CardToken("customer", token))
    attempt = replace(plan.attempt, key="charge", body=demo.prepare(charge))
    first = demo.charge_saved(attempt)
    clock.move(seconds=timedelta(minutes=1).total_seconds())
    assert (first.state, demo.charge_saved(attempt)) == (state, first)


def test_a_payment_that_there_is_not_is_said_so(demo: DemoGateway, begin: Begin) -> None:
    nobody = replace(begin(), key="never opened")
    for ask in (demo.look, demo.is_fraud_suspected):
        with pytest.raises(GatewayRefused) as refused:
            ask(nobody)
        assert refused.value.reason == "unknown_payment"
    assert demo.submit("nobody", TypedCard(VISA, "approved"), saves=False) is None
    assert demo.finish_review("nobody", approve=True) is False

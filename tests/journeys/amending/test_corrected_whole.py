"""What is left of a request after a correction, and after a release: nothing of what was wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.payments.payment import Person
from connector.domain.payments.status import Money
from connector.journeys.amending.correct_payment_request import CorrectOutcome, correct_payment_request
from connector.journeys.amending.release_payment_request import release_payment_request
from connector.journeys.reconciling.reconcile_payment import reconcile_payment
from connector.store.schema.tables import payment_requests
from tests.factories import notification
from tests.journeys.played_once import played_once
from tests.journeys.world import Clock, World

NALEDI = Person("operator", "Naledi")


@pytest.fixture
@played_once
def link(world: World) -> dict[str, Any]:
    """A live link."""
    return world.sent(world.open(world.order()))


def test_of_a_request_whose_end_was_reported_nothing_waits_any_more_once_it_is_released(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    world.callback(notification(link, "PAYMENT_LINK_EXPIRED", at=clock()))
    world.drain()
    reference = world.row("payment_requests")["reference"]
    assert world.request(reference).end_reported_at is not None
    world.core.mute = True
    clock.pass_by(hours=1)
    context = world.services.for_tenant(world.tenant())
    release_payment_request(context, request=world.request(reference), reason="It is over", by=NALEDI)
    released = world.request(reference)
    assert (released.live, released.end_reported_at) == (False, None)


def test_of_what_was_believed_nothing_is_left_once_it_is_corrected(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    before = world.request(world.row("payment_requests")["reference"])
    at = clock()
    believed: dict[str, Any] = {
        "link": "cancelled", "money": "paid", "live": False, "captured": Decimal("115.00"),
        "authorized": Decimal("115.00"), "reversed": Decimal("15.00"), "core_status": "PAYMENT_RECEIVED",
        "receipt_reference": "receipt-x", "reconciliation_reference": "TRN-x", "reason": "unconfirmed",
        "capture_before": at, "settled": True, "opened_at": at, "pay_by": at, "finished_at": at, "paid_at": at,
        "closed_at": at, "taken_at": at, "awaiting_confirmation": True, "money_after_close": True,
        "end_reported_at": at, "released_at": at,
    }  # fmt: skip
    with world.services.store.database.write() as connection:
        connection.execute(update(payment_requests).values(**believed))
    clock.pass_by(minutes=1)
    context = world.services.for_tenant(world.tenant())
    wrong = world.request(before.reference)
    correct_payment_request(context, request=wrong, reason="Our record is wrong", by=NALEDI)
    corrected = world.request(before.reference)
    assert corrected == replace(before, version=corrected.version, proven_at=clock(), money_moved_at=clock())


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("link", "opened"), ("link_reference", "link-0002"), ("core_status", "PAYMENT_LINK_CLICKED"),
     ("authorized", Decimal("115.00")), ("captured", Decimal("115.00")), ("reversed", Decimal("15.00"))],
)  # fmt: skip
def test_a_request_of_which_one_field_alone_is_wrong_is_corrected(
    world: World, link: dict[str, Any], field: str, wrong: Any
) -> None:
    right = world.row("payment_requests")
    world.sent(world.open(world.order()))  # link-0002
    mine = payment_requests.c.reference == right["reference"]
    with world.services.store.database.write() as connection:
        connection.execute(update(payment_requests).where(mine).values(**{field: wrong}))
    context = world.services.for_tenant(world.tenant())
    believed = world.request(right["reference"])
    done = correct_payment_request(context, request=believed, reason="Our record is wrong", by=NALEDI)
    assert done.outcome is CorrectOutcome.CORRECTED
    (corrected,) = [one for one in world.rows("payment_requests") if one["reference"] == right["reference"]]
    assert corrected[field] == right[field] != wrong


def test_what_was_released_and_can_be_paid_all_the_same_is_live_again_once_it_is_corrected(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    with world.services.store.database.write() as connection:
        connection.execute(update(payment_requests).values(live=False, released_at=clock()))
    context = world.services.for_tenant(world.tenant())
    released = world.request(world.row("payment_requests")["reference"])
    done = correct_payment_request(context, request=released, reason="The core shows it open", by=NALEDI)
    assert (done.outcome, done.after.live) == (CorrectOutcome.CORRECTED, True)


def test_money_that_came_before_a_link_was_released_is_reported_as_money_after_its_close_all_the_same(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    """Nobody knew of it when the order got its place back, and another link may have been sent since."""
    clock.pass_by(minutes=1)
    world.core.happen(link, "PAYMENT_RECEIVED")
    world.core.mute = True
    clock.pass_by(hours=1)
    context = world.services.for_tenant(world.tenant())
    reference = link["additionalData"]["reference"]
    release_payment_request(context, request=world.request(reference), reason="It is over", by=NALEDI)
    assert world.request(reference).live is False
    world.core.mute = False
    reconcile_payment(context, request=world.request(reference))
    paid = world.request(reference)
    assert (paid.states.money, paid.money_after_close) == (Money.PAID, True)

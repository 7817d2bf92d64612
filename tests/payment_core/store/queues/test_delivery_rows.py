"""A delivery's attempt changes it, and the rest of its lane where that has to wait: no other lane, and nothing of the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from payment_core.services import Core
from payment_core.store import applications
from payment_core.store.deliveries import deliveries
from payment_core.store.deliveries.deliveries import Answer, Delivery
from payment_core.store.schema import tables
from tests.payment_core.conftest import APPLICATION, NOW
from tests.payment_core.notifying.couriers import queue

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)
REFUSED = Answer(500, "busy", None, 1)


@pytest.fixture
def claimed(core: Core) -> Delivery:
    """The first of three in a lane, beside another lane of one, both leased to this worker."""
    queue(core, "lane", "first", "second", "third")
    queue(core, "other", "first")
    claim = deliveries.Claim(APPLICATION.application_id, now=NOW, until=NOW + MINUTE, lease="one.1", most=9)
    with core.transactions.write() as work:
        found = deliveries.claim_due(work, claim)
    assert [(one.lane, one.event) for one in found] == [("lane", "first"), ("other", "first")]
    return found[0]


def column(core: Core, name: str) -> list[Any]:
    """Return a column of all deliveries, in their order."""
    with core.transactions.read() as work:
        query = select(tables.deliveries.c[name]).order_by(tables.deliveries.c.delivery_id)
        return list(work.connection.execute(query).scalars())


def concluded(core: Core, delivery: Delivery, due_at: datetime | None, state: str = "pending") -> None:
    with core.transactions.write() as work:
        assert deliveries.conclude(work, delivery, REFUSED, lease="one.1", state=state, due_at=due_at, now=NOW)


def test_what_waits_holds_back_those_behind_it_and_nobody_else(core: Core, claimed: Delivery) -> None:
    with core.transactions.write() as work:
        third = tables.deliveries.c.event == "third"
        work.connection.execute(update(tables.deliveries).where(third).values(due_at=NOW + 9 * MINUTE))
    concluded(core, claimed, NOW + 2 * MINUTE)
    waits, later = NOW + 2 * MINUTE, NOW + 9 * MINUTE
    assert column(core, "due_at") == [waits, waits, later, NOW], "what waits for longer already is not brought forward"
    assert column(core, "lease") == [None, None, None, "one.1"]
    assert column(core, "attempts") == [1, 0, 0, 0]


def test_what_has_ended_holds_nobody_back_and_stays_ended(core: Core, claimed: Delivery) -> None:
    concluded(core, claimed, None, state="delivered")
    assert column(core, "due_at") == [None, NOW, NOW, NOW]
    with core.transactions.write() as work:
        second = deliveries.claim_due(
            work, deliveries.Claim(APPLICATION.application_id, now=NOW, until=NOW + MINUTE, lease="one.1", most=1)
        )[0]
    concluded(core, second, NOW + MINUTE)
    assert column(core, "due_at") == [None, NOW + MINUTE, NOW + MINUTE, NOW]
    assert column(core, "state") == ["delivered", "pending", "pending", "pending"]


def test_a_lease_is_prolonged_and_given_back_for_what_it_is_named_for(core: Core, claimed: Delivery) -> None:
    with core.transactions.write() as work:
        deliveries.renew(work, claimed.delivery_id, lease="one.1", until=NOW + 9 * MINUTE)
    assert column(core, "lease_until") == [NOW + 9 * MINUTE, None, None, NOW + MINUTE]
    with core.transactions.write() as work:
        deliveries.release(work, [claimed.delivery_id], lease="one.1")
    assert column(core, "lease") == [None, None, None, "one.1"]
    assert column(core, "lease_until") == [None, None, None, NOW + MINUTE]


def test_each_application_is_handed_its_own_and_what_is_not_being_delivered(core: Core) -> None:
    other = replace(APPLICATION, application_id="other")
    with core.transactions.write() as work:
        applications.save(work, other, now=NOW)
    queue(core, "lane", "first")
    queue(core, "theirs", "first", application=other)

    def claimed(application_id: str, *besides: int) -> list[str]:
        claim = deliveries.Claim(application_id, now=NOW, until=NOW, lease="one.1", most=9)
        with core.transactions.write() as work:
            return [one.lane for one in deliveries.claim_due(work, claim, besides=besides)]

    assert (claimed(APPLICATION.application_id), claimed("other")) == (["lane"], ["theirs"])
    mine, theirs = column(core, "delivery_id")
    assert (claimed("other", theirs), claimed("other", mine)) == ([], ["theirs"]), "a clock that jumps frees nothing"
    with core.transactions.write() as work:
        assert sorted(deliveries.applications_with_due(work, now=NOW)) == sorted([APPLICATION.application_id, "other"])
        work.connection.execute(update(tables.deliveries).where(tables.deliveries.c.lane == "lane").values(due_at=None))
        assert deliveries.applications_with_due(work, now=NOW) == ["other"]


def test_the_first_five_and_the_latest_twenty_attempts_are_kept_of_each(core: Core, claimed: Delivery) -> None:
    """Three days of them say nothing more."""
    other = replace(claimed, delivery_id=claimed.delivery_id + 3)
    for one, number in ((other, 7), (claimed, 27)):
        for attempts in range(number):
            with core.transactions.write() as work:
                work.connection.execute(update(tables.deliveries).values(lease="one.1"))
            concluded(core, replace(one, attempts=attempts), NOW + MINUTE)
    kept: dict[int, list[int]] = {other.delivery_id: [], claimed.delivery_id: []}
    with core.transactions.read() as work:
        a = tables.delivery_attempts.c
        for delivery_id, number in work.connection.execute(select(a.delivery_id, a.number).order_by(a.number)):
            kept[delivery_id].append(number)
    assert kept == {other.delivery_id: [*range(1, 8)], claimed.delivery_id: [*range(1, 6), *range(8, 28)]}

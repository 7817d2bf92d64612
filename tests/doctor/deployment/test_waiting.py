"""What waits for a person, or for too long, and the finding that names it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import responses
from cryptography.fernet import Fernet
from sqlalchemy import update

from connector.domain.health.finding import Finding, Level
from connector.journeys.examining.deployment.examine_queues import examine_queues
from connector.store.encryption.vault import TenantVault
from connector.store.schema.tables import inbox, payment_requests
from foundation.secret import Secret
from tests.factories import make_tenant, notification
from tests.journeys.world import Clock, World
from tests.operating.conftest import orphan
from tests.peers.core import FakeCore
from tests.peers.org import FakeOrg


@pytest.fixture
def world(database_url: str, clock: Clock, lines: list[Any]) -> Iterator[World]:
    """A connector whose work is done by hand."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        org, core = FakeOrg(), FakeCore(clock)
        org.register(wire)
        core.register(wire)
        made = World(database_url, clock, org, core)
        made.tenant()
        yield made
        made.services.store.database.close()


def found(world: World) -> list[Finding]:
    looks = examine_queues(tenant=make_tenant(), store=world.services.store, now=world.clock)
    return [finding for look in looks for finding in look.run()]


def names(world: World) -> list[tuple[str, str]]:
    return [(one.check, one.subject) for one in found(world)]


def test_a_payment_that_went_well_leaves_nothing_to_find(world: World) -> None:
    link = world.sent(world.open(world.order()))
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.clock.pass_by(hours=1)
    assert names(world) == []


def test_callbacks_that_nobody_reads_are_named(world: World) -> None:
    world.callback(b'{"a": 1}')
    world.clock.pass_by(minutes=1)
    assert names(world) == []
    world.clock.pass_by(minutes=4)
    (finding,) = found(world)
    assert finding.check == "inbox_waiting"
    assert finding.problem.startswith("1 callback is waiting")
    assert "5 minutes" in finding.problem


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(119, "119 minutes"), (120, "2 hours"), (48 * 60 - 1, "47 hours"), (48 * 60, "2 days"), (72 * 60 - 1, "2 days")],
)
def test_how_long_the_first_one_waits_is_said_in_round_numbers(world: World, minutes: int, said: str) -> None:
    world.callback(b'{"a": 1}')
    world.clock.pass_by(minutes=1)
    world.callback(b'{"a": 2}')
    world.clock.pass_by(minutes=minutes - 1)
    (finding,) = [one for one in found(world) if one.check == "inbox_waiting"]
    assert finding.problem == f"2 callbacks are waiting to be read, the first for {said}."


def test_callbacks_that_no_key_opens_are_named(world: World) -> None:
    world.callback(b'{"a": 1}')
    lost = TenantVault([Secret(Fernet.generate_key().decode())]).seal_body("acme", b"{}")
    with world.services.store.database.write() as connection:
        connection.execute(update(inbox).values(body=lost))
    world.drain()
    assert names(world) == [("inbox_unopened", "")]
    (finding,) = found(world)
    assert finding.problem.endswith("opens 1 callback.")


def test_callbacks_that_wait_for_a_record_that_cannot_be_read_are_named(world: World) -> None:
    link = world.sent(world.open(world.order()))
    world.told(link, "PAYMENT_RECEIVED", capturedAmount="115,00")
    assert names(world) == [("record_unread", "fields:captured")]
    (finding,) = found(world)
    assert finding.problem.startswith("1 callback is waiting for a record of the payment core's that cannot be read")
    link["capturedAmount"] = 115
    world.clock.pass_by(minutes=1)
    world.settle()
    assert names(world) == []


def test_orders_that_nobody_writes_are_named(world: World) -> None:
    link = world.sent(world.open(world.order()))
    world.told(link, "PAYMENT_RECEIVED")
    world.clock.pass_by(minutes=5)
    assert names(world) == [("outbox_waiting", "")]


@pytest.mark.parametrize("verdict", ["orphan", "unreadable", "anomaly"])
def test_callbacks_that_were_set_aside_are_named_by_verdict(world: World, verdict: str) -> None:
    if verdict == "orphan":
        orphan(world)
    elif verdict == "unreadable":
        world.callback(b"not JSON")
    else:
        link = world.sent(world.open(world.order()))
        world.callback(notification(link, "PAYMENT_RECEIVED", at=world.clock()) | {"totalAmount": 1})
    world.drain()
    buried = [one for one in found(world) if one.check == "inbox_buried"]
    assert [one.subject for one in buried] == [verdict]
    assert f"--verdict {verdict}" in buried[0].remedy


@pytest.mark.parametrize(
    ("verdict", "proofs", "level"),
    [
        ("orphan", True, Level.WRONG),
        ("orphan", False, Level.SOON),
        ("unreadable", True, Level.WRONG),
        ("unreadable", False, Level.SOON),
        ("anomaly", True, Level.WRONG),
        ("anomaly", False, Level.WRONG),
    ],
)
def test_callbacks_that_anybody_may_have_invented_are_no_alarm(
    world: World, verdict: str, level: Level, *, proofs: bool
) -> None:
    """An anomaly names a link of ours, which a stranger does not know."""
    world.callback(b"{}")
    with world.services.store.database.write() as connection:
        connection.execute(update(inbox).values(state="buried", verdict=verdict, due_at=None))
    looks = examine_queues(tenant=make_tenant(proofs=proofs), store=world.services.store, now=world.clock)
    buried = [one for look in looks for one in look.run() if one.check == "inbox_buried"]
    assert [(one.subject, one.level) for one in buried] == [(verdict, level)]


def test_an_order_that_salesforce_refuses_is_named_with_its_code(world: World) -> None:
    order = world.order()
    link = world.sent(world.open(order))
    world.org.refuses[order] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    (finding,) = found(world)
    assert finding.check == "orders_refused"
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in finding.problem
    assert "1 order" in finding.problem


def test_a_send_without_an_outcome_is_named_after_ten_minutes(world: World) -> None:
    world.core.lose_requests = True
    page = world.open(world.order())
    assert world.send(page).status_code == 202
    world.push()
    world.clock.pass_by(minutes=1)
    assert "outcome_unknown" not in dict(names(world))
    world.clock.pass_by(minutes=11)
    assert "outcome_unknown" in dict(names(world))


def test_of_what_was_released_within_a_week_the_latest_are_named(world: World) -> None:
    for place in range(22):
        world.sent(world.open(world.order()), phone=f"278312345{place:02d}")
    references = sorted(row["reference"] for row in world.rows("payment_requests"))
    now = world.clock()
    with world.services.store.database.write() as connection:
        for place, reference in enumerate(references):
            released = {"released_at": now - timedelta(seconds=place), "live": False}
            mine = payment_requests.c.reference == reference
            connection.execute(update(payment_requests).where(mine).values(released))

    def named() -> list[str]:
        return [subject for check, subject in names(world) if check == "request_released"]

    assert named() == references[:20]
    world.clock.pass_by(days=7)
    assert named() == references[:1]
    world.clock.pass_by(seconds=1)
    assert named() == []


def test_no_finding_tells_a_phone_number(world: World) -> None:
    world.core.lose_requests = True
    world.send(world.open(world.order()))
    world.clock.pass_by(minutes=30)
    assert found(world)
    assert "27831234567" not in repr(found(world))

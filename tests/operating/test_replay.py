"""What is brought back is applied as if it had just come; what is only foreseen changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from connector.commands.inbox.replay import wait_for_drained, with_answers
from connector.journeys.notifications.replay_notification import ReplayPreview, preview_replay, replay_notifications
from connector.store.inbox import inbox_admin, inbox_claim
from connector.store.inbox.inbox_admin import InboxFilter, ListedEntry
from connector.store.schema.tables import inbox
from foundation.database.lease import Lease
from tests.journeys.world import World
from tests.operating.conftest import early_news, orphan


def entries(world: World, **wanted: Any) -> list[ListedEntry]:
    with world.services.store.read() as work:
        return inbox_admin.list_entries(work, InboxFilter(**wanted), most=50)


def replay(world: World) -> list[ListedEntry]:
    return replay_notifications(entries=entries(world), store=world.services.store, now=world.clock())


def foresee(world: World) -> list[ReplayPreview]:
    store = world.services.store
    with store.read() as work:
        opened = inbox_admin.find_with_body(work, [one.digest for one in reversed(entries(world))])
    return preview_replay(readable=with_answers(world.services, opened), store=store, now=world.clock())


def state(world: World) -> dict[str, list[dict[str, Any]]]:
    return {table: world.rows(table) for table in ("inbox", "outbox", "orders", "payment_requests", "payment_events")}


def changed(foreseen: ReplayPreview) -> dict[str, tuple[Any, Any]]:
    return {one.field: (str(one.before), str(one.after)) for one in foreseen.differences}


def test_a_replayed_orphan_is_applied_once_its_payment_is_known(world: World) -> None:
    orphan(world)
    (brought,) = replay(world)
    assert brought.name == world.row("inbox")["digest"].hex()[:12]
    assert world.drain() == 1
    kept = world.row("inbox")
    assert (kept["state"], kept["verdict"], kept["reason"]) == ("done", "applied", None)
    assert world.row("payment_requests")["link"] == "opened"


def test_a_replayed_entry_is_due_held_and_free_of_old_crashes(world: World) -> None:
    orphan(world)
    with world.services.store.write() as work:
        work.connection.execute(update(inbox).values(open_claims=2))
    replay(world)
    kept = world.row("inbox")
    assert (kept["state"], kept["verdict"], kept["open_claims"], kept["finished_at"]) == ("postponed", "held", 0, None)
    assert kept["due_at"] == world.clock()


def test_a_replayed_contradiction_waits_for_a_core_that_lags_as_if_it_had_just_come(world: World) -> None:
    link = world.sent(world.open(world.order()))
    world.callback(world.core.happen(dict(link), "PAYMENT_RECEIVED"))
    for _ in range(6):
        world.drain()
        world.clock.pass_by(minutes=1)
    assert world.row("inbox")["state"] == "buried"
    replay(world)
    world.drain()
    kept = world.row("inbox")
    assert (kept["state"], kept["reason"], kept["attempts"]) == ("postponed", "core_says_otherwise", 1)
    world.core.happen(link, "PAYMENT_RECEIVED")
    world.clock.pass_by(seconds=1)
    world.drain()
    assert world.row("payment_requests")["money"] == "paid"


def test_an_applied_entry_that_is_replayed_ends_as_stale_and_changes_nothing(world: World) -> None:
    link = world.sent(world.open(world.order()))
    world.told(link, "PAYMENT_LINK_CLICKED")
    before = world.row("payment_requests") | {"proven_at": None}
    version = world.row("orders")["version"]
    replay(world)
    world.drain()
    assert world.row("inbox")["verdict"] == "stale"
    assert world.row("payment_requests") | {"proven_at": None} == before
    assert world.row("orders")["version"] == version


def test_an_entry_that_is_being_drained_is_left_alone(world: World) -> None:
    orphan(world)
    replay(world)
    services = world.services
    with services.store.write() as work:
        inbox_claim.claim(
            work,
            now=world.clock(),
            lease=Lease("other.1", world.clock() + timedelta(minutes=1)),
            most=5,
        )
    assert replay(world) == []


def test_who_waits_asks_only_about_what_is_not_drained_yet(world: World) -> None:
    link = orphan(world)
    world.told(link, "PAYMENT_LINK_EXPIRED")
    orphaned, expired = sorted(entries(world), key=lambda one: one.verdict != "orphan")
    brought = replay(world)
    world.drain()
    replay_notifications(entries=[orphaned], store=world.services.store, now=world.clock())  # and nobody drains it
    asked: list[int] = []

    @event.listens_for(world.services.store.database.engine, "before_cursor_execute")
    def count(_connection: Any, _cursor: Any, _sql: str, values: Any, *_: Any) -> None:
        asked.append(len(values))

    ended, anybody = wait_for_drained(world.services, brought, seconds=1)
    assert {one.digest: one.attempts for one in ended} == {orphaned.digest: 0, expired.digest: 1}
    assert anybody
    looks = [number for number in asked if number]
    assert looks[0] == 2
    assert set(looks[1:]) <= {1}  # none, where a busy machine took a second for the first


def test_who_waits_asks_until_all_is_drained_and_no_longer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    orphan(world)
    brought = replay(world)

    def polls(_seconds: float) -> Iterator[None]:
        yield
        lease = Lease("other.1", world.clock() + timedelta(minutes=1))
        with world.services.store.write() as work:
            inbox_claim.claim(work, now=world.clock(), lease=lease, most=5)
        yield
        world.clock.pass_by(minutes=2)
        world.drain()
        yield
        pytest.fail("all is drained")

    monkeypatch.setattr("connector.commands.inbox.replay.paced_polls", polls)
    (ended,), anybody = wait_for_drained(world.services, brought, seconds=60)
    assert (ended.state, ended.verdict, anybody) == ("done", "applied", True)


def test_a_dry_run_says_what_becomes_of_news_that_still_belongs_to_nothing(world: World) -> None:
    world.callback(early_news(world), kind="transaction-status")
    world.clock.pass_by(minutes=61)
    world.drain()
    assert world.row("inbox")["verdict"] == "orphan"
    (foreseen,) = foresee(world)
    assert (foreseen.disposition.verdict, foreseen.differences) == ("orphan", ())


def test_a_dry_run_shows_the_fields_and_changes_nothing(world: World) -> None:
    orphan(world)
    before = state(world)
    (foreseen,) = foresee(world)
    assert foreseen.disposition.verdict == "applied"
    assert not foreseen.core_asked
    told = changed(foreseen)
    assert told["link"] == ("sent", "opened")
    assert told["status"] == ("sent", "opened")
    before_it, after_it = told["version"]
    assert int(after_it) == int(before_it) + 1
    assert state(world) == before


def test_a_dry_run_of_money_asks_the_core_once_for_a_link(world: World) -> None:
    link = world.sent(world.open(world.order()))
    news = world.core.happen(link, "PAYMENT_RECEIVED")
    world.callback(news)
    world.callback(news | {"merchantName": "Another"})
    questions, before = len(world.core.questions), state(world)
    first, second = foresee(world)
    assert len(world.core.questions) == questions + 1
    assert first.core_asked
    told = changed(first)
    assert told["money"] == ("none", "paid")
    assert told["captured"] == ("0.00", "115.00")
    assert told["due"] == ("115.00", "0.00")
    assert told["payment_state"] == ("requested", "paid")
    assert (second.disposition.verdict, second.differences) == ("stale", ())
    assert state(world) == before


def test_a_dry_run_of_forged_money_says_that_the_core_says_otherwise(world: World) -> None:
    link = world.sent(world.open(world.order()))
    forged = world.core.happen(dict(link), "PAYMENT_RECEIVED")
    world.callback(forged)
    (foreseen,) = foresee(world)
    assert (foreseen.disposition.verdict, foreseen.disposition.reason) == (
        "awaiting confirmation",
        "core_says_otherwise",
    )
    assert "money" not in changed(foreseen)


def test_a_dry_run_shows_no_phone_number(world: World) -> None:
    orphan(world)
    assert "27831234567" not in repr(foresee(world))


def test_the_list_is_newest_first_and_filters(world: World) -> None:
    link = orphan(world)
    world.clock.pass_by(minutes=5)
    world.told(link, "PAYMENT_LINK_EXPIRED")
    newest, oldest = entries(world)
    assert (newest.verdict, oldest.verdict) == ("applied", "orphan")
    assert newest.received_at > oldest.received_at
    assert entries(world, verdict="orphan") == [oldest]
    assert entries(world, state="done") == [newest]
    assert entries(world, since=newest.received_at) == [newest]
    assert entries(world, until=newest.received_at) == [oldest]
    assert entries(world, tenant_id="nobody") == []

"""Whoever is forgotten takes nothing with them of another person of the same merchant, and nothing that is under way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Table, select, update

from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.forgetting.forget_person import forget_person
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.erasing import persons, retention
from payment_core.store.incoming import webhooks
from payment_core.store.schema import tables
from tests.payment_core.conftest import MERCHANT, NOW

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
MINE, FIRST, SECOND = MERCHANT.merchant_id, "27831234567", "27831234568"
TABLES = (tables.links, tables.messages, tables.deliveries, tables.delivery_attempts, tables.webhooks)


@pytest.fixture
def two(core: Core, merchant: Merchant, make_link: Callable[..., Link]) -> Core:
    """Two people, each with a link that has ended, news of it that were delivered, and words of theirs; nothing is due."""
    for number in (FIRST, SECOND):
        link = make_link(phone=Phone(number), caller_reference=number, payer_reference=number)
        cancel_link(core, merchant, link.reference)
        reply = Reply(f"IN{number}", link.channel, number, "hm?")
        receive_reply(core, merchant, reply)
        body, key = webhooks.seal(core.transactions.vault, MINE, {"kind": "reply"}), phone_key.of(core, MINE, number)
        core.arrivals.put(webhooks.StoredWebhook(MINE, "fake", number, body, NOW, due_at=NOW, phone_key=bytes(key)))
    with core.transactions.write() as work:
        for table in (tables.messages, tables.deliveries, tables.webhooks):
            work.connection.execute(update(table).values(due_at=None))
        for one in work.connection.execute(select(tables.deliveries.c.delivery_id)).scalars().all():
            row = {"delivery_id": one, "number": 1, "at": NOW, "status": 200, "milliseconds": 1}
            work.connection.execute(tables.delivery_attempts.insert().values(row))
    return core


def rows_of(core: Core, number: str) -> dict[str, list[Any]]:
    """Return what is stored of a number, by its table."""
    key = bytes(phone_key.of(core, MINE, number))
    with core.transactions.read() as work:
        run = work.connection.execute
        mine = {
            one.name: run(select(one).where(one.c.phone_key == key)).all() for one in TABLES if "phone_key" in one.c
        }
        of = select(tables.deliveries.c.delivery_id).join(
            tables.links, tables.links.c.reference == tables.deliveries.c.reference
        )
        ids = run(of.where(tables.links.c.caller_reference == number)).scalars().all()
        for table in (tables.deliveries, tables.delivery_attempts):
            mine[table.name] = list(run(select(table).where(table.c.delivery_id.in_(ids))).all())
    return {name: list(rows) for name, rows in mine.items()}


def test_what_is_kept_of_a_neighbour_stays_as_it_was(two: Core) -> None:
    before = rows_of(two, SECOND)
    assert all(before.values()), "something of each kind"
    with two.transactions.write() as work:
        erased = persons.forget(work, persons.Whom(MINE, phone_key.of(two, MINE, FIRST), None))
    assert rows_of(two, SECOND) == before
    assert not any(rows_of(two, FIRST).values())
    assert (erased.links, erased.replies) == (1, 1)
    with two.transactions.read() as work:
        left = set(work.connection.execute(select(tables.delivery_attempts.c.delivery_id)).scalars())
    assert left == {row.delivery_id for row in before["deliveries"]}, "and no answer without its notification"


def test_what_is_still_to_be_told_or_read_is_not_erased(two: Core) -> None:
    """An application would never learn of a payment."""
    with two.transactions.write() as work:
        for table in (tables.deliveries, tables.webhooks):
            work.connection.execute(update(table).values(due_at=NOW))
    before = rows_of(two, FIRST)
    with two.transactions.write() as work:
        persons.forget(work, persons.Whom(MINE, phone_key.of(two, MINE, FIRST), None))
    after = rows_of(two, FIRST)
    for name in ("deliveries", "delivery_attempts", "webhooks"):
        assert after[name] == before[name]


@pytest.mark.parametrize(
    "which",
    [
        [tables.messages.c.direction == "out", tables.messages.c.reference.is_(None)],
        [tables.deliveries.c.reference.is_(None)],
        [tables.webhooks.c.due_at.is_(None)],
    ],
    ids=["messages", "deliveries", "webhooks"],
)
def test_a_link_keeps_its_payer_until_what_came_of_a_stop_is_done(
    two: Core, merchant: Merchant, which: list[ColumnElement[bool]]
) -> None:
    """It is about no link: were the link blanked, the payer's number would not be found by the next run."""
    table = tables.metadata.tables[which[0].left.table.name]
    receive_reply(two, merchant, Reply("STOP", Channel.SMS, FIRST, "stop"))
    with two.transactions.write() as work:
        for one in (tables.messages, tables.deliveries):
            work.connection.execute(update(one).values(due_at=None))
        theirs = table.c.phone_key == bytes(phone_key.of(two, MINE, FIRST))
        waiting = work.connection.execute(update(table).where(theirs, *which).values(due_at=NOW)).rowcount
    assert waiting > 0
    held = forget_person(two, merchant, number=None, payer=FIRST, by="operator")
    assert (held.links, held.under_way) == (0, waiting)
    free = forget_person(two, merchant, number=None, payer=SECOND, by="operator")
    assert (free.links, free.under_way) == (1, 0), "and nobody waits for another's"


@pytest.mark.parametrize(("late", "is_erased"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_what_grew_old_is_erased_piece_by_piece_with_its_answers(two: Core, late: timedelta, is_erased: bool) -> None:
    def stored() -> tuple[list[int], list[int]]:
        ids = tables.deliveries.c.delivery_id, tables.delivery_attempts.c.delivery_id
        with two.transactions.read() as work:
            news, answers = (sorted(work.connection.execute(select(one)).scalars()) for one in ids)
        return news, answers

    before, answered = stored()
    assert answered == before
    with two.transactions.write() as work:
        erased = retention.erase_queues(work, before=NOW + late, most=1)
    after, answered = stored()
    # One message, one webhook and one notification, with what was answered to it.
    assert (erased, len(after)) == ((3, len(before) - 1) if is_erased else (0, len(before)))
    assert answered == after


@pytest.mark.parametrize(
    ("table", "ages_from", "other"),
    [
        # Of one that was long under way, what came last is young.
        (tables.messages, "changed_at", "created_at"),
        # Sent again, a notification is as old as its content.
        (tables.deliveries, "created_at", "queued_at"),
    ],
    ids=["messages", "deliveries"],
)
def test_what_is_erased_is_as_old_as_its_last_change_and_news_as_their_first_day(
    two: Core, table: Table, ages_from: str, other: str
) -> None:
    def left(age: timedelta, others: timedelta) -> int:
        with two.transactions.write() as work:
            for one in (tables.messages, tables.deliveries, tables.webhooks):
                work.connection.execute(update(one).values(due_at=NOW))
            values = {"due_at": None, ages_from: NOW - age, other: NOW - others}
            work.connection.execute(update(table).values(values))
            retention.erase_queues(work, before=NOW, most=99)
            return len(work.connection.execute(select(table)).all())

    second, nothing = timedelta(seconds=1), timedelta(0)
    assert left(nothing, second) > 0
    assert left(second, nothing) == 0


def test_links_lose_their_person_the_oldest_first_and_no_more_at_once_than_asked_for(two: Core) -> None:
    """Whoever waits for the database waits for a few rows and not for those of a year."""
    second = timedelta(seconds=1)

    def erased(before: datetime) -> tuple[int, list[str]]:
        with two.transactions.write() as work:
            number = retention.erase_numbers(work, before=before, most=1)
        return number, [one for one in (FIRST, SECOND) if rows_of(two, one)["links"]]

    with two.transactions.write() as work:
        mine = tables.links.c.caller_reference == FIRST
        work.connection.execute(update(tables.links).where(mine).values(created_at=NOW + second))
    assert erased(NOW) == (0, [FIRST, SECOND]), "not yet"
    assert erased(NOW + 2 * second) == (1, [FIRST])
    assert erased(NOW + 2 * second) == (1, [])
    assert erased(NOW + 2 * second) == (0, [])

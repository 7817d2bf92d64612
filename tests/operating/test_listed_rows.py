"""What an operator lists, brings back or removes: that and nothing else, in its order, and cut where it says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.store.inbox import inbox_admin
from connector.store.inbox.inbox import InboxState, Verdict
from connector.store.inbox.inbox_admin import InboxFilter, ListedEntry
from connector.store.schema.tables import inbox
from foundation.database.unit_of_work import UnitOfWork
from tests.journeys.world import World

STATES: dict[str, dict[str, Any]] = {
    "new": {},
    "held": {"state": "postponed", "verdict": "held"},
    "applied": {"state": "done", "verdict": "applied", "due_at": None},
    "buried": {"state": "buried", "verdict": "orphan", "due_at": None},
}


class Shelf:
    """One callback of each state, each a minute older than the next; an applied one is of Globex."""

    def __init__(self, world: World, work: UnitOfWork) -> None:
        self.work, self.begun, self.now = work, world.clock(), world.clock() + timedelta(hours=1)
        self.digests: dict[str, bytes] = {}
        by_age = sorted(world.rows("inbox"), key=lambda row: row["received_at"])
        for (name, change), row in zip(STATES.items(), by_age, strict=True):
            self.digests[name] = row["digest"]
            self.change(name, **change)
        self.begun = by_age[0]["received_at"]
        self.change("applied", tenant_id="globex", finished_at=self.minute(10))
        self.change("buried", finished_at=self.minute(20))

    def minute(self, number: int) -> Any:
        """Return a time by the minutes since the first one came."""
        return self.begun + timedelta(minutes=number)

    def change(self, name: str, **change: Any) -> None:
        """Write into the row of one."""
        row = update(inbox).where(inbox.c.digest == self.digests[name])
        if change:
            self.work.connection.execute(row.values(**change))

    def names(self, digests: Any) -> list[str]:
        """Return what these are called here."""
        called = {digest: name for name, digest in self.digests.items()}
        return [called[digest] for digest in digests]

    def listed(self, *, most: int = 9, oldest_first: bool = True, **wanted: Any) -> list[str]:
        """List with a filter."""
        found = inbox_admin.list_entries(self.work, InboxFilter(**wanted), most=most, oldest_first=oldest_first)
        return self.names(one.digest for one in found)


@pytest.fixture
def shelf(world: World) -> Iterator[Shelf]:
    """Four callbacks."""
    for name in STATES:
        world.callback(name.encode())
        world.clock.pass_by(minutes=1)
    with world.services.store.write() as work:
        yield Shelf(world, work)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, list(STATES)),
        ({"tenant_id": "globex"}, ["applied"]),
        ({"state": InboxState.POSTPONED}, ["held"]),
        ({"verdict": Verdict.ORPHAN}, ["buried"]),
        ({"state": InboxState.DONE, "verdict": Verdict.ORPHAN}, []),
        ({"since": 2}, ["applied", "buried"]),
        ({"until": 2}, ["new", "held"]),
        ({"since": 1, "until": 3}, ["held", "applied"]),
    ],
)
def test_a_list_has_what_its_filter_names_and_says_how_many_there_are(
    shelf: Shelf, wanted: dict[str, Any], names: list[str]
) -> None:
    given = {name: shelf.minute(one) if name in ("since", "until") else one for name, one in wanted.items()}
    assert shelf.listed(**given) == names
    assert shelf.listed(**given, oldest_first=False) == names[::-1]
    assert shelf.listed(**given, most=1) == names[:1]
    assert inbox_admin.count_entries(shelf.work, InboxFilter(**given)) == len(names)


def test_an_entry_is_found_by_the_first_digits_of_its_name_and_two_that_share_them_are_both_named(
    shelf: Shelf,
) -> None:
    for name, digest in shelf.digests.items():
        found = inbox_admin.find_by_prefix(shelf.work, digest.hex()[:12])
        assert shelf.names(one.digest for one in found) == [name]
        assert shelf.names(one.digest for one in inbox_admin.find_by_prefix(shelf.work, digest.hex())) == [name]
    assert len(inbox_admin.find_by_prefix(shelf.work, "")) == 2
    assert len(inbox_admin.find_by_prefix(shelf.work, "", most=9)) == 4


@pytest.mark.parametrize(
    ("digest", "is_found"),
    [("ab" + "00" * 31, True), ("ab" + "ff" * 31, True), ("aa" + "ff" * 31, False), ("ac" + "00" * 31, False)],
    ids=["the first of them", "the last of them", "one before", "one after"],
)
def test_an_entry_with_these_digits_is_found_whichever_follow(shelf: Shelf, digest: str, *, is_found: bool) -> None:
    shelf.change("held", digest=bytes.fromhex(digest))
    found = [one.digest.hex() for one in inbox_admin.find_by_prefix(shelf.work, "ab", most=9)]
    assert (digest in found) is is_found


def test_each_column_is_shown_as_what_it_is(shelf: Shelf) -> None:
    times: dict[str, Any] = {
        name: shelf.minute(place) for place, name in enumerate(("due_at", "lease_until", "finished_at"), 30)
    }
    counts: dict[str, Any] = {"attempts": 5, "open_claims": 2, "duplicates": 7}
    named: dict[str, Any] = {
        "link_reference": "L-1",
        "reference": "c2p_1",
        "reason": "unknown_payment",
        "proven": False,
    }
    shelf.change("held", lease="w1.1", **times, **counts, **named)
    (shown,) = inbox_admin.find_by_digests(shelf.work, [shelf.digests["held"]]).values()
    assert shown == ListedEntry(
        shelf.digests["held"], "acme", "payment-status", InboxState.POSTPONED, Verdict.HELD,
        received_at=shelf.minute(1), **times, **counts, **named,
    )  # fmt: skip


def test_entries_are_opened_in_the_order_in_which_they_are_named(shelf: Shelf) -> None:
    shelf.change("applied", tenant_id="acme")
    named = [shelf.digests["held"], b"unknown", shelf.digests["new"], shelf.digests["applied"]]
    opened = inbox_admin.find_with_body(shelf.work, named)
    assert [one.body for one in opened] == [b"held", b"new", b"applied"]
    found = inbox_admin.find_by_digests(shelf.work, named)
    assert sorted(shelf.names(found)) == ["applied", "held", "new"]


def test_what_is_brought_back_is_due_now_and_what_a_drain_has_in_hand_is_left_alone(shelf: Shelf) -> None:
    shelf.change("held", lease="w1.1", lease_until=shelf.now)
    named = [shelf.digests[name] for name in ("new", "held", "buried")]
    brought = inbox_admin.requeue(shelf.work, named, now=shelf.now)
    assert sorted(shelf.names(brought)) == ["buried", "new"]
    rows = inbox_admin.find_by_digests(shelf.work, list(shelf.digests.values()))
    shown = {name: rows[digest] for name, digest in shelf.digests.items()}
    assert [(one.state, one.verdict, one.reason) for one in (shown["new"], shown["buried"])] == [
        (InboxState.NEW, None, None),
        (InboxState.POSTPONED, Verdict.HELD, inbox_admin.REPLAYED),
    ]
    assert [name for name, one in shown.items() if one.due_at == shelf.now] == ["new", "buried"]
    assert shown["held"].lease_until == shelf.now


def test_only_what_is_over_and_long_finished_is_removed(shelf: Shelf) -> None:
    def over(minute: int, after: bytes = b"") -> set[str]:
        return set(shelf.names(inbox_admin.finished_before(shelf.work, shelf.minute(minute), after=after)))

    assert (over(10), over(11), over(21)) == (set(), {"applied"}, {"applied", "buried"})
    in_order = sorted(shelf.digests[name] for name in ("applied", "buried"))
    assert inbox_admin.finished_before(shelf.work, shelf.now, after=b"") == in_order
    assert inbox_admin.finished_before(shelf.work, shelf.now, after=in_order[0]) == in_order[1:]
    shelf.change("buried", due_at=shelf.now)
    assert over(21) == {"applied"}, "it was brought back"
    shelf.change("new", finished_at=shelf.begun, due_at=None)
    assert over(21) == {"applied"}
    every = list(shelf.digests.values())
    assert inbox_admin.remove(shelf.work, every, finished_before=shelf.minute(10)) == 0
    assert inbox_admin.remove(shelf.work, [shelf.digests["held"]], finished_before=shelf.minute(21)) == 0
    assert inbox_admin.remove(shelf.work, every, finished_before=shelf.minute(21)) == 1
    assert shelf.listed() == ["new", "held", "buried"]


def test_what_is_removed_is_read_in_pieces_since_arriving_callbacks_wait_for_each(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_admin, "CHUNK", 1)
    (first,) = inbox_admin.finished_before(shelf.work, shelf.now, after=b"")
    (second,) = inbox_admin.finished_before(shelf.work, shelf.now, after=first)
    assert sorted(shelf.names([first, second])) == ["applied", "buried"]
    assert inbox_admin.finished_before(shelf.work, shelf.now, after=second) == []
    assert list(inbox_admin.chunks([first, second])) == [[first], [second]]


@pytest.mark.parametrize(
    ("change", "denied"),
    [
        ({}, {"c2p_1"}),
        ({"verdict": "orphan"}, set()),
        ({"state": "done"}, set()),
        ({"reason": "another"}, set()),
        ({"tenant_id": "globex"}, set()),
        ({"reference": None}, set()),
    ],
    ids=["denied", "of nobody", "taken after all", "for another reason", "of another tenant", "of no request"],
)
def test_the_end_of_a_request_was_denied_where_the_core_said_so_for_good(
    shelf: Shelf, change: dict[str, Any], denied: set[str]
) -> None:
    row = {"state": "buried", "verdict": "anomaly", "reason": "end_denied", "reference": "c2p_1"}
    shelf.change("buried", **row | change)
    for minute, found in ((3, denied), (4, set())):
        assert inbox_admin.denied_ends(shelf.work, "acme", since=shelf.minute(minute)) == found

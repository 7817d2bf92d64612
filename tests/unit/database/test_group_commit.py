"""Group commit: one outcome for every caller, whatever happens to the leader."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from connector.errors import TryLater
from connector.store.encryption.vault import TenantVault
from connector.store.inbox import inbox as inbox_store
from connector.store.inbox.inbox import Arrival, InboxState, Recorded, Verdict, seal
from connector.store.schema.tables import inbox, metadata
from foundation.database.checkpoints import Checkpoints
from foundation.database.database import Database
from foundation.database.group_commit import GroupCommit
from foundation.secret import Secret

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
VAULT = TenantVault([Secret(Fernet.generate_key().decode())])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'chat2pay.db'}")
    with made.write() as connection:
        metadata.create_all(connection)
    yield made
    made.close()


class Shelf:
    """A store that can be held up, and that refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.kept: list[str] = []
        self.refused: dict[str, Exception] = {}
        self.opened = threading.Event()
        self.free = threading.Event()
        self.free.set()

    @contextmanager
    def write(self) -> Iterator[Any]:
        self.opened.set()
        self.free.wait(60)
        before = list(self.kept)
        try:
            yield None
        except BaseException:
            self.kept[:] = before
            raise

    def store(self, _connection: Connection, items: Sequence[str]) -> list[str]:
        self.batches.append(list(items))
        for item in items:
            if item in self.refused:
                raise self.refused[item]
            self.kept.append(item)
        return [f"kept {item}" for item in items]

    def group(self, **limits: int) -> GroupCommit[str, str]:
        return GroupCommit(write=self.write, store=self.store, **limits)


def outcome(call: Callable[[str], str], item: str) -> object:
    try:
        return call(item)
    except (TryLater, ZeroDivisionError) as error:
        return type(error)


def together(shelf: Shelf, group: GroupCommit[str, str], items: Sequence[str]) -> list[object]:
    """Let ``items`` queue up behind a transaction that is held at its opening, then let go."""
    shelf.free.clear()
    with ThreadPoolExecutor(max_workers=len(items)) as pool:
        waiting = [pool.submit(outcome, group.put, item) for item in items]
        while group.waiting < len(items):
            threading.Event().wait(0.002)
        shelf.free.set()
        return [one.result(60) for one in waiting]


def test_a_lone_caller_is_stored_at_once() -> None:
    shelf = Shelf()
    assert shelf.group().put("a") == "kept a"
    assert shelf.batches == [["a"]]


def test_callers_that_wait_for_the_writer_share_one_transaction() -> None:
    shelf = Shelf()
    items = [f"i{number}" for number in range(20)]
    assert together(shelf, shelf.group(), items) == [f"kept {item}" for item in items]
    assert [sorted(batch) for batch in shelf.batches] == [sorted(items)]


def test_a_batch_is_bounded_and_the_lead_is_handed_over() -> None:
    shelf = Shelf()
    items = [f"i{number}" for number in range(25)]
    assert set(together(shelf, shelf.group(most=10), items)) == {f"kept {item}" for item in items}
    assert [len(batch) for batch in shelf.batches] == [10, 10, 5]


def test_a_full_queue_asks_to_try_later() -> None:
    shelf = Shelf()
    group = shelf.group(room=1)
    shelf.free.clear()
    with ThreadPoolExecutor(max_workers=1) as pool:
        first = pool.submit(group.put, "a")
        shelf.opened.wait(60)
        with pytest.raises(TryLater):
            group.put("b")
        shelf.free.set()
        assert first.result(60) == "kept a"
    assert group.put("c") == "kept c"


def test_one_poisonous_item_takes_no_other_with_it() -> None:
    shelf = Shelf()
    shelf.refused["bad"] = IntegrityError("INSERT", {}, Exception())
    found = together(shelf, shelf.group(), ["a", "bad", "b"])
    assert found == ["kept a", TryLater, "kept b"], "what was stored alone afterwards is no failure any more"
    assert sorted(shelf.kept) == ["a", "b"]


def test_what_is_refused_alone_is_not_tried_again() -> None:
    shelf = Shelf()
    shelf.refused["bad"] = IntegrityError("INSERT", {}, Exception())
    with pytest.raises(TryLater) as refused:
        shelf.group().put("bad")
    assert shelf.batches == [["bad"]]
    assert isinstance(refused.value.__cause__, IntegrityError), "whoever groups knows what the database said"


def test_a_database_that_is_away_is_not_asked_once_for_every_item() -> None:
    shelf = Shelf()
    items = ["a", "b", "c", "d"]
    shelf.refused = dict.fromkeys(items, OperationalError("INSERT", {}, Exception()))
    assert together(shelf, shelf.group(), items) == [TryLater] * 4
    assert len(shelf.batches) == 2


def test_a_leader_that_dies_leaves_nobody_waiting() -> None:
    shelf = Shelf()
    group = shelf.group()
    shelf.refused["bad"] = ZeroDivisionError()
    found = together(shelf, group, ["bad", "b", "c"])
    assert sorted(one.__name__ for one in found if isinstance(one, type)) == [
        "TryLater",
        "TryLater",
        "ZeroDivisionError",
    ]
    shelf.refused.clear()
    assert group.put("d") == "kept d"


def test_a_transaction_that_does_not_open_fails_everybody_who_waits() -> None:
    @contextmanager
    def closed() -> Iterator[Connection]:
        raise OperationalError("BEGIN", {}, Exception())
        yield

    group = GroupCommit(write=closed, store=Shelf().store)
    for _ in range(2):
        with pytest.raises(TryLater):
            group.put("a")


def arrival(text: str, *, minutes: int = 0, proven: bool = True) -> inbox_store.EncryptedArrival:
    at = NOW + timedelta(minutes=minutes)
    body = text.encode()
    return seal(
        Arrival(tenant_id="karoo", kind="payment-status", body=body, received_at=at, proven=proven), vault=VAULT
    )


def test_every_acknowledged_row_is_in_the_table(database: Database) -> None:
    group = GroupCommit(write=database.write, store=inbox_store.record_sealed)
    with ThreadPoolExecutor(max_workers=64) as pool:
        found = list(pool.map(lambda number: group.put(arrival(f"{number % 300}")), range(400)))
    assert (found.count(Recorded.NEW), found.count(Recorded.DUPLICATE)) == (300, 100)
    with database.read() as connection:
        rows, repeats = connection.execute(select(func.count(), func.sum(inbox.c.duplicates))).one()
    assert (rows, repeats) == (300, 100)


def test_repeats_within_one_batch_are_counted_on_the_first(database: Database) -> None:
    with database.write() as connection:
        found = inbox_store.record_sealed(connection, [arrival("a"), arrival("b"), arrival("a"), arrival("a")])
        assert found == [Recorded.NEW, Recorded.NEW, Recorded.DUPLICATE, Recorded.DUPLICATE]
        found = inbox_store.record_sealed(connection, [arrival("a"), arrival("c"), arrival("a")])
        assert found == [Recorded.DUPLICATE, Recorded.NEW, Recorded.DUPLICATE]
        counted = {row.digest: row.duplicates for row in connection.execute(select(inbox.c.digest, inbox.c.duplicates))}
    assert sorted(counted.values()) == [0, 0, 4]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("proofs", [(False, True), (True, False), (False, False), (False, False, True)])
def test_what_came_once_with_a_proof_is_proven_whichever_copy_had_it(
    database: Database, proofs: tuple[bool, ...], *, together: bool
) -> None:
    copies = [arrival("a", proven=proven) for proven in proofs]
    with database.write() as connection:
        for batch in [copies] if together else [[one] for one in copies]:
            inbox_store.record_sealed(connection, batch)
        row = connection.execute(select(inbox)).one()
    assert (row.proven, row.duplicates) == (any(proofs), len(proofs) - 1)


@pytest.mark.parametrize(
    ("state", "verdict", "leased", "due"),
    [
        (InboxState.POSTPONED, Verdict.HELD, False, True),
        (InboxState.BURIED, Verdict.ORPHAN, False, True),
        (InboxState.POSTPONED, Verdict.HELD, True, False),
        (InboxState.DONE, Verdict.APPLIED, False, False),
        (InboxState.BURIED, Verdict.ANOMALY, False, False),
    ],
)
@pytest.mark.parametrize("copies", [1, 3])
def test_a_repeat_makes_due_what_waits_and_what_was_an_orphan(
    database: Database, state: InboxState, verdict: Verdict, *, leased: bool, due: bool, copies: int
) -> None:
    first, later = arrival("a"), [arrival("a", minutes=5)] * copies
    ruled = {"state": state, "verdict": verdict, "due_at": None, "lease_until": NOW if leased else None}
    with database.write() as connection:
        connection.execute(insert(inbox).values(first.row))
        connection.execute(update(inbox).values(ruled))
        inbox_store.record_sealed(connection, [*later, arrival("other")])
        row = connection.execute(select(inbox).where(inbox.c.digest == first.digest)).one()
    assert (row.due_at is not None) is due
    assert row.duplicates == copies
    assert (row.state == InboxState.POSTPONED) is (due or state is InboxState.POSTPONED)


def test_bodies_of_two_tenants_are_never_taken_for_one_whatever_their_names_and_words_make_together() -> None:
    one, other = (
        Arrival(tenant, "payment-status", body, NOW) for tenant, body in (("karoo", b"2{}"), ("karoo2", b"{}"))
    )
    assert one.digest != other.digest
    assert one.digest == Arrival("karoo", "transaction-status", b"2{}", NOW).digest, "at whichever address it comes"


def test_checkpoints_keep_the_log_within_its_cap(database: Database, tmp_path: Path) -> None:
    checkpoints = Checkpoints(database, every_seconds=0.005, cap_pages=50)
    checkpoints.start()
    try:
        for number in range(300):
            with database.write() as connection:
                assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one() == 0
                inbox_store.record_sealed(connection, [arrival(f"{number}")])
            if number % 30 == 0:
                threading.Event().wait(0.02)
    finally:
        checkpoints.stop()
    assert (tmp_path / "chat2pay.db-wal").exists() is False or (
        tmp_path / "chat2pay.db-wal"
    ).stat().st_size < 300 * 4096
    with database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one() == 1000

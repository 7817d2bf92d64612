"""Callers of the same moment share a transaction; what one of them does fails alone, and is stored with all or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Column, Integer, MetaData, Table, event, func, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from foundation.database.database import Database
from foundation.database.unit_of_work import Transactions, UnitOfWork
from foundation.encryption.vault import Vault
from foundation.secret import Secret

_metadata = MetaData()
rows = Table("rows", _metadata, Column("number", Integer, primary_key=True))
_who: ContextVar[str] = ContextVar("who", default="nobody")
CALLERS = 20


@pytest.fixture
def transactions(tmp_path: Path) -> Iterator[Transactions]:
    database = Database(f"sqlite:///{tmp_path / 'rows.db'}")
    with database.write() as connection:
        _metadata.create_all(connection)
    vault = Vault([Secret(Fernet.generate_key().decode())], setting="KEYS", remedy="none")
    yield Transactions(database, vault)
    database.close()


def count(transactions: Transactions) -> int:
    with transactions.read() as work:
        return work.connection.execute(select(func.count()).select_from(rows)).scalar_one()


def at_once(transactions: Transactions, number: int) -> list[object]:
    """Insert 0 to ``number`` - 1 in threads, while somebody else holds the writer; odd ones fail after their insert."""
    waiting = threading.Semaphore(0)

    def add(place: int) -> object:
        _who.set(f"caller {place}")

        def do(work: UnitOfWork) -> str:
            work.connection.execute(insert(rows).values(number=place))
            if place % 2:
                raise ValueError(place)
            work.changed.add(str(place))
            return _who.get()

        waiting.release()
        try:
            return transactions.grouped(do)
        except ValueError as error:
            return error.args[0]

    with ThreadPoolExecutor(number) as pool:
        with transactions.database.write():
            asked = [pool.submit(add, place) for place in range(number)]
            for _ in asked:
                waiting.acquire()
        return [one.result(60) for one in asked]


def test_each_gets_its_own_outcome_in_its_own_context(transactions: Transactions) -> None:
    commits: list[object] = []
    changed: set[str] = set()
    event.listen(transactions.database.engine, "commit", commits.append)
    transactions.watch(changed.update)
    found = at_once(transactions, CALLERS)
    assert found == [place if place % 2 else f"caller {place}" for place in range(CALLERS)]
    assert count(transactions) == CALLERS // 2
    assert changed == {f"{place}" for place in range(0, CALLERS, 2)}
    assert len(commits) < CALLERS, "they shared commits"


def test_what_a_constraint_refuses_is_refused_alone(transactions: Transactions) -> None:
    def twice(work: UnitOfWork) -> None:
        work.connection.execute(insert(rows).values(number=7))
        work.connection.execute(insert(rows).values(number=7))

    with pytest.raises(IntegrityError):
        transactions.grouped(twice)
    assert count(transactions) == 0
    assert transactions.grouped(lambda work: work.connection.execute(insert(rows).values(number=7)).rowcount) == 1


def test_a_part_that_fails_before_it_wrote_is_done_once_and_undoes_nobody(transactions: Transactions) -> None:
    tried: list[int] = []

    def refused(_work: UnitOfWork) -> None:
        tried.append(1)
        raise ValueError("refused")

    for _ in range(2):
        with pytest.raises(ValueError, match="refused"):
            transactions.grouped(refused)
        transactions.grouped(lambda work: work.connection.execute(insert(rows).values(number=len(tried))))
    assert len(tried) == 2
    assert count(transactions) == 2


def test_of_many_at_once_nobody_is_done_twice_for_one_that_fails_before_it_wrote(transactions: Transactions) -> None:
    done: list[int] = []
    waiting = threading.Semaphore(0)

    def add(place: int) -> int:
        def do(work: UnitOfWork) -> int:
            done.append(place)
            if place % 2:
                raise ValueError(place)
            work.connection.execute(insert(rows).values(number=place))
            return place

        waiting.release()
        try:
            return transactions.grouped(do)
        except ValueError:
            return -1

    with ThreadPoolExecutor(CALLERS) as pool:
        with transactions.database.write():
            asked = [pool.submit(add, place) for place in range(CALLERS)]
            for _ in asked:
                waiting.acquire()
        assert sorted(one.result(60) for one in asked) == [-1] * (CALLERS // 2) + list(range(0, CALLERS, 2))
    assert sorted(done) == list(range(CALLERS))


def test_who_asks_alone_and_fails_after_writing_is_done_once_and_leaves_nothing(transactions: Transactions) -> None:
    tried: list[int] = []

    def fail(work: UnitOfWork) -> None:
        tried.append(1)
        work.connection.execute(insert(rows).values(number=1))
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        transactions.grouped(fail)
    assert (len(tried), count(transactions)) == (1, 0)


def test_what_the_database_itself_says_reaches_the_caller(transactions: Transactions) -> None:
    def ask(work: UnitOfWork) -> None:
        work.connection.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(OperationalError, match="no such table"):
        transactions.grouped(ask)


def test_who_watches_is_told_the_ids_of_each_commit_that_has_some(transactions: Transactions) -> None:
    told: list[set[str]] = []
    transactions.watch(told.append)
    transactions.grouped(lambda work: work.connection.execute(insert(rows).values(number=1)).rowcount)
    transactions.grouped(lambda work: work.changed.add("one"))
    with transactions.write():
        pass
    with transactions.write() as work:
        work.changed.add("other")
    assert told == [{"one"}, {"other"}]


def test_what_failed_in_one_transaction_is_no_part_of_the_next(transactions: Transactions) -> None:
    """One connection does all writing: whatever it had begun is ended."""

    def fail(number: int) -> None:
        with transactions.write() as work:
            work.connection.execute(insert(rows).values(number=number))
            raise KeyboardInterrupt

    for number in range(3):
        with pytest.raises(KeyboardInterrupt):
            fail(number)
    with transactions.write() as work:
        work.connection.execute(insert(rows).values(number=7))
    assert count(transactions) == 1


def test_what_another_process_wrote_is_seen_by_the_next_transaction(transactions: Transactions) -> None:
    """Although the connection that writes keeps its pages."""
    other = Database(str(transactions.database.engine.url))
    for number in range(3):
        with other.write() as connection:
            connection.execute(insert(rows).values(number=number))
        with transactions.write() as work:
            assert work.connection.execute(select(func.count()).select_from(rows)).scalar_one() == number + 1
        assert count(transactions) == number + 1
    other.close()


def test_a_database_that_was_closed_opens_again(transactions: Transactions) -> None:
    transactions.database.close()
    transactions.grouped(lambda work: work.connection.execute(insert(rows).values(number=1)))
    transactions.database.close()
    assert count(transactions) == 1

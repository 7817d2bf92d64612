"""Callers of the same moment share a transaction; what one of them does fails alone, and is stored with all or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Column, Integer, MetaData, Table, event, func, insert, select
from sqlalchemy.exc import IntegrityError

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

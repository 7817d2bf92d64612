"""All encrypted columns, and a walk through their values in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Row, func, select, tuple_, update

from connector.store.schema.tables import inbox, launches, orders, outbox, payment_requests, tenants, tokens
from foundation.database.database import Database
from foundation.encryption.vault import Vault

SEALED: tuple[Column[Any], ...] = (
    tenants.c.secrets,
    tokens.c.access_token,
    launches.c.agent_token,
    orders.c.phone,
    orders.c.phone_notes,
    payment_requests.c.phone,
    inbox.c.body,
    outbox.c.refusal,
)


@dataclass(frozen=True)
class Step:
    """One batch of a column: how many values each key decrypts (None: no key does), and how many were re-encrypted."""

    column: str
    by_key: dict[int | None, int]
    resealed: int


def name_of(column: Column[Any]) -> str:
    """Return a column's name with its table's, ``table.column``."""
    return f"{column.table.name}.{column.name}"


def count(database: Database) -> dict[str, int]:
    """Return how many encrypted values each column holds."""
    with database.read() as connection:
        return {
            name_of(column): connection.execute(
                select(func.count()).select_from(column.table).where(column.is_not(None))
            ).scalar_one()
            for column in SEALED
        }


def walk(database: Database, vault: Vault, *, batch: int, reseal: bool) -> Iterator[Step]:
    """Visit every encrypted value in batches; with ``reseal``, re-encrypt those that are not under the newest key.

    Each batch is one short transaction. Values that a running server changes meanwhile are left alone, being newer.
    """
    for column in SEALED:
        key = list(column.table.primary_key.columns)
        last: Sequence[Any] | None = None
        while rows := _batch(database, column, key, last, batch):
            last = rows[-1][1:]
            places = [(row, vault.key_of(bytes(row[0]))) for row in rows]
            old = [row for row, place in places if place]
            if reseal and old:
                with database.write() as connection:
                    resealed = sum(_reseal(connection, column, key, row, vault) for row in old)
            else:
                resealed = 0
            by_key: dict[int | None, int] = {}
            for _, place in places:
                by_key[place] = by_key.get(place, 0) + 1
            yield Step(name_of(column), by_key, resealed)


def _batch(
    database: Database, column: Column[Any], key: list[Column[Any]], last: Sequence[Any] | None, most: int
) -> Sequence[Row[Any]]:
    query = select(column, *key).where(column.is_not(None)).order_by(*key).limit(most)
    if last is not None:
        query = query.where(tuple_(*key) > tuple_(*last) if len(key) > 1 else key[0] > last[0])
    with database.read() as connection:
        return connection.execute(query).all()


def _reseal(connection: Connection, column: Column[Any], key: list[Column[Any]], row: Row[Any], vault: Vault) -> int:
    """Re-encrypt one value, unless it was changed since it was read; return the number of rows."""
    mine = [one == value for one, value in zip((*key, column), (*row[1:], row[0]), strict=True)]
    return connection.execute(update(column.table).where(*mine).values({column: vault.reseal(bytes(row[0]))})).rowcount

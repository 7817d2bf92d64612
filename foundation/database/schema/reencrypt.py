"""Re-encrypt everything at rest with the newest key, beside running processes, so that an old key can be dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Connection, Row, func, select, tuple_, update

from foundation.database.database import Database
from foundation.encryption.vault import Vault

# Rows of one transaction: a running server writes between two batches.
_BATCH = 200


@dataclass
class Reencrypted:
    """Encrypted values counted by the index of the key that opens them (0: the newest, None: no key), and how many changed."""

    by_key: dict[int | None, int] = field(default_factory=dict)
    resealed: int = 0

    @property
    def lost(self) -> int:
        """Return how many values no configured key opens."""
        return self.by_key.get(None, 0)

    def waiting(self) -> dict[int, int]:
        """Return how many values still need each older key."""
        return {place: number for place, number in self.by_key.items() if place}

    def removable(self, keys: int) -> list[int]:
        """Return the indices of keys, of so many, that no stored value needs any more."""
        # While some value opens with none of the keys, the key it needs is unknown: none may be removed.
        return [] if self.lost else [place for place in range(1, keys) if place not in self.by_key]


@dataclass(frozen=True)
class EncryptedColumns:
    """All encrypted columns of one database, and the vault that opens them."""

    database: Database
    vault: Vault
    columns: Sequence[Column[Any]]

    def count(self) -> dict[str, int]:
        """Return how many encrypted values each column holds, by ``table.column``."""
        with self.database.read() as connection:
            return {
                name_of(column): connection.execute(
                    select(func.count()).select_from(column.table).where(column.is_not(None))
                ).scalar_one()
                for column in self.columns
            }

    def reencrypt(
        self,
        *,
        check_only: bool = False,
        on_step: Callable[[str, int], None] = lambda _column, _seen: None,
        batch: int = _BATCH,
    ) -> Reencrypted:
        """Re-encrypt everything with the newest key, then count again; with ``check_only`` only count.

        It may be interrupted at any time and started again: values under the newest key are left as they are.
        """
        if check_only:
            return self._walked(reseal=False, on_step=on_step, batch=batch)
        changed = self._walked(reseal=True, on_step=on_step, batch=batch).resealed
        # A process that still runs with an older key may have written with it meanwhile: only a second pass finds that.
        found = self._walked(reseal=False, on_step=lambda _column, _seen: None, batch=batch)
        found.resealed = changed
        return found

    def _walked(self, *, reseal: bool, on_step: Callable[[str, int], None], batch: int) -> Reencrypted:
        found = Reencrypted()
        for column in self.columns:
            for rows in self._batches(column, batch):
                places = [(row, self.vault.key_of(bytes(row[0]))) for row in rows]
                for _, place in places:
                    found.by_key[place] = found.by_key.get(place, 0) + 1
                if reseal:
                    found.resealed += self._reseal(column, [row for row, place in places if place])
                on_step(name_of(column), len(rows))
        return found

    def _batches(self, column: Column[Any], most: int) -> Iterator[Sequence[Row[Any]]]:
        key = list(column.table.primary_key.columns)
        query = select(column, *key).where(column.is_not(None)).order_by(*key).limit(most)
        after = query
        while True:
            with self.database.read() as connection:
                rows = connection.execute(after).all()
            if not rows:
                return
            yield rows
            last = rows[-1][1:]
            after = query.where(tuple_(*key) > tuple_(*last) if len(key) > 1 else key[0] > last[0])

    def _reseal(self, column: Column[Any], rows: Sequence[Row[Any]]) -> int:
        if not rows:
            return 0
        with self.database.write() as connection:
            return sum(self._reseal_one(connection, column, row) for row in rows)

    def _reseal_one(self, connection: Connection, column: Column[Any], row: Row[Any]) -> int:
        """Re-encrypt one value, unless a running server has changed it since it was read; return the number of rows."""
        key = column.table.primary_key.columns
        mine = [one == value for one, value in zip((*key, column), (*row[1:], row[0]), strict=True)]
        new = {column: self.vault.reseal(bytes(row[0]))}
        return connection.execute(update(column.table).where(*mine).values(new)).rowcount


def name_of(column: Column[Any]) -> str:
    """Return a column's name with its table's, ``table.column``."""
    return f"{column.table.name}.{column.name}"

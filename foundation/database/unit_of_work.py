"""Units of work: a transaction's connection, and the vault that decrypts what is read in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from foundation.database.database import Database
from foundation.encryption.vault import Vault


@dataclass(frozen=True)
class UnitOfWork:
    """What a store function needs to read and write inside the caller's transaction.

    It names no tenant, since one transaction of the drain or of a sweep serves several; each call names its own.
    """

    connection: Connection
    vault: Vault


class Transactions:
    """Opens units of work on one database; each ends with the block that opened it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self.vault = vault

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """Open a transaction that sees one state of the database."""
        with self.database.read() as connection:
            yield UnitOfWork(connection, self.vault)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """Open a transaction that may write; it commits when the block ends and rolls back when the block fails."""
        with self.database.write() as connection:
            yield UnitOfWork(connection, self.vault)

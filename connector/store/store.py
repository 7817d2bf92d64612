"""The stores that exist in one process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from connector.store.health.callback_times import CallbackTimes
from connector.store.health.recorder import FindingRecorder
from connector.store.orders.visible_pages import VisiblePages
from connector.store.tenants.api_keys import ApiKeyStore
from connector.store.tenants.call_rates import CallRateStore
from connector.store.tenants.launches import LaunchStore
from connector.store.tenants.tenants import TenantDirectory
from connector.store.tenants.tokens import TokenStore
from foundation.clock import utc_now
from foundation.database.database import Database
from foundation.database.unit_of_work import Transactions, UnitOfWork
from foundation.encryption.vault import Vault


@dataclass(frozen=True)
class Store:
    """The database and the stores on it.

    A journey decides what belongs into one transaction: it opens a unit of work with ``read`` or ``write`` and passes it to
    store functions (ADR 6). The classes here use short transactions of their own, for a cache or a lease.
    """

    transactions: Transactions
    tenants: TenantDirectory
    tokens: TokenStore
    launches: LaunchStore
    api_keys: ApiKeyStore
    findings: FindingRecorder
    callback_times: CallbackTimes
    call_rates: CallRateStore
    visible_pages: VisiblePages

    @property
    def database(self) -> Database:
        """Return the database under all of it."""
        return self.transactions.database

    @property
    def vault(self) -> Vault:
        """Return what encrypts secrets and bodies at rest."""
        return self.transactions.vault

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """Open a transaction that sees one state of the database."""
        return self.transactions.read()

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """Open a transaction that may write; it commits when the block ends and rolls back when the block fails."""
        return self.transactions.write()


def open_store(
    database: Database, vault: Vault, *, now: Callable[[], datetime] = utc_now, aside: Executor | None = None
) -> Store:
    """Create the stores of one process. ``aside`` runs what must not delay an answer; a thread by default."""
    transactions = Transactions(database, vault)
    return Store(
        transactions=transactions,
        tenants=TenantDirectory(transactions),
        tokens=TokenStore(transactions),
        launches=LaunchStore(transactions),
        api_keys=ApiKeyStore(transactions),
        findings=FindingRecorder(transactions, now=now, aside=aside),
        callback_times=CallbackTimes(transactions),
        call_rates=CallRateStore(transactions),
        visible_pages=VisiblePages(transactions),
    )

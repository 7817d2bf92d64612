"""The stores that exist in one process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from connector.store.encryption.vault import Vault
from connector.store.health.callback_times import CallbackTimes
from connector.store.health.recorder import FindingRecorder
from connector.store.tenants.api_keys import ApiKeyStore
from connector.store.tenants.call_rates import CallRateStore
from connector.store.tenants.launches import LaunchStore
from connector.store.tenants.tenants import TenantDirectory
from connector.store.tenants.tokens import TokenStore
from foundation.clock import utc_now
from foundation.database.database import Database


@dataclass(frozen=True)
class Store:
    """The database and everything that keeps something in it."""

    database: Database
    vault: Vault
    tenants: TenantDirectory
    tokens: TokenStore
    launches: LaunchStore
    api_keys: ApiKeyStore
    findings: FindingRecorder
    heard: CallbackTimes
    call_rates: CallRateStore


def open_store(
    database: Database, vault: Vault, *, now: Callable[[], datetime] = utc_now, aside: Executor | None = None
) -> Store:
    """Make the stores of one process over one database. ``aside`` runs what must not delay an answer: a thread, by default."""
    return Store(
        database=database,
        vault=vault,
        tenants=TenantDirectory(database, vault),
        tokens=TokenStore(database, vault),
        launches=LaunchStore(database, vault),
        api_keys=ApiKeyStore(database),
        findings=FindingRecorder(database, now=now, aside=aside),
        heard=CallbackTimes(database),
        call_rates=CallRateStore(database),
    )

"""The stores that exist in one process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from connector.clock import utc_now
from connector.store.api_keys import ApiKeyStore
from connector.store.call_rates import CallRateStore
from connector.store.database import Database
from connector.store.health.heard import Heard
from connector.store.health.recorder import FindingRecorder
from connector.store.launches import LaunchStore
from connector.store.tenants import TenantDirectory
from connector.store.tokens import TokenStore
from connector.store.vault import Vault


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
    heard: Heard
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
        heard=Heard(database),
        call_rates=CallRateStore(database),
    )

"""Knows which stores exist in one process; refuses to do their work."""

from __future__ import annotations

from dataclasses import dataclass

from connector.store.api_keys import ApiKeyStore
from connector.store.database import Database
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


def open_store(database: Database, vault: Vault) -> Store:
    """Make the stores of one process over one database."""
    return Store(
        database=database,
        vault=vault,
        tenants=TenantDirectory(database, vault),
        tokens=TokenStore(database, vault),
        launches=LaunchStore(database, vault),
        api_keys=ApiKeyStore(database),
    )

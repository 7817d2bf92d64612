"""Prepares a fresh database for a measurement: schema and one tenant."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from connector.store.encryption.vault import TenantVault
from connector.store.schema.migrate import upgrade
from connector.store.store import Store, open_store
from connector.store.tenants.tenants import build_tenant
from foundation.clock import utc_now
from foundation.database.database import Database
from foundation.secret import Secret
from sandbox.mapping import with_own_totals

# Made anew for each run: nothing that was measured can be decrypted afterwards.
KEY = Fernet.generate_key().decode()
TENANT = "bench-1"
LAUNCH_KEY = "bench-launch-key-0123456789abcdef0123456789"
# What no two rows of a table have in common, where every request was stored once.
_DISTINCT = {
    "inbox": "digest", "callbacks": "body", "links": "caller_reference", "attempts": "reference", "webhooks": "event_id",
}  # fmt: skip
_CALLBACK_KEY, _USER, _PASSWORD = "bench-callback-key-000000000000", "bench", "bench-password"


@dataclass(frozen=True)
class CallbackEndpoint:
    """Where callbacks are posted, and with which credentials."""

    path: str = f"/callbacks/{_CALLBACK_KEY}/transaction-status"
    user: str = _USER
    password: str = _PASSWORD


def open_bench_store(url: str) -> Store:
    """Open a store on one database with the bench's own key."""
    return open_store(Database(url), TenantVault([Secret(KEY)]))


def prepare_database(url: str, *, org: dict[str, Any] | None = None) -> CallbackEndpoint:
    """Bring a fresh database to the present schema and add one tenant to it; ``org`` is what a sandbox org says of itself."""
    store = open_bench_store(url)
    upgrade(store.database)
    org = org or {"host_url": "http://localhost:9", "org_id": "00D000000000001AAA", "client_id": "c"}
    config: dict[str, Any] = {
        "tenant_id": TENANT,
        "name": "Bench",
        "org_id": org["org_id"],
        "salesforce": {
            "host_url": org["host_url"],
            "client_id": org["client_id"],
            "frame_origins": [org["host_url"]],
        },
        "core": {"base_url": "http://localhost:9", "application": "a", "environment": "SANDBOX", "confirm": False},
        "configuration": {"channels": ["sms"], "currencies": ["ZAR"], "merchant_name": None, "delivery_reports": []},
        "mapping": with_own_totals(),
        # P7 counts the calls of the records; what bells and events add is a figure of its own (docs/performance.md).
        "policy": {"notifications": False, "payment_events": False},
        "default_currency": "ZAR",
        "phone_region": "ZA",
        "language": "en",
        "admin_contact": "admin",
        "parts_allowed": False,
        "disabled": False,
    }
    secrets = {
        "client_secret": org.get("client_secret", "s"),
        "canvas_secrets": [org.get("canvas_secret", "s")],
        "api_key": "k",
        "callback_key": _CALLBACK_KEY,
        "number_key": "n",
        "proofs": [{"user": _USER, "password": _PASSWORD}],
    }
    store.tenants.add(build_tenant(config, secrets), now=utc_now())
    store.database.close()
    return CallbackEndpoint()


def environment(url: str, *, port: int = 8000) -> dict[str, str]:
    """Return the settings of a product process on this database."""
    return {
        "CHAT2PAY_ENVIRONMENT": "demo",
        "CHAT2PAY_DATABASE_URL": url,
        "CHAT2PAY_ENCRYPTION_KEYS": KEY,
        "CHAT2PAY_LAUNCH_KEYS": LAUNCH_KEY,
        "CHAT2PAY_PORT": str(port),
        "CHAT2PAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "BENCH_DATABASE": url,
    }


def count_rows_and_keys(file: Path, table: str) -> tuple[int, int]:
    """Count rows and distinct keys in a SQLite file."""
    key = _DISTINCT[table]
    with sqlite3.connect(file) as raw:
        rows, keys = raw.execute(f"SELECT count(*), count(DISTINCT {key}) FROM {table}").fetchone()
    raw.close()
    return int(rows), int(keys)

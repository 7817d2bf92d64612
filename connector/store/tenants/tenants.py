"""The directory of tenants: find, add, change, disable; their secrets are encrypted."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, or_, select, update

from connector.domain.tenants.tenant import CoreConfiguration, Tenant
from connector.errors import Invalid, NotFound, TenantProblem
from connector.store.health import due_checks
from connector.store.schema.tables import tenants
from connector.store.tenants.tenant_rows import build_tenant, split_tenant
from foundation.database.unit_of_work import Transactions
from foundation.database.upsert import insert_into
from foundation.log import get_logger

__all__ = ["TenantDirectory", "build_tenant", "callback_key_digest"]
log = get_logger()
# Every call of an agent or the core needs its tenant; commands promise that a change counts within five seconds.
_CACHE_SECONDS = 5.0
# Unknown keys from outside must not fill the memory.
_MOST_KNOWN = 10_000
# How many tenants per minute a stranger's request may be compared with, since anybody can cause that work.
_SEARCHED_PER_MINUTE = 1000


class TenantDirectory:
    """Finds tenants; rows are cached for at most five seconds."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._vault = transactions.vault
        self._known: dict[tuple[str, str | bytes], tuple[float, Tenant | None]] = {}
        self._lock = threading.Lock()
        self._search_budget = (0.0, 0)  # (when the minute began, how many are left in it)
        self._searched_until = ""

    def by_id(self, tenant_id: str) -> Tenant | None:
        """Find a tenant by its id."""
        return self._find(tenants.c.tenant_id, tenant_id)

    def by_org(self, org_id: str) -> Tenant | None:
        """Find a tenant by its 18-character organization id."""
        return self._find(tenants.c.org_id, org_id)

    def by_callback_key(self, callback_key: str) -> Tenant | None:
        """Find a tenant by the key in its callback URLs, the present or the former one; the key is no proof of the sender."""
        digest = callback_key_digest(callback_key)
        return self._find(tenants.c.callback_key_digest, digest, or_also=tenants.c.former_key_digest)

    def every(self) -> list[Tenant]:
        """Return all tenants by name, except those whose secrets cannot be decrypted."""
        with self._transactions.read() as work:
            rows = work.connection.execute(select(tenants).order_by(tenants.c.name)).all()
        return [tenant for row in rows if (tenant := self._open_or_none(row)) is not None]

    def with_unreadable_secrets(self) -> list[str]:
        """Return the ids of tenants whose secrets no configured key decrypts."""
        with self._transactions.read() as work:
            rows = work.connection.execute(select(tenants).order_by(tenants.c.tenant_id)).all()
        return [row.tenant_id for row in rows if self._open_or_none(row) is None]

    def next_to_search(self) -> list[Tenant]:
        """Return the next tenants to search through in turn, at most 1,000 per minute in this process."""
        with self._lock:
            begun, left = self._search_budget
            if time.monotonic() - begun >= 60:
                begun, left = time.monotonic(), _SEARCHED_PER_MINUTE
            self._search_budget = (begun, 0)
        if not left:
            return []
        with self._transactions.read() as work:
            query = select(tenants).order_by(tenants.c.tenant_id).limit(left)
            rows = list(work.connection.execute(query.where(tenants.c.tenant_id > self._searched_until)))
            rows += work.connection.execute(query.where(tenants.c.tenant_id <= self._searched_until)).all()[
                : left - len(rows)
            ]
        with self._lock:
            self._search_budget = (begun, left - len(rows))
            self._searched_until = rows[-1].tenant_id if rows else ""
        return [tenant for row in rows if (tenant := self._open_or_none(row)) is not None]

    def add(self, tenant: Tenant, *, now: datetime) -> None:
        """Insert a tenant, or update the row of the same one.

        Raises:
            Invalid: its org is connected as a different tenant, whose requests and callback addresses would be lost.
        """
        row = self._row(tenant, now)
        with self._transactions.write() as work:
            new = insert_into(work.connection.dialect.name, tenants).values(row | {"created_at": now})
            mine = tenants.c.tenant_id == tenant.tenant_id
            upsert = new.on_conflict_do_update(index_elements=[tenants.c.org_id], set_=row, where=mine)
            if work.connection.execute(upsert.returning(tenants.c.tenant_id)).first() is None:
                raise Invalid(
                    {"salesforce.org_id": ["This org was connected a moment ago: see `chat2pay tenant list`."]}
                )
        self.forget()

    def change(self, tenant_id: str, change: Callable[[Tenant], Tenant], *, now: datetime) -> Tenant:
        """Apply ``change`` to a tenant as it is in its row now, whatever is cached, and return the result.

        Raises:
            NotFound: there is no such tenant.
        """
        mine = tenants.c.tenant_id == tenant_id
        with self._transactions.write() as work:
            row = work.connection.execute(select(tenants).where(mine).with_for_update()).first()
            if row is None:
                raise NotFound
            changed = change(self._open(row))
            work.connection.execute(update(tenants).where(mine).values(self._row(changed, now)))
            due_checks.bring_forward(work, tenant_id, now=now)
        self.forget()
        return changed

    def set_disabled(self, tenant_id: str, *, disabled: bool, now: datetime) -> None:
        """Stop or allow launches and sends; callbacks about money are always processed."""
        with self._transactions.write() as work:
            change = {"disabled": disabled, "changed_at": now}
            work.connection.execute(update(tenants).where(tenants.c.tenant_id == tenant_id).values(change))
            due_checks.bring_forward(work, tenant_id, now=now)
        self.forget()

    def set_configuration(self, tenant: Tenant, configuration: CoreConfiguration, *, now: datetime) -> None:
        """Store what the core offers now."""
        # By the row as it is now: the given tenant may be older than a secret that was just rotated.
        self.change(tenant.tenant_id, lambda current: replace(current, configuration=configuration), now=now)
        with self._transactions.write() as work:
            due_checks.request_checks(work, tenant.tenant_id, ["core_offers"], at=now)

    def forget(self) -> None:
        """Clear the cache, so that the next look-up reads the row."""
        with self._lock:
            self._known.clear()

    def _find(self, column: Column[Any], value: str | bytes, *, or_also: Column[Any] | None = None) -> Tenant | None:
        key = (column.key, value)
        known = self._known.get(key)
        if known and known[0] > time.monotonic():
            return known[1]
        with self._transactions.read() as work:
            found = column == value if or_also is None else or_(column == value, or_also == value)
            row = work.connection.execute(select(tenants).where(found)).first()
        tenant = self._open(row) if row else None
        with self._lock:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[key] = (time.monotonic() + _CACHE_SECONDS, tenant)
        return tenant

    def _row(self, tenant: Tenant, now: datetime) -> dict[str, Any]:
        config, secrets = split_tenant(tenant)
        return {
            "tenant_id": tenant.tenant_id,
            "name": tenant.name,
            "org_id": tenant.org_id,
            "disabled": tenant.disabled,
            "callback_key_digest": callback_key_digest(tenant.core.callback_key),
            "former_key_digest": callback_key_digest(former) if (former := tenant.core.former_callback_key) else None,
            "config": json.dumps(config),
            "secrets": self._vault.seal(tenant.tenant_id, json.dumps(secrets).encode()),
            "changed_at": now,
        }

    def _open_or_none(self, row: Row[Any]) -> Tenant | None:
        try:
            return self._open(row)
        except TenantProblem:
            log.error("tenant_not_opened", tenant=row.tenant_id)
            return None

    def _open(self, row: Row[Any]) -> Tenant:
        config = json.loads(row.config)
        try:
            secrets = json.loads(self._vault.open(row.tenant_id, row.secrets))
        except TenantProblem as error:
            error.with_sentence("keys_unreadable", admin=config["admin_contact"])
            raise
        identity = {"tenant_id": row.tenant_id, "name": row.name, "org_id": row.org_id, "disabled": row.disabled}
        return build_tenant({**config, **identity}, secrets)


def callback_key_digest(callback_key: str) -> bytes:
    """Return the digest of a callback key, by which tenants are found; the key itself is stored encrypted only."""
    return hashlib.sha256(callback_key.encode()).digest()

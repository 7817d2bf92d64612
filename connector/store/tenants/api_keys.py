"""API keys by their digests, and how many calls each has made."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, delete, insert, or_, select, update

from connector.domain.tenants.api_key import ApiKey, Scope
from connector.store.schema.tables import api_keys
from foundation.database.unit_of_work import Transactions

# A busy key costs one write a minute and not one per call.
_NOTE_USE_EVERY = timedelta(minutes=1)


class ApiKeyStore:
    """Stores digests of keys, finds keys by digest, and records when and how often each is used."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def add(self, digest: bytes, key: ApiKey, *, older_end_at: datetime) -> None:
        """Store a new key; older ones of its name stay valid until ``older_end_at`` at most."""
        row = {
            "key_digest": digest,
            "key_id": key.key_id,
            "tenant_id": key.tenant_id,
            "name": key.name,
            "scopes": " ".join(sorted(key.scopes)),
            "created_at": key.created_at,
            "expires_at": key.expires_at,
        }
        with self._transactions.write() as work:
            k = api_keys.c
            older = (k.tenant_id == key.tenant_id) & (k.name == key.name)
            # Keys that expire earlier anyway keep their end.
            lasting = older & or_(k.expires_at.is_(None), k.expires_at > older_end_at)
            work.connection.execute(update(api_keys).where(lasting).values(expires_at=older_end_at))
            work.connection.execute(insert(api_keys).values(row))

    def by_digest(self, digest: bytes) -> ApiKey | None:
        """Find a key, expired or not."""
        with self._transactions.read() as work:
            row = work.connection.execute(select(api_keys).where(api_keys.c.key_digest == digest)).first()
        return _key(row) if row else None

    def of_tenant(self, tenant_id: str) -> list[ApiKey]:
        """Return a tenant's keys by name, the newest of a name first."""
        k = api_keys.c
        query = select(api_keys).where(k.tenant_id == tenant_id).order_by(k.name, k.created_at.desc(), k.key_id)
        with self._transactions.read() as work:
            return [_key(row) for row in work.connection.execute(query)]

    def remove(self, keys: list[ApiKey]) -> None:
        """Delete keys, which are refused from now on."""
        with self._transactions.write() as work:
            work.connection.execute(delete(api_keys).where(api_keys.c.key_id.in_([one.key_id for one in keys])))

    def used(self, key: ApiKey, *, now: datetime) -> ApiKey:
        """Record that a key was used, at most once a minute; return the key as it is stored now."""
        if key.last_used_at is not None and now < key.last_used_at + _NOTE_USE_EVERY:
            return key
        with self._transactions.write() as work:
            work.connection.execute(update(api_keys).where(api_keys.c.key_id == key.key_id).values(last_used_at=now))
        return replace(key, last_used_at=now)

    def take_calls(self, key_id: str, *, wanted: int, most: int, minute: datetime) -> int:
        """Take ``wanted`` calls from the ``most`` of all processes in a minute; return how many there were left.

        A process whose clock is behind takes from the minute that the others are in.
        """
        k = api_keys.c
        begun = k.calls_minute >= minute
        statement = update(api_keys).where(k.key_id == key_id).returning(k.calls_taken)
        statement = statement.values(
            calls_minute=case((begun, k.calls_minute), else_=minute),
            calls_taken=case((begun, k.calls_taken), else_=0) + wanted,
        )
        with self._transactions.write() as work:
            taken: int = work.connection.execute(statement).scalar_one_or_none() or wanted
        return max(0, min(wanted, most - (taken - wanted)))


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        tenant_id=row.tenant_id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes.split())),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )

"""Knows where an org's access token rests between calls and restarts; refuses to know how one is obtained."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from connector.settings import Secret
from connector.store.database import Database
from connector.store.tables import tokens
from connector.store.upsert import insert_into
from connector.store.vault import Vault


class TokenStore:
    """One sealed access token per tenant."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def get(self, tenant_id: str) -> Secret | None:
        """Return the token last obtained, if it is still kept."""
        with self._database.read() as connection:
            row = connection.execute(select(tokens).where(tokens.c.tenant_id == tenant_id)).first()
        return Secret(self._vault.open(tenant_id, row.access_token).decode()) if row else None

    def put(self, tenant_id: str, token: Secret, *, now: datetime) -> None:
        """Keep a new token in place of the old one."""
        sealed = self._vault.seal(tenant_id, token.value.encode())
        with self._database.write() as connection:
            statement = insert_into(connection.dialect.name, tokens)
            fresh = {"access_token": sealed, "obtained_at": now}
            put = statement.values(tenant_id=tenant_id, **fresh)
            connection.execute(put.on_conflict_do_update(index_elements=[tokens.c.tenant_id], set_=fresh))

"""Access tokens of orgs, and which process may obtain the next one.

The row is shared by the whole fleet: of many processes whose token was refused at once, one gets the lease and logs in,
and the others find its token here. Failed logins are recorded too, so that no process repeats one at once.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select, update

from connector.domain.health.finding import Finding
from connector.domain.tenants.token import (
    BeingObtained,
    LoginFailure,
    LoginPaused,
    MayLogIn,
    StoredToken,
    TokenClaim,
    pause_after,
)
from connector.store.health import due_checks, findings
from connector.store.schema.tables import tokens
from foundation.database.unit_of_work import Transactions
from foundation.database.upsert import insert_into
from foundation.secret import Secret

_FREE: dict[str, Any] = {"lease": None, "lease_until": None}


class TokenStore:
    """Stores one encrypted access token per tenant, and the lease to obtain a new one."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._vault = transactions.vault

    def claim(self, tenant_id: str, *, refused: Secret | None, now: datetime, lease: timedelta) -> TokenClaim:
        """Return a token other than ``refused``, or the lease to log in, or why nobody may log in now."""
        # Without a lock first, since most calls find a valid token.
        with self._transactions.read() as work:
            claim = self._present_claim(work.connection.execute(_row_of(tenant_id)).first(), tenant_id, refused, now)
        if claim is not None:
            return claim
        with self._transactions.write() as work:
            empty = insert_into(work.connection.dialect.name, tokens).values(tenant_id=tenant_id, failures=0)
            work.connection.execute(empty.on_conflict_do_nothing())
            # Looked at again under the row's lock: another process may have logged in meanwhile.
            row = work.connection.execute(_row_of(tenant_id).with_for_update()).one()
            claim = self._present_claim(row, tenant_id, refused, now)
            if claim is not None:
                return claim
            turn = MayLogIn(f"login.{secrets.token_hex(8)}")
            change = {"lease": turn.lease, "lease_until": now + lease, "failures": row.failures if row.refusal else 0}
            # A token that was refused once is of no use to other processes either.
            work.connection.execute(_update_of(tenant_id).values(access_token=None, **change))
        return turn

    def keep(self, tenant_id: str, token: Secret, *, now: datetime, lease: str | None = None) -> bool:
        """Store a new token; return False where the ``lease`` under which it was obtained has passed to another process."""
        fresh = {
            "access_token": self._vault.seal(tenant_id, token.value.encode()),
            "obtained_at": now,
            "refusal": None,
            "refused_until": None,
            **_FREE,
        }
        with self._transactions.write() as work:
            findings.clear(work, tenant_id, findings.LOGIN_REFUSED)
            findings.clear(work, tenant_id, findings.CLONED_ORG, subject="login")
            if lease is not None:
                mine = _update_of(tenant_id).where(tokens.c.lease == lease)
                return work.connection.execute(mine.values(fresh)).rowcount > 0
            put = insert_into(work.connection.dialect.name, tokens).values(tenant_id=tenant_id, failures=0, **fresh)
            work.connection.execute(
                put.on_conflict_do_update(index_elements=[tokens.c.tenant_id], set_={**fresh, "failures": 0})
            )
        return True

    def fail(
        self, tenant_id: str, failure: LoginFailure, *, lease: str, finding: Finding | None, now: datetime
    ) -> None:
        """Record a failed login, and the finding about it."""
        with self._transactions.write() as work:
            row = work.connection.execute(_row_of(tenant_id).where(tokens.c.lease == lease).with_for_update()).first()
            if row is not None:
                work.connection.execute(_update_of(tenant_id).values(_failed(row, failure, now)))
            if finding is not None:
                findings.add_finding(work, tenant_id, finding, now=now)
            # The check explains more than the refusal itself, and notices when it is over.
            due_checks.request_checks(work, tenant_id, ("login", "org_id") if finding else ("org_answers",), at=now)

    def distrust(self, tenant_id: str, token: Secret, *, now: datetime) -> None:
        """Record that a token was refused at its very first call, so that nobody logs in just to get another such token."""
        with self._transactions.write() as work:
            row = work.connection.execute(_row_of(tenant_id).with_for_update()).first()
            if row is None or row.access_token is None:
                return
            if self._vault.open(tenant_id, row.access_token) == token.value.encode():
                change = _failed(row, LoginFailure.TOKENS_REFUSED, now)
                work.connection.execute(_update_of(tenant_id).values(access_token=None, **change))

    def _present_claim(
        self, row: Row[Any] | None, tenant_id: str, refused: Secret | None, now: datetime
    ) -> TokenClaim | None:
        """Return what the row alone decides; None where a login is due and nobody has begun one."""
        if row is None:
            return None
        if row.access_token is not None:
            token = Secret(self._vault.open(tenant_id, row.access_token).decode())
            if token != refused:
                return StoredToken(token)
        if row.refused_until is not None and row.refused_until > now:
            return LoginPaused(LoginFailure(row.refusal), row.refused_until)
        if row.lease_until is not None and row.lease_until > now:
            return BeingObtained()
        return None


def _failed(row: Row[Any], failure: LoginFailure, now: datetime) -> dict[str, Any]:
    until = now + pause_after(failure, row.failures)
    return {"refusal": failure.value, "refused_until": until, "failures": row.failures + 1, **_FREE}


def _row_of(tenant_id: str) -> Select[Any]:
    return select(tokens).where(tokens.c.tenant_id == tenant_id)


def _update_of(tenant_id: str) -> Any:
    return update(tokens).where(tokens.c.tenant_id == tenant_id)

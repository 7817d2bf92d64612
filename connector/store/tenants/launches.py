"""Launches, and the digests of the signed requests that opened them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from connector.store.schema.tables import launches
from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import Transactions, UnitOfWork
from foundation.secret import Secret

# No id of a signed launch begins like this: its alphabet has no colon.
BY_KEY = "api:"
# Every poll of an open page finds its launch.
_FIND = Prepared(select(launches).where(launches.c.launch_id == bindparam("of_launch")))


@dataclass(frozen=True)
class Launch:
    """One accepted launch: who opened which order, and the agent's own token to read it with, None where Apex opened it."""

    launch_id: str
    tenant_id: str
    user_id: str
    order_id: str
    given_token: Secret | Callable[[], Secret | None] | None = field(repr=False)
    checked_at: datetime
    launched_at: datetime

    @property
    def in_session(self) -> bool:
        """Return whether it was opened with the agent's own session; a poll need not decrypt the token for that."""
        return not self.launch_id.startswith(BY_KEY)

    @property
    def agent_token(self) -> Secret | None:
        """The agent's own token; one from the store is decrypted here, since most polls of a page need none."""
        return self.given_token() if callable(self.given_token) else self.given_token


class LaunchStore:
    """Stores the digest of every accepted signed request, and the launch that it opened."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._vault = transactions.vault

    def consume(self, digest: bytes, launch: Launch, *, forget_at: datetime) -> bool:
        """Store a launch under its request's digest; return False where that request was used before."""
        row = {
            "digest": digest,
            "launch_id": launch.launch_id,
            "tenant_id": launch.tenant_id,
            "user_id": launch.user_id,
            "order_id": launch.order_id,
            # Encrypted also where it is empty: NULL means that the launch has expired.
            "agent_token": self._vault.seal(launch.tenant_id, _plain(launch.agent_token)),
            "checked_at": launch.checked_at,
            "launched_at": launch.launched_at,
            "forget_at": forget_at,
        }
        try:
            with self._transactions.write() as work:
                work.connection.execute(insert(launches).values(row))
        # The primary key decides, so that of two concurrent posts of one signed request only one opens a launch.
        except IntegrityError:
            return False
        return True

    def was_used(self, digest: bytes) -> bool:
        """Return whether a signed request with this digest was accepted before."""
        with self._transactions.read() as work:
            return (
                work.connection.execute(select(launches.c.launch_id).where(launches.c.digest == digest)).first()
                is not None
            )

    def get(self, launch_id: str) -> Launch | None:
        """Return a launch that has not expired."""
        with self._transactions.read() as work:
            return self.find(work, launch_id)

    def find(self, work: UnitOfWork, launch_id: str) -> Launch | None:
        """Find a launch whose time is not over yet, in the caller's own transaction."""
        row = _FIND.one(work.connection, of_launch=launch_id)
        if row is None or row.agent_token is None:
            return None
        return Launch(
            launch_id=row.launch_id,
            tenant_id=row.tenant_id,
            user_id=row.user_id,
            order_id=row.order_id,
            given_token=lambda: _token(self._vault.open(row.tenant_id, row.agent_token)),
            checked_at=row.checked_at,
            launched_at=row.launched_at,
        )

    def checked(self, launch_id: str, *, now: datetime) -> None:
        """Record that the user's access to the order was just checked."""
        with self._transactions.write() as work:
            work.connection.execute(update(launches).where(launches.c.launch_id == launch_id).values(checked_at=now))

    def end(self, launch_id: str) -> None:
        """End a launch whose user may not see the order any more: its page is answered nothing more of it."""
        with self._transactions.write() as work:
            work.connection.execute(update(launches).where(launches.c.launch_id == launch_id).values(agent_token=None))

    def forget_tokens(self, *, now: datetime) -> int:
        """Delete the agent tokens of expired launches, and whole the launches of API keys; return how many tokens."""
        # The digests stay for ever: a signed request says nothing about its freshness, so used is used (ADR 2).
        over = (launches.c.forget_at < now) & launches.c.agent_token.is_not(None)
        by_key = over & launches.c.launch_id.startswith(BY_KEY)
        with self._transactions.write() as work:
            # Nothing was signed there, so there is nothing to remember; the panel opens one for each action.
            work.connection.execute(delete(launches).where(by_key))
            return work.connection.execute(update(launches).where(over).values(agent_token=None)).rowcount


def _plain(token: Secret | None) -> bytes:
    return token.value.encode() if token else b""


def _token(plain: bytes) -> Secret | None:
    return Secret(plain.decode()) if plain else None

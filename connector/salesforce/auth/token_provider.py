"""The connector's own access tokens: at most one login at a time for each tenant.

A lock admits one thread of this process, a lease on the token's row one process of the fleet. A failed login is stored there
for a moment, so that not every waiting caller repeats it.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from connector import metrics
from connector.domain.health.finding import Finding
from connector.domain.tenants.tenant import Tenant
from connector.domain.tenants.token import BeingObtained, LoginFailure, LoginPaused, MayLogIn, StoredToken, TokenClaim
from connector.errors import SalesforceUnavailable
from connector.salesforce.auth.login import LoginFailed, error_of, finding_of, log_in
from foundation.http.session import PeerSession
from foundation.secret import Secret

# The login runs in another thread or process, and its token is read from the database.
_POLL_SECONDS = 0.05
# A login takes about a second. A thread that waits for a slow one is missing for other tenants, so it gives up: its caller
# answers 503 or retries later.
_WAIT_SECONDS = 5.0


class TokenStorage(Protocol):
    """The storage of tokens, and of the lease to obtain the next one."""

    def claim(self, tenant_id: str, *, refused: Secret | None, now: datetime, lease: timedelta) -> TokenClaim:
        """Return a token other than ``refused``, or a lease to log in, or the recent failure that forbids it for now."""

    def keep(self, tenant_id: str, token: Secret, *, now: datetime, lease: str | None = None) -> bool:
        """Store a token in place of the old one."""

    def fail(
        self, tenant_id: str, failure: LoginFailure, *, lease: str, finding: Finding | None, now: datetime
    ) -> None:
        """Store that a login failed."""

    def distrust(self, tenant_id: str, token: Secret, *, now: datetime) -> None:
        """Store that a new token was refused at its first call."""


class TokenProvider:
    """Provides one token per tenant; however many threads and processes ask, one of them logs in."""

    def __init__(self, *, session: PeerSession, store: TokenStorage, now: Callable[[], datetime]) -> None:
        self._session = session
        self._store = store
        self._now = now
        self._tokens: dict[str, Secret] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        # A login cannot take longer than its HTTP call: a process that holds the lease beyond that is dead.
        self._lease = timedelta(seconds=session.total_timeout + 5)

    def token(self, tenant: Tenant, *, refused: Secret | None = None) -> Secret:
        """Return a token other than ``refused``, which Salesforce no longer accepts.

        Raises:
            SalesforceRefused: the login itself was refused, now or a moment ago; SalesforceUnavailable: no answer;
            TenantProblem ``wrong_org``: these keys open another org.
        """
        # A login's answer has no `expires_in`: a token is used until Salesforce answers 401.
        known = self._tokens.get(tenant.tenant_id)
        if known is not None and known != refused:
            return known
        ends_at = time.monotonic() + _WAIT_SECONDS
        lock = self._locks[tenant.tenant_id]
        if not lock.acquire(timeout=_WAIT_SECONDS):
            raise _busy()
        try:
            known = self._tokens.get(tenant.tenant_id)
            if known is None or known == refused:
                self._tokens.pop(tenant.tenant_id, None)  # other threads must not use the refused token meanwhile
                known = self._tokens[tenant.tenant_id] = self._obtain(tenant, refused, ends_at)
            return known
        finally:
            lock.release()

    def try_login(self, tenant: Tenant) -> Secret:
        """Log in with the tenant's values, ignoring stored tokens and failures; store nothing.

        Raises:
            As ``token`` does.
        """
        try:
            return self._log_in(tenant)
        except LoginFailed as error:
            raise error.error from error

    def keep(self, tenant: Tenant, token: Secret) -> None:
        """Store the token that ``try_login`` returned, and forget failures."""
        self._store.keep(tenant.tenant_id, token, now=self._now())
        self._tokens[tenant.tenant_id] = token

    def distrust(self, tenant: Tenant, token: Secret) -> None:
        """Store that a new token was refused at its first call, which pauses logins for a moment."""
        # Without the pause every call would log in again: Salesforce limits the logins of a user to 3,600 an hour.
        metrics.registry.count(metrics.LOGIN_FAILURES, tenant.tenant_id, LoginFailure.TOKENS_REFUSED.value)
        self._tokens.pop(tenant.tenant_id, None)
        self._store.distrust(tenant.tenant_id, token, now=self._now())

    def _obtain(self, tenant: Tenant, refused: Secret | None, ends_at: float) -> Secret:
        # Polled and not notified: the process that holds the lease may be on another machine.
        while True:
            claim = self._store.claim(tenant.tenant_id, refused=refused, now=self._now(), lease=self._lease)
            match claim:
                case StoredToken(token):
                    return token
                case MayLogIn(lease):
                    return self._log_in_for_all(tenant, lease)
                case LoginPaused(failure):
                    metrics.registry.count(metrics.LOGIN_FAILURES, tenant.tenant_id, "spared")
                    raise error_of(failure, tenant)
                case BeingObtained():
                    if time.monotonic() > ends_at:
                        raise _busy()
                    time.sleep(_POLL_SECONDS)

    def _log_in_for_all(self, tenant: Tenant, lease: str) -> Secret:
        try:
            token = self._log_in(tenant)
        except LoginFailed as error:
            metrics.registry.count(metrics.LOGIN_FAILURES, tenant.tenant_id, error.failure.value)
            finding = finding_of(error, tenant)
            self._store.fail(tenant.tenant_id, error.failure, lease=lease, finding=finding, now=self._now())
            raise error.error from error
        self._store.keep(tenant.tenant_id, token, now=self._now(), lease=lease)
        return token

    def _log_in(self, tenant: Tenant) -> Secret:
        metrics.registry.count(metrics.LOGINS)
        return log_in(tenant, session=self._session, now=self._now())


def _busy() -> SalesforceUnavailable:
    return SalesforceUnavailable("A login to Salesforce is under way.", operation="login", reason="LOGIN_UNDER_WAY")

"""Knows how the connector gets its own access token, once at a time per tenant; refuses to know what it is used for.

Client credentials on the My Domain host. No ``expires_in`` comes back: a token serves until a 401 says otherwise.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Protocol

import requests

from connector import metrics
from connector.domain.tenant import Tenant
from connector.errors import SalesforceRefused, SalesforceUnavailable
from connector.http import PeerSession, calling_for
from connector.log import get_logger
from connector.settings import Secret

if TYPE_CHECKING:
    from authlib.oauth2.client import OAuth2Client

log = get_logger()


class TokenShelf(Protocol):
    """Where tokens rest between calls and restarts."""

    def get(self, tenant_id: str) -> Secret | None:
        """Return the token last put there."""

    def put(self, tenant_id: str, token: Secret, *, now: datetime) -> None:
        """Keep a token in place of the old one."""


class TokenProvider:
    """Hands out one token per tenant; however many threads ask, one login is made."""

    def __init__(self, *, session: PeerSession, store: TokenShelf, now: Callable[[], datetime]) -> None:
        self._session = session
        self._store = store
        self._now = now
        self._tokens: dict[str, Secret] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self.logins = 0

    def token(self, tenant: Tenant, *, refused: Secret | None = None) -> Secret:
        """Return a token; ``refused`` is one that Salesforce no longer accepts and that must not come back.

        Raises:
            SalesforceRefused: the login itself was refused; SalesforceUnavailable: no answer.
        """
        with self._locks[tenant.tenant_id]:
            known = self._tokens.get(tenant.tenant_id) or self._store.get(tenant.tenant_id)
            if known is None or known == refused:
                known = self._login(tenant)
                self._store.put(tenant.tenant_id, known, now=self._now())
            self._tokens[tenant.tenant_id] = known
            return known

    def _login(self, tenant: Tenant) -> Secret:
        # Imported at the first login: authlib's requests client costs a start-up as much as Flask does.
        from authlib.common.errors import AuthlibBaseError

        access = tenant.salesforce
        secret = access.client_secret.value if access.client_secret else ""
        client = _token_client()(
            self._session, access.client_id, secret, token_endpoint_auth_method="client_secret_post"
        )
        self.logins += 1
        metrics.tally.count(metrics.LOGINS)
        try:
            with calling_for("login"):
                answer = client.fetch_token(f"{access.host_url}/services/oauth2/token", grant_type="client_credentials")
        except AuthlibBaseError as fault:
            log.warning("salesforce_login_refused", tenant=tenant.tenant_id, code=str(fault.error)[:40])
            sentence = "Salesforce refused the connector's login."
            raise SalesforceRefused(sentence, operation="login", reason="LOGIN_REFUSED") from fault
        except (requests.RequestException, ValueError) as fault:
            raise SalesforceUnavailable("Salesforce did not answer the login.", operation="login") from fault
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise SalesforceUnavailable("Salesforce's login answer could not be read.", operation="login")
        log.info("salesforce_login", tenant=tenant.tenant_id)
        return Secret(token)


@cache
def _token_client() -> type[OAuth2Client]:
    """Return authlib's client for our own session, so that its calls have our time limits too."""
    from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
    from authlib.oauth2.client import OAuth2Client

    class TokenClient(OAuth2Client):
        client_auth_class = OAuth2ClientAuth

    return TokenClient

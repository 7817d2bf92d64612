"""Authenticate API callers by the token or key in ``Authorization``.

There are two kinds: an open page with its launch token (one user, one order), and a tenant's own code with an API key (all
of its orders, within the key's scopes). An endpoint for one kind answers 401 to the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Request, current_app, request

from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.tenants.api_key import PREFIX, ApiKey, Scope, key_digest
from connector.domain.tenants.rights import Right, Rights, rights_of
from connector.domain.tenants.tenant import Tenant, read_id
from connector.errors import ErrorCode, Forbidden, NotFound, Unauthenticated
from connector.languages.reader import remember_language
from connector.services import Services
from connector.store.tenants.launches import Launch
from connector.web.callers.api_key_rate import ApiKeyRateLimit
from connector.web.callers.launch_token import LaunchToken, read
from connector.web.callers.org_check import ORG_HEADER, require_org
from connector.web.responses.error_pages import remember_admin
from connector.web.wording.rights_messages import missing_right
from connector.web.wording.sentences import fill
from foundation.database.unit_of_work import UnitOfWork

_RATE = "chat2pay_key_rate"
# A Named Credential fills `Authorization` itself, with the key that Apex never sees: the token needs a header of its own.
LAUNCH_HEADER = "X-Chat2Pay-Launch"
_BY_SCOPE = (
    (Scope.FLOW, Right.SEND),
    (Scope.CAPTURE, Right.CAPTURE),
    (Scope.CAPTURE, Right.REVERSE),
    (Scope.SUPERVISE, Right.SUPERVISE),
)


@dataclass(frozen=True)
class LaunchPrincipal:
    """A caller with a launch token: one user, one order of one tenant."""

    token: LaunchToken
    tenant: Tenant
    launch: Launch

    @property
    def person(self) -> Person:
        """The Salesforce user who acts."""
        return Person(self.token.user_id, self.token.user_name)

    @property
    def rights(self) -> Rights:
        """The rights that the token carries."""
        token = self.token
        return rights_of(token.rights, unread=token.rights_unread, read_only=token.read_only, lacking=token.lacking)

    @property
    def time_zone(self) -> str:
        """The time zone for the texts that this caller reads."""
        return self.token.time_zone

    def needs(self, right: Right) -> None:
        """Raise Forbidden unless the token carries ``right``; the sentence names who can grant it."""
        if right not in self.rights:
            missing = missing_right(right, self.rights, self.tenant)
            raise Forbidden(fill(missing.id, missing.values, time_zone=self.time_zone), code=ErrorCode.NO_RIGHT)

    def own_order(self, order_id: str | None) -> str:
        """Return the id of the token's order.

        Raises:
            NotFound: ``order_id`` names any other order, even one of the same tenant.
        """
        if order_id is not None and read_id(order_id) != self.token.order_id:
            # Not Forbidden: that would tell whoever tries ids which of them exist.
            raise NotFound(facts={"order": self.token.order_id, "reason": "another_order"})
        return self.token.order_id

    def sees(self, found: PaymentRequest) -> bool:
        """Say whether a payment request of the tenant is one of the token's order."""
        return found.order_id == self.token.order_id


@dataclass(frozen=True)
class ApiKeyPrincipal:
    """A caller with an API key: the tenant's own code. Each endpoint requires its own scope."""

    key: ApiKey
    tenant: Tenant

    @property
    def person(self) -> Person:
        """The API key itself, which acts where the call names no user."""
        return Person(self.key.key_id, self.key.name)

    @property
    def rights(self) -> Rights:
        """The rights over a payment request that the key's scopes give."""
        return Rights(frozenset(right for scope, right in _BY_SCOPE if scope in self.key.scopes))

    @property
    def time_zone(self) -> str:
        """UTC: an API key belongs to no user whose zone could be used."""
        return "UTC"

    def sees(self, found: PaymentRequest) -> bool:
        """Say whether a payment request is one of this tenant."""
        return found.tenant_id == self.tenant.tenant_id


def bearer(services: Services) -> LaunchPrincipal:
    """Authenticate an open page by its launch token, or Apex by its key and the launch token beside it.

    Raises:
        Unauthenticated: no token, one that is not valid any more, or another tenant's than the key; what
        ``api_key_principal`` raises.
    """
    return open_bearer(_launch_token(services), services)


@contextmanager
def page_reader(services: Services) -> Iterator[tuple[UnitOfWork, LaunchPrincipal]]:
    """Open a transaction that answers an open page, and authenticate the page in it: pages poll.

    Raises:
        Unauthenticated: no token, or one that is not valid any more.
    """
    token = _launch_token(services)
    # Before the transaction: a thread that holds a connection must not wait for a second one.
    tenant = services.store.tenants.by_id(token.tenant_id)
    with services.store.read() as work:
        yield work, _principal(token, tenant, services.store.launches.find(work, token.launch_id))


@contextmanager
def reader(services: Services, scope: Scope) -> Iterator[tuple[UnitOfWork, LaunchPrincipal | ApiKeyPrincipal]]:
    """Open a transaction that answers an open page or an API key of ``scope``, and authenticate the caller.

    Raises:
        Whatever ``page_reader`` and ``api_key_principal`` raise.
    """
    if not _is_key_alone():
        with page_reader(services) as (work, page):
            yield work, page
        return
    key = api_key_principal(services, scope)  # its call is counted in a transaction of its own
    with services.store.read() as work:
        yield work, key


def open_bearer(token: LaunchToken, services: Services) -> LaunchPrincipal:
    """Return the caller of a valid token.

    Raises:
        Unauthenticated: its tenant or its launch does not exist any more.
    """
    tenant = services.store.tenants.by_id(token.tenant_id)
    return _principal(token, tenant, services.store.launches.get(token.launch_id))


def _principal(token: LaunchToken, tenant: Tenant | None, launch: Launch | None) -> LaunchPrincipal:
    if tenant is None or launch is None:
        # Taken from its agent, or its customer was erased: it was not open too long, which the code alone would say.
        ended = Unauthenticated("Reload this browser tab to continue.", code=ErrorCode.LAUNCH_EXPIRED)
        raise ended.with_sentence("reload_tab")
    remember_admin(tenant)
    remember_language(token.language, token.locale)
    return LaunchPrincipal(token, tenant, launch)


def api_key_principal(services: Services, scope: Scope) -> ApiKeyPrincipal:
    """Authenticate a tenant's own code by its API key.

    Raises:
        Unauthenticated: no key, an unknown one, or an expired one (the same answer for all three); Forbidden: its scopes
        do not include ``scope``, or the call names another org; TooMany.
    """
    now = services.now()
    # Keys are stored as digests only, so that a copy of the database opens nothing.
    key = services.store.api_keys.by_digest(key_digest(bearer_text(request)))
    tenant = services.store.tenants.by_id(key.tenant_id) if key is not None and key.lasts(now) else None
    if key is None or tenant is None:
        raise Unauthenticated("Send a valid API key as Authorization: Bearer …")
    remember_admin(tenant)
    remember_language(tenant.language)
    # Counted before the scope is checked: calls that are refused cost us as much as others.
    _rate(services).count(key.key_id, now=now)
    if scope not in key.scopes:
        raise Forbidden("This API key has no scope for this.", facts={"tenant": tenant.tenant_id, "kind": scope.value})
    caller = ApiKeyPrincipal(services.store.api_keys.used(key, now=now), tenant)
    # Optional here, but checked when present: a refreshed sandbox carries production's keys under another org id.
    if ORG_HEADER in request.headers:
        require_org(caller.tenant, request.headers[ORG_HEADER], where="api", services=services)
    return caller


def count_call(key: ApiKey, services: Services) -> None:
    """Count one more call of a key: each item of a batch after its first is one.

    Raises:
        TooMany: the key has used its calls of this minute.
    """
    _rate(services).count(key.key_id, now=services.now())


def any_principal(services: Services, *, scope: Scope) -> LaunchPrincipal | ApiKeyPrincipal:
    """Authenticate the caller of an endpoint that takes both: an open page, or an API key of ``scope``.

    Raises:
        Unauthenticated, Forbidden, TooMany: as ``bearer`` and ``api_key_principal`` do.
    """
    if _is_key_alone():
        return api_key_principal(services, scope)
    return bearer(services)


def _launch_token(services: Services) -> LaunchToken:
    carried = request.headers.get(LAUNCH_HEADER)
    key = None if carried is None else api_key_principal(services, Scope.APEX)
    text = bearer_text(request) if carried is None else carried
    token = read(text, keys=services.settings.launch_keys, now=services.now())
    if key is not None and token.tenant_id != key.tenant.tenant_id:
        raise Unauthenticated("This launch token belongs to another tenant than the API key.")
    return token


def _is_key_alone() -> bool:
    # Both come as Bearer; only keys begin with our prefix, which a JWT never does.
    return LAUNCH_HEADER not in request.headers and bearer_text(request).startswith(PREFIX)


def bearer_text(given: Request) -> str:
    """Return the credential of a Bearer ``Authorization`` header.

    Raises:
        Unauthenticated: the header is missing, empty or of another scheme.
    """
    scheme, _, text = given.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise Unauthenticated("Send the launch token as Authorization: Bearer …")
    return text.strip()


def _rate(services: Services) -> ApiKeyRateLimit:
    # One per app, not per module: tests and the demo run several apps in one process.
    rate: ApiKeyRateLimit = current_app.extensions.setdefault(
        _RATE, ApiKeyRateLimit(services.store.api_keys.take_calls)
    )
    return rate

"""Request checks when a peer refuses a call, and again when it accepts one afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from connector.domain.health.clock_skew import is_skewed
from connector.domain.tenants.tenant import CoreAccess, Tenant
from connector.errors import (
    CoreRefused,
    OrgLimitReached,
    OrgSessionExpired,
    SalesforceRefused,
    TenantProblem,
    UpstreamError,
)
from connector.store.health.recorder import FindingRecorder
from connector.store.tenants.tenants import TenantDirectory

_SEND = "send_payment_link"


class PeerWatch:
    """Receives the outcome of every call to a peer; a successful call costs one look into a dictionary."""

    def __init__(self, *, tenants: TenantDirectory, findings: FindingRecorder) -> None:
        self._tenants = tenants
        self._findings = findings
        self._lock = threading.Lock()
        self._suspected: dict[tuple[str, str], set[str]] = {}  # (peer, tenant or its callback key)

    def core(self, access: CoreAccess, error: UpstreamError | None) -> None:
        """Take the outcome of a call to a tenant's payment core."""
        place = ("core", access.callback_key)
        if error is None and place not in self._suspected:
            return
        checks = _of_core(error) if error else self._settled(place)
        tenant = self._look_up(lambda: self._tenants.by_callback_key(access.callback_key)) if checks else None
        if tenant is None or tenant.core.api_key != access.api_key or tenant.core.base_url != access.base_url:
            return  # a trial of values that are not the tenant's yet says nothing about it
        self._report(place, tenant, checks, is_fault=error is not None)

    def core_clock(self, access: CoreAccess, ahead: timedelta) -> None:
        """Take how far the clock of a tenant's core is ahead of ours; a large difference is examined, and so is its end."""
        place = ("core_clock", access.callback_key)
        is_off = is_skewed(ahead.total_seconds())
        if is_off == (place in self._suspected):
            return
        tenant = self._look_up(lambda: self._tenants.by_callback_key(access.callback_key))
        if tenant is not None and tenant.core.base_url == access.base_url:
            self._report(place, tenant, {"core_clock"} if is_off else self._settled(place), is_fault=is_off)

    def salesforce(self, tenant: Tenant, error: UpstreamError | None, *, as_agent: bool) -> None:
        """Take the outcome of a call to a tenant's org, as the integration user or with an agent's own token."""
        place = ("salesforce", tenant.tenant_id)
        if error is None and place not in self._suspected:
            return
        checks = _of_salesforce(error, as_agent=as_agent) if error else self._settled(place)
        stored = self._look_up(lambda: self._tenants.by_id(tenant.tenant_id)) if checks else None
        if stored is not None and stored.salesforce == tenant.salesforce:
            self._report(place, tenant, checks, is_fault=error is not None)

    def _report(self, place: tuple[str, str], tenant: Tenant, checks: Collection[str], *, is_fault: bool) -> None:
        if not is_fault:
            self._findings.recheck(tenant.tenant_id, checks)
            return
        with self._lock:
            self._suspected.setdefault(place, set()).update(checks)
        self._findings.suspect(tenant.tenant_id, *checks)

    def _settled(self, place: tuple[str, str]) -> set[str]:
        with self._lock:
            return self._suspected.pop(place, set())

    @staticmethod
    def _look_up(find: Callable[[], Tenant | None]) -> Tenant | None:
        try:
            return find()
        except (TenantProblem, SQLAlchemyError):
            return None


def _of_core(error: UpstreamError) -> tuple[str, ...]:
    if not isinstance(error, CoreRefused):
        return ("core_answers",)
    if error.upstream_status in (401, 403):
        return ("core_key",)
    return ("core_application", "core_offers") if error.operation == _SEND else ()


def _of_salesforce(error: UpstreamError, *, as_agent: bool) -> tuple[str, ...]:
    if isinstance(error, OrgLimitReached):
        return ("org_serves", "api_limits")
    if isinstance(error, OrgSessionExpired):
        return () if as_agent else ("integration_user",)
    if isinstance(error, SalesforceRefused):
        return () if as_agent else ("integration_user", "permissions", "mapping")
    return ("org_answers", "org_serves")

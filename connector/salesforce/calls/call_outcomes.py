"""The observer of how calls to orgs ended."""

from __future__ import annotations

from typing import Protocol

from connector.domain.tenants.tenant import Tenant
from connector.errors import UpstreamError


class CallObserver(Protocol):
    """Is called as each call ends: with its fault or None, and with whether it was made with an agent's own token."""

    def __call__(self, tenant: Tenant, error: UpstreamError | None, *, as_agent: bool) -> None:
        """Observe one call."""


def ignore_outcome(tenant: Tenant, error: UpstreamError | None, *, as_agent: bool) -> None:
    """Observe nothing."""

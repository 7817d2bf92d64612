"""The observer of the outcomes of calls to orgs."""

from __future__ import annotations

from typing import Protocol

from connector.domain.tenants.tenant import Tenant
from connector.errors import UpstreamError


class CallObserver(Protocol):
    """Receives the outcome of each call: its error or None, and whether it was made with an agent's own token."""

    def __call__(self, tenant: Tenant, error: UpstreamError | None, *, as_agent: bool) -> None:
        """Observe one call."""


def ignore_outcome(tenant: Tenant, error: UpstreamError | None, *, as_agent: bool) -> None:
    """Observe nothing."""

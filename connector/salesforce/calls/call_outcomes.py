"""Whoever hears how calls to orgs ended."""

from __future__ import annotations

from typing import Protocol

from connector.domain.tenants.tenant import Tenant
from connector.errors import UpstreamError


class CallOutcome(Protocol):
    """Hears of each call: with which fault it ended, or with none, and whether it was made with an agent's own token."""

    def __call__(self, tenant: Tenant, fault: UpstreamError | None, *, as_agent: bool) -> None:
        """Hear of one call."""


def unheard(tenant: Tenant, fault: UpstreamError | None, *, as_agent: bool) -> None:
    """Where nobody listens."""

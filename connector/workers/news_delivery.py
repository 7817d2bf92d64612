"""Deliver the bells, events and payments that are due, apart from the pushes that must not wait for them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from callbacks.per_tenant_executor import PerTenantExecutor
from connector.errors import TenantProblem
from connector.journeys.news.book_captures import book_captures
from connector.journeys.news.publish_events import publish_events
from connector.journeys.news.ring_bells import ring_bells
from connector.salesforce.news.bell_setups import BellSetups
from connector.services import Services
from connector.store.outbox import news_rows

_RNG = random.SystemRandom()
# How long a round waits for orgs before the next one looks for other tenants.
_PATIENCE_SECONDS = 1.0


class NewsDelivery:
    """Delivers what is due, each tenant in a thread of its own, so that an org that hangs delays its own news only."""

    def __init__(self, *, wake: Callable[[], None] = lambda: None) -> None:
        """``wake`` is called where a tenant has ended after its round did, and may have more that is due."""
        self._setups = BellSetups()
        self._executor = PerTenantExecutor("news")
        self._wake = wake

    def deliver(self, services: Services, *, patience: float = _PATIENCE_SECONDS) -> int:
        """Make at most one call for each medium and tenant; return how many rows were claimed by those that ended in time.

        An org that takes longer than ``patience`` seconds is called to the end in the background, and meanwhile not again.
        """
        away = self._executor.away()
        with services.store.read() as work:
            due = [one for one in news_rows.due_tenants(work, now=services.now()) if one not in away]
        claimed: list[int] = []

        def deliver(tenant_id: str) -> None:
            claimed.append(self._deliver(services, tenant_id))

        # Rows that the org's scarce calls hold back are not claimed: whoever is woken for them finds them again, for ever.
        steps = {one: partial(deliver, one) for one in due}
        self._executor.start(steps, patience=patience, then=lambda: self._wake() if any(claimed) else None)
        return sum(list(claimed))

    def stop(self, *, within: float) -> bool:
        """Begin no further call; return whether all under way ended in ``within`` seconds."""
        return self._executor.stop(within=within)

    def _deliver(self, services: Services, tenant_id: str) -> int:
        try:
            tenant = services.store.tenants.by_id(tenant_id)
        except TenantProblem:
            return 0  # its secrets cannot be decrypted: doctor reports it
        if tenant is None:
            return 0
        context = services.for_tenant(tenant)
        lease = timedelta(seconds=4 * services.settings.salesforce_timeout)
        rung = ring_bells(context, self._setups, lease=lease, rng=_RNG, owner=services.owner)
        delivered = rung + publish_events(context, lease=lease, rng=_RNG, owner=services.owner)
        return delivered + book_captures(context, rng=_RNG, owner=services.owner)

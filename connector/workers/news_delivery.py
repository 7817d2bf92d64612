"""Deliver the bells and events that are due, apart from the pushes that must not wait for them."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from connector.errors import TenantProblem
from connector.journeys.news.book_captures import book_captures
from connector.journeys.news.publish_events import publish_events
from connector.journeys.news.ring_bells import ring_bells
from connector.salesforce.calls.bell_setups import BellSetups
from connector.services import Services
from connector.store.outbox import news_rows
from foundation.log import get_logger

log = get_logger()
_RNG = random.SystemRandom()
_AT_ONCE = 6


class NewsDelivery:
    """Delivers what is due, of several tenants at once."""

    def __init__(self) -> None:
        self._setups = BellSetups()

    def deliver(self, services: Services) -> int:
        """Make at most one call for each medium and tenant; return how many rows were claimed."""
        with services.store.read() as work:
            due = news_rows.due_tenants(work, now=services.now())
        if not due:
            return 0
        with ThreadPoolExecutor(min(_AT_ONCE, len(due)), thread_name_prefix="news") as pool:
            begun = {one: pool.submit(self._deliver, services, one) for one in due}
        claimed = 0
        for tenant_id, ended in begun.items():
            if error := ended.exception():
                log.error("news_not_delivered", tenant=tenant_id, error=type(error).__name__)
            else:
                claimed += ended.result()
        return claimed

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

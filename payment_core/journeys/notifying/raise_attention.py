"""Let a person look at a payment, and notify the application that made its link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from payment_core.domain.link import Link
from payment_core.domain.settlement import Attention
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import links


def raise_attention(core: Core, reference: str, why: Callable[[Link], Attention | None]) -> bool:
    """Write the reason that ``why`` gives for a link as it is now; return whether it gave one."""
    with core.transactions.write() as work:
        # Locked: a graver reason that is written at this moment must not be lost.
        link = links.get(work, reference, locked=True)
        attention = why(link)
        if attention is None:
            return False
        link = links.save(work, replace(link, attention=attention, attention_at=core.now()))
        queue_notifications.attention_changed(work, core, merchants.get(work, link.merchant_id), link)
    core.wake.deliveries.set()
    return True

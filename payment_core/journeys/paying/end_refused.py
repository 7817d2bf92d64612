"""End an attempt to pay that the gateway refused: nothing was made by it."""

from __future__ import annotations

from payment_core.domain.attempt import Attempt
from payment_core.domain.link import Link
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import attempts, links


def end_refused(core: Core, attempt: Attempt) -> Link:
    """Return the link after the end of its attempt; an attempt that has its page or payment by now goes on."""
    with core.transactions.write() as work:
        is_ended = attempts.end_unopened(work, attempt, now=core.now())
        link = links.get(work, attempt.link_reference)
        if is_ended and attempt.is_of_saved_card:
            queue_notifications.charge_changed(work, core, merchants.get(work, link.merchant_id), link)
    core.wake.deliveries.set()
    return link

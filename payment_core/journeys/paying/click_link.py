"""Count the customer's button as the click of a link: it gives more time to pay."""

from __future__ import annotations

from datetime import timedelta

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import LinkStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store.links import links


def click_link(core: Core, merchant: Merchant, reference: str) -> Link:
    """Return the link, clicked now if it is the first time and its time is not over; else as it is.

    Raises:
        LookupError: there is no such link.
    """
    link = core.transactions.grouped(lambda work: clicked(work, core, merchant, reference))
    core.wake.deliveries.set()
    return link


def clicked(work: UnitOfWork, core: Core, merchant: Merchant, reference: str) -> Link:
    """Do the same inside a transaction, which then holds the link's lock."""
    link = links.lock(work, reference)
    if link is None:
        raise LookupError(reference)
    now = core.now()
    # Only the first press counts, else a customer could keep a link alive for ever by pressing.
    if not link.payable or link.clicked_at is not None or link.is_overdue(now):
        return link
    deadline = now + timedelta(seconds=core.api.opened_seconds)
    link = links.change(work, link, status=LinkStatus.CLICKED, clicked_at=now, expires_at=deadline)
    queue_notifications.link_changed(work, core, merchant, link)
    return link

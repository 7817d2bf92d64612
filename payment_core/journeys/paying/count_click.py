"""Count the customer's button as the click of a link: it gives more time to pay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import LinkStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store.links import links


def count_click(core: Core, merchant: Merchant, reference: str) -> Link:
    """Return the link, clicked now if it is the first time and its time is not over; else as it is.

    Raises:
        LookupError: there is no such link.
    """
    link = core.transactions.grouped(lambda work: _click_locked(work, core, merchant, reference))
    core.wake.deliveries.set()
    return link


def click_in_transaction(work: UnitOfWork, core: Core, merchant: Merchant, link: Link) -> Link:
    """As ``count_click``, inside a transaction, which then holds the link's lock; ``link`` is as it was read a moment ago."""
    # Most clicks are a link's first change since it was read: the write itself proves it, and is the lock.
    if _is_first_click(core, link):
        recorded = _record_click(work, core, merchant, link, links.change_same)
        if recorded is not None:
            return recorded
    return _click_locked(work, core, merchant, link.reference)


def _click_locked(work: UnitOfWork, core: Core, merchant: Merchant, reference: str) -> Link:
    link = links.get(work, reference, locked=True)
    if not _is_first_click(core, link):
        return link
    return _record_click(work, core, merchant, link, links.change) or link


def _is_first_click(core: Core, link: Link) -> bool:
    # Only the first press counts, else a customer could keep a link alive for ever by pressing.
    return link.payable and link.clicked_at is None and not link.is_overdue(core.now())


def _record_click(
    work: UnitOfWork, core: Core, merchant: Merchant, link: Link, change: Callable[..., Link | None]
) -> Link | None:
    now = core.now()
    deadline = now + timedelta(seconds=core.api.opened_seconds)
    changed = change(work, link, status=LinkStatus.CLICKED, clicked_at=now, expires_at=deadline)
    if changed is not None:
        queue_notifications.link_changed(work, core, merchant, changed)
    return changed

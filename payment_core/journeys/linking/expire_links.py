"""End links whose time is over: only once nothing can be paid with them any more."""

from __future__ import annotations

from dataclasses import replace

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import LinkStatus
from payment_core.domain.link import Link
from payment_core.domain.settlement import ENDS_LINK
from payment_core.journeys.messaging import queue_message
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.notifying import queue_notifications
from payment_core.journeys.one_by_one import one_by_one
from payment_core.journeys.paying import close_page
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import attempts, links

_AT_ONCE = 100


def expire_links(core: Core) -> int:
    """End what is overdue, and what a gateway answered with another amount; return how many links were ended."""
    ended: list[bool] = []
    with core.transactions.read() as work:
        references = links.overdue(work, now=core.now(), most=_AT_ONCE)
        alarmed = links.to_end_unpaid(work, ENDS_LINK, most=_AT_ONCE)
    one_by_one(references, lambda one: ended.append(end_overdue(core, one)), step="expiry")
    one_by_one(alarmed, lambda one: ended.append(_end_alarmed(core, one)), step="expiry")
    return sum(ended)


def end_overdue(core: Core, reference: str) -> bool:
    """End one link if its time is over; return whether it was ended.

    Where a page is open, it is closed at the gateway first: the link expires when the gateway says that the page is dead,
    and not before. A payment that was quicker counts.
    """
    # Most links were never opened; for them the gateway need not be asked.
    if _end_without_page(core, reference):
        return True
    with core.transactions.read() as work:
        live = attempts.live_of(work, reference)
        if live is None or not links.get(work, reference).is_overdue(core.now()):
            return False
    # Its settlement ends the attempt where the page is dead; then nothing keeps the link from its end.
    close_page.close_page(core, live)
    return _end_without_page(core, reference)


def _end_without_page(core: Core, reference: str) -> bool:
    with core.transactions.read() as work:
        link = links.find(work, reference)
        if link is None or not link.is_overdue(core.now()) or attempts.live_of(work, reference) is not None:
            return False
    # Looked at without the lock first, since the answer is mostly no and every writer of the link would wait.
    with core.transactions.write() as work:
        link = links.get(work, reference, locked=True)
        # Locked, and read again: a click or a reply may have come meanwhile.
        if not link.is_overdue(core.now()) or attempts.live_of(work, reference) is not None:
            return False
        _expire(work, core, link)
    core.wake.deliveries.set()
    core.wake.messages.set()
    return True


def _end_alarmed(core: Core, reference: str) -> bool:
    """End a link of which nothing was counted and nothing can arrive, so that its order can be paid by another."""
    with core.transactions.write() as work:
        link = links.get(work, reference, locked=True)
        # Locked, and read again: a webhook may have brought money meanwhile.
        if link.status in (LinkStatus.EXPIRED, LinkStatus.CANCELLED):
            return False
        if link.paid_by is not None or attempts.live_of(work, reference) is not None:
            return False
        _expire(work, core, link)
    core.wake.deliveries.set()
    core.wake.messages.set()
    return True


def _expire(work: UnitOfWork, core: Core, link: Link) -> None:
    merchant = merchants.get(work, link.merchant_id)
    changed = links.save(work, replace(link, status=LinkStatus.EXPIRED, payable=False))
    queue_notifications.link_changed(work, core, merchant, changed)
    if merchant.tells_expiry:
        queue_message.queue(work, core, merchant, Purpose.EXPIRED, changed)

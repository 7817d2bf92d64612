"""Record that a person has dealt with a payment that needed one, and notify the applications that were alarmed."""

from __future__ import annotations

from dataclasses import replace

from payment_core.domain.enums import LinkStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import ENDS_LINK, dealt_with
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store import changes
from payment_core.store.links import attempts, links


def name_of_alarm(link: Link) -> str:
    """Return what distinguishes a link's alarm from earlier and later ones, those of the same word included."""
    return f"{link.attention} {link.attention_at.isoformat() if link.attention_at else ''}"


def deal_with_attention(core: Core, merchant: Merchant, reference: str, *, seen: str, by: str) -> bool:
    """End the need for a person, and record who did; ``seen`` is the name of the alarm that the person was shown.

    False where there is none on this merchant's link, or another by now, or it is to end yet.
    """
    with core.transactions.write() as work:
        link = links.lock(work, reference)
        if link is None or link.merchant_id != merchant.merchant_id or link.attention is None:
            return False
        # A page that was opened before a dispute was lost must not put that away unread.
        if seen != name_of_alarm(link):
            return False
        # By this word the worker finds the link that it is about to end.
        if link.attention in ENDS_LINK and link.status not in (LinkStatus.EXPIRED, LinkStatus.CANCELLED):
            return False
        after = links.save(work, replace(dealt_with(link), attention_at=core.now()))
        detail = f"{link.attention.replace('_', ' ')}, order {link.order_number}"
        changes.record_change(
            work, merchant.merchant_id, by=by, what="payment dealt with", detail=detail, now=core.now()
        )
        queue_notifications.attention_changed(work, core, merchant, after)
        # The gateway may say something else, too, of which this alarm hid the news.
        if link.paid_by is not None:
            attempts.change(work, attempts.get(work, link.paid_by), look_at=core.now())
    core.wake.deliveries.set()
    return True

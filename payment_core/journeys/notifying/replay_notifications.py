"""Send notifications again by a person's order."""

from __future__ import annotations

from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store import changes
from payment_core.store.deliveries import replays
from payment_core.store.deliveries.delivery_list import DeliveryFilter


def replay_notifications(
    core: Core, merchant: Merchant, wanted: DeliveryFilter, *, by: str, seen: int | None = None
) -> int:
    """Queue those of the wanted notifications that have ended; return how many. They go out in their old order.

    ``seen``: how often one had been sent again when a person was shown it. A form that is sent twice sends once.
    """
    with core.transactions.write() as work:
        number = replays.replay(work, wanted, now=core.now(), seen=seen)
        if number:
            detail = f"{number} of them"
            changes.record_change(
                work, merchant.merchant_id, by=by, what="notifications sent again", detail=detail, now=core.now()
            )
    core.wake.deliveries.set()
    return number

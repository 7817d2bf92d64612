"""The steps of background work: what each does, and what wakes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from payment_core.journeys.amending.move_money import finish_moves
from payment_core.journeys.amending.reverse_old_reviews import reverse_old_reviews
from payment_core.journeys.forgetting.erase_old import HourlyErasure
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.messaging.poll_message_statuses import poll_message_statuses
from payment_core.journeys.messaging.send_message import send_due
from payment_core.journeys.notifying.deliver_notifications import AT_ONCE, Deliverer
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.journeys.webhooks.find_missed_replies import missed_replies
from payment_core.journeys.webhooks.find_missed_reports import missed_reports
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Core


@dataclass(frozen=True)
class Step:
    """One kind of work. ``run`` does some of it and returns how much; ``wake`` says that there is more.

    Rows are claimed one by one, so a fleet's worker runs a step in several threads; ``alone`` is for one thread only.
    """

    name: str
    run: Callable[[Core], int]
    wake: threading.Event
    alone: bool = True
    # Waits for what the step left under way in threads of its own, at most so many seconds.
    finish: Callable[[float], bool] = lambda _: True


def steps(core: Core) -> tuple[Step, ...]:
    """Return all steps of a process."""
    owner, wake = core.owner, core.wake
    couriers = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="courier")
    deliverer = Deliverer(couriers, owner=owner)
    return (
        Step("messages", send_due, wake.messages, alone=False),
        Step("webhooks", lambda one: read_due(one, owner=owner), wake.webhooks, alone=False),
        Step("payments", lambda one: look_at_payments(one, owner=owner), wake.payments, alone=False),
        Step("fates", poll_message_statuses, threading.Event()),
        Step("replies", missed_replies(), threading.Event()),
        Step("reports", missed_reports(), threading.Event()),
        Step("moves", lambda one: finish_moves(one, owner=owner), threading.Event()),
        Step("reviews", reverse_old_reviews, threading.Event()),
        Step("expiry", expire_links, threading.Event()),
        Step("erasure", HourlyErasure(), threading.Event()),
        Step("deliveries", deliverer.run, wake.deliveries, finish=deliverer.finish),
    )

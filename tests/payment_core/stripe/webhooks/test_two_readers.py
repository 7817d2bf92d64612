"""Two processes share a batch of events, and more happens to its payment after they looked at it: the last word is known."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from payment_core.domain.attempt import Attempt
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Core
from sandbox.stripe.app import StripeStandIn
from tests.payment_core.stripe.conftest import Shop


class ThenMoreHappens:
    """The gateway; after the first look that is taken through any of those of one ``lock``, something happens."""

    def __init__(self, gateway: Any, happen: Callable[[], None], lock: threading.Lock) -> None:
        self._gateway, self._happen, self._first = gateway, happen, lock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def look(self, attempt: Attempt) -> Payment:
        found: Payment = self._gateway.look(attempt)
        if self._first.acquire(blocking=False):
            self._happen()
        return found


@pytest.mark.both_databases
@pytest.mark.parametrize("last", ["dispute", "refund", "end of the dispute"])
def test_what_happens_after_the_look_of_a_batch_is_looked_at_again(
    make_core: Callable[..., Core],
    core: Core,
    merchant: Merchant,
    shop: Shop,
    hooked: str,
    stand_in: StripeStandIn,
    last: str,
) -> None:
    link, order = shop.link(merchant), random.Random(last)
    shop.pay(shop.open(merchant, link))
    (intent,) = shop.intents(link)
    stand_in.intents.settle()
    happenings: dict[str, Callable[[], object]] = {
        "refund": lambda: stand_in.intents.refund(intent, 4000),
        "dispute": lambda: stand_in.intents.dispute(intent),
        "end of the dispute": lambda: stand_in.intents.close_dispute(intent, "lost"),
    }
    for name in ("refund", "dispute"):
        if name != last:
            happenings[name]()

    def happen() -> None:
        happenings[last]()
        stand_in.deliveries.deliver(order=order)

    first = threading.Lock()
    stand_in.deliveries.deliver(order=order, repeat=1.0)
    readers = [make_core(lambda gateway: ThenMoreHappens(gateway, happen, first)) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(lambda one: read_due(one, owner=one.owner), readers)) > 0
    assert first.locked()
    while any(read_due(one, owner=one.owner) for one in readers):
        pass
    after = shop.now(link)
    assert (after.captured, after.reversed) == (Decimal("150.00"), Decimal("40.00"))
    assert after.attention == ("dispute_lost" if last == "end of the dispute" else "disputed")

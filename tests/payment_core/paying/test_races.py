"""Everybody at once: customers press, workers look, the merchant cancels, captures and reverses; money stays right."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import select

from foundation.money import ZERO
from payment_core.domain.enums import LinkStatus, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import PaymentState
from payment_core.errors import Refusal, TryLater
from payment_core.journeys.amending import move_money
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.linking.expire_links import end_overdue, expire_links
from payment_core.journeys.messaging.send_message import send_due
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.look_at_payments import look, look_at_payments
from payment_core.services import Adapters, Core, build_core
from payment_core.settings import Settings
from payment_core.store.links import links
from payment_core.store.schema.tables import attempts as attempt_rows
from payment_core.store.schema.tables import deliveries, messages, money_moves
from tests.payment_core.conftest import order_for
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock
from tests.payment_core.links import attempts_of

Answer = TypeVar("Answer")
LINKS, WORKERS, STEPS = 6, 6, 40
_FINAL = (LinkStatus.EXPIRED, LinkStatus.CANCELLED)


class LockedGateway(FakeGateway):
    """A gateway that does one thing at a time, as a real one does to one payment, and loses answers by chance."""

    def __init__(self, now: MovableClock) -> None:
        super().__init__(now)
        self.one_at_a_time = threading.RLock()
        self.chance = random.Random(11)

    def _call(self, method: str, key: str, do: Callable[[], Answer]) -> Answer:
        with self.one_at_a_time:
            if self.chance.random() < 0.2:
                self.faults[method].append(self.chance.choice([Lost.NOTHING_LEFT, Lost.BEFORE, Lost.AFTER]))
            return super()._call(method, key, do)

    def customer_pays(self, reference: str) -> None:
        """Pay on the page of a link, where one is open."""
        with self.one_at_a_time:
            for key, payment in list(self.payments.items()):
                if payment.link_reference == reference and payment.state in (PaymentState.OPEN, PaymentState.DECLINED):
                    self.pay(key, state=self.chance.choice([None, None, PaymentState.DECLINED]))


@pytest.fixture
def gateway(clock: MovableClock) -> FakeGateway:
    return LockedGateway(clock)


@pytest.fixture
def cores(core: Core, core_settings: Settings, gateway: FakeGateway, messenger: FakeMessenger) -> Iterator[list[Core]]:
    """Two processes of a fleet; on SQLite there is one."""
    if not core.settings.is_fleet:
        yield [core]
        return
    adapters = Adapters({"fake": lambda _: gateway}, {"fake": lambda _: messenger})
    another = build_core(core_settings, adapters, now=core.now, owner="another")
    yield [core, another]
    another.transactions.database.close()


@pytest.mark.parametrize("kind", list(TransactionType))
def test_everybody_at_once(
    cores: list[Core], merchant: Merchant, gateway: LockedGateway, clock: MovableClock, kind: TransactionType
) -> None:
    seller = replace(merchant, transaction_type=kind)
    made = [create_link(cores[0], seller, order_for(order_number=f"0000{one}")).link for one in range(LINKS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        for ended in [pool.submit(_live, cores, seller, gateway, clock, made, seed) for seed in range(WORKERS)]:
            ended.result(120)
    _run_until_quiet(cores, clock)
    for link in made:
        _check(cores[0], gateway, link)


def _live(
    cores: list[Core], merchant: Merchant, gateway: LockedGateway, clock: MovableClock, made: list[Link], seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(STEPS):
        core, link = chance.choice(cores), chance.choice(made)
        verbs = _verbs(core, merchant, gateway, link)
        verbs.append(partial(clock.move, seconds=chance.choice([1, 5, 30])))
        weights = (6, 6, 4, 4, 2, 2, 2, 1, 1, 2, 1, 3)
        with suppress(Refusal, TryLater):
            chance.choices(verbs, weights)[0]()


def _verbs(core: Core, merchant: Merchant, gateway: LockedGateway, link: Link) -> list[Callable[[], object]]:
    """Return what somebody may do to a link, or a worker to all."""
    return [
        partial(begin_payment, core, merchant, link, saves_card=False, return_url="https://pay.example/pay/x"),
        partial(gateway.customer_pays, link.reference),
        partial(_look, core, link),
        partial(look_at_payments, core, owner=core.owner),
        partial(move_money.finish_moves, core, owner=core.owner),
        partial(expire_links, core),
        partial(send_due, core),
        partial(end_overdue, core, link.reference),
        partial(cancel_link, core, merchant, link.reference),
        partial(move_money.capture, core, merchant, link.reference, None),
        partial(move_money.reverse, core, merchant, link.reference),
    ]


def _look(core: Core, link: Link) -> None:
    with core.transactions.read() as work:
        found = attempts_of(work, link.reference)
    if found:
        look(core, found[0])


def _run_until_quiet(cores: list[Core], clock: MovableClock) -> None:
    for _ in range(30):
        clock.move(seconds=61)
        for core in cores:
            look_at_payments(core, owner=core.owner)
            move_money.finish_moves(core, owner=core.owner)
            expire_links(core)
            send_due(core)


def _check(core: Core, gateway: LockedGateway, link: Link) -> None:
    with core.transactions.read() as work:
        after = links.find(work, link.reference)
        rows = work.connection.execute(select(attempt_rows).where(attempt_rows.c.reference == link.reference)).all()
        moves = work.connection.execute(select(money_moves).where(money_moves.c.reference == link.reference)).all()
        query = select(deliveries.c.event).where(
            deliveries.c.reference == link.reference, deliveries.c.kind != "settings"
        )
        events = list(work.connection.execute(query.order_by(deliveries.c.delivery_id)).scalars())
        sent = work.connection.execute(
            select(messages.c.purpose).where(messages.c.reference == link.reference)
        ).scalars()
        purposes = Counter(sent)
    assert after is not None
    assert {row.state for row in rows} <= {"ended"}, "somebody looked until the end"
    assert {move.state for move in moves} <= {"done", "refused"}
    taken = [one for one in gateway.payments.values() if one.link_reference == link.reference and one.authorized]
    assert len(taken) <= 1, "charged twice"
    truth = sum((one.captured or one.authorized for one in taken), ZERO) - sum((one.reversed for one in taken), ZERO)
    assert (after.captured or after.authorized) - after.reversed == truth
    assert after.attention is None
    if taken:
        assert not after.payable
        told = [event for event in events if event.startswith("PAYMENT_") and "LINK" not in event]
        assert told[-1] == after.payment_status
        money = [event for event in told if event != PaymentStatus.DECLINED]
        # Each change is told twice: as an event of the link, and as a payment's status.
        assert all(number == 2 for number in Counter(money).values()), money
        assert purposes["receipt"] == 1
        assert purposes["reversed"] == (1 if taken[0].reversed else 0)
    else:
        assert after.status in _FINAL
        assert events.count(after.status.value) == 1
        assert purposes["receipt"] == 0
    assert purposes["payment_request"] == 1

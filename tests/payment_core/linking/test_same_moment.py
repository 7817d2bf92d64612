"""Links that are asked for at the same moment share a transaction, and each of them is made or refused alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from payment_core.domain.enums import LinkStatus, MessageStatus
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.linking.create_link import CreatedLink, create_link
from payment_core.journeys.linking.link_order import LinkOrder
from payment_core.journeys.messaging.send_message import send_due
from payment_core.services import Core
from payment_core.store.schema.tables import deliveries, links
from payment_core.store.schema.tables import messages as message_rows
from tests.payment_core.conftest import order_for
from tests.payment_core.fakes import FakeMessenger, MovableClock

CALLERS = 20


class Killed(BaseException):
    """The process dies."""


def at_once(core: Core, merchant: Merchant, orders: list[LinkOrder]) -> list[CreatedLink | Refusal]:
    """Ask for all links in the same moment, each in a thread of its own."""
    start = threading.Barrier(len(orders))

    def ask(order: LinkOrder) -> CreatedLink | Refusal:
        start.wait(60)
        try:
            return create_link(core, merchant, order)
        except Refusal as refused:
            return refused

    with ThreadPoolExecutor(len(orders)) as pool:
        return list(pool.map(ask, orders))


def test_one_reference_of_twenty_callers_is_one_link_and_one_message(
    core: Core, merchant: Merchant, messenger: FakeMessenger
) -> None:
    made = at_once(core, merchant, [order_for(caller_reference="same")] * CALLERS)
    assert all(isinstance(one, CreatedLink) for one in made), made
    links_made = [one for one in made if isinstance(one, CreatedLink)]
    assert len({one.link.reference for one in links_made}) == 1
    assert sum(one.is_new for one in links_made) == 1
    assert len(messenger.sent) == 1
    with core.transactions.read() as work:
        assert len(work.connection.execute(select(links.c.reference)).all()) == 1


def test_what_is_refused_takes_nobody_with_it(core: Core, merchant: Merchant, messenger: FakeMessenger) -> None:
    good = [order_for(caller_reference=f"good-{one}") for one in range(CALLERS // 2)]
    bad = [order_for(caller_reference=f"bad-{one}", application="unknown") for one in range(CALLERS // 2)]
    made = at_once(core, merchant, [order for pair in zip(good, bad, strict=True) for order in pair])
    assert all(isinstance(one, CreatedLink) and one.is_new for one in made[::2])
    assert [one.word for one in made[1::2] if isinstance(one, Refusal)] == ["APPLICATION_NOT_FOUND"] * len(bad)
    with core.transactions.read() as work:
        stored = work.connection.execute(select(links.c.caller_reference, links.c.status)).all()
        news = work.connection.execute(select(deliveries.c.event)).scalars().all()
    assert sorted(row.caller_reference for row in stored) == sorted(one.caller_reference or "" for one in good)
    assert {row.status for row in stored} == {LinkStatus.SENT.value}
    assert len(messenger.sent) == len(good)
    assert sorted(news) == sorted([LinkStatus.CREATED.value, LinkStatus.SENT.value] * len(good))


def test_a_process_that_dies_before_it_sends_leaves_a_message_that_is_named_as_unknown(
    core: Core, merchant: Merchant, messenger: FakeMessenger, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can know that it never left: it is looked for, shown as not known, and never sent by another."""
    with monkeypatch.context() as patch:
        patch.setattr(messenger, "send", _dying)
        with pytest.raises(Killed):
            create_link(core, merchant, order_for(caller_reference="r"))
    assert send_due(core) == 0, "its maker has it for a minute"
    clock.move(seconds=61)
    assert send_due(core) == 1
    assert messenger.sent == []
    again = create_link(core, merchant, order_for(caller_reference="r"))
    assert not again.is_new
    assert again.link.message_status is MessageStatus.UNKNOWN


def test_a_process_that_dies_while_it_sends_sends_nothing_twice(
    core: Core, merchant: Merchant, messenger: FakeMessenger, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    send: Callable[..., object] = messenger.send

    def dies_afterwards(message: object) -> None:
        send(message)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(messenger, "send", dies_afterwards)
        with pytest.raises(Killed):
            create_link(core, merchant, order_for(caller_reference="r"))
    with core.transactions.read() as work:
        status = work.connection.execute(select(message_rows.c.status)).scalar_one()
    assert status == MessageStatus.UNKNOWN.value
    clock.move(seconds=61)
    send_due(core)
    assert len(messenger.sent) == 1
    again = create_link(core, merchant, order_for(caller_reference="r"))
    assert again.link.status is LinkStatus.SENT, "it was found at the provider"


def test_an_amount_that_is_refused_now_was_taken_when_its_link_was_made(core: Core, merchant: Merchant) -> None:
    """The same request again is answered with its link, whatever the merchant's gateway takes by now."""
    order = order_for(caller_reference="r")
    first = create_link(core, merchant, order)
    gateway = core.gateways.of(merchant, merchant.gateway)
    gateway.not_carried.add(order.total)  # type: ignore[attr-defined]
    assert create_link(core, merchant, order).link.reference == first.link.reference
    with pytest.raises(Refusal, match="cannot be carried"):
        create_link(core, merchant, replace(order, caller_reference="other"))


def _dying(*_: object, **__: object) -> None:
    raise Killed

"""What happens to a link while its maker still sends it, or to one whose page was just read, counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.attempt import Attempt
from payment_core.domain.enums import LinkStatus, MessageStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import Attention
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.linking.expire_links import end_overdue, expire_links
from payment_core.journeys.messaging.record_message_status import record_message_status
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.count_click import count_click
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.messengers.messenger import MessageReport, OutgoingMessage
from payment_core.services import Core
from payment_core.store.links import attempts as store
from payment_core.store.links import links
from payment_core.store.schema.tables import attempts, deliveries
from payment_core.store.schema.tables import links as link_rows
from payment_core.store.schema.tables import messages as message_rows
from tests.payment_core.conftest import order_for
from tests.payment_core.fakes import FakeGateway, FakeMessenger, MovableClock
from tests.payment_core.links import now_of, press

pytestmark = pytest.mark.both_databases


@pytest.fixture
def while_sending(messenger: FakeMessenger, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let something happen after the messenger took a message and before its answer is written."""

    def meanwhile(happens: Callable[[OutgoingMessage], object]) -> None:
        send = messenger.send

        def sends(message: OutgoingMessage) -> MessageReport:
            report = send(message)
            happens(message)
            return report

        monkeypatch.setattr(messenger, "send", sends)

    return meanwhile


def test_a_report_that_is_quicker_than_the_answer_stays(
    core: Core, merchant: Merchant, while_sending: Callable[..., None]
) -> None:
    def report(message: OutgoingMessage) -> None:
        with core.transactions.write() as work:
            record_message_status(work, core, message.message_id, MessageReport("SM00000001", MessageStatus.DELIVERED))

    while_sending(report)
    link = create_link(core, merchant, order_for()).link
    assert (link.status, link.message_status) == (LinkStatus.SENT, MessageStatus.DELIVERED)
    with core.transactions.read() as work:
        row = work.connection.execute(select(message_rows)).one()
    assert (row.status, row.provider_id, row.due_at) == (MessageStatus.DELIVERED.value, "SM00000001", None)


def test_a_click_that_is_quicker_than_the_answer_stays(
    core: Core, merchant: Merchant, while_sending: Callable[..., None]
) -> None:
    def click(message: OutgoingMessage) -> None:
        assert message.link_reference is not None
        count_click(core, merchant, message.link_reference)

    while_sending(click)
    link = create_link(core, merchant, order_for()).link
    assert (link.status, link.message_status) == (LinkStatus.CLICKED, MessageStatus.SENT)
    with core.transactions.read() as work:
        news = work.connection.execute(select(deliveries.c.event).order_by(deliveries.c.delivery_id)).scalars().all()
        version = work.connection.execute(select(link_rows.c.version)).scalar_one()
    assert news == [LinkStatus.CREATED.value, LinkStatus.CLICKED.value]
    assert version == 3, "made, clicked, sent"


def test_a_link_that_was_cancelled_since_its_page_was_read_opens_no_page(
    core: Core, merchant: Merchant, make_link: Callable[..., Link]
) -> None:
    read = make_link()
    cancel_link(core, merchant, read.reference, for_replacement=False)
    assert begin_payment(core, merchant, read, saves_card=False, return_url="https://pay.example/pay/t") is None
    assert now_of(core, read).status is LinkStatus.CANCELLED
    with core.transactions.read() as work:
        assert work.connection.execute(select(attempts.c.attempt_id)).all() == []


def test_a_second_press_from_a_page_that_was_read_before_the_first_gives_no_more_time(
    core: Core, merchant: Merchant, make_link: Callable[..., Link]
) -> None:
    read = make_link()
    pages = [
        begin_payment(core, merchant, read, saves_card=False, return_url="https://pay.example/pay/t") for _ in range(2)
    ]
    assert pages[0] == pages[1] is not None
    assert now_of(core, read).version == read.version + 1


def test_a_link_whose_page_another_process_closes_just_now_is_left_to_it(
    core: Core, merchant: Merchant, make_link: Callable[..., Link], gateway: FakeGateway, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """It had a live attempt when it was looked at first, and has none when that is to be closed."""
    link = make_link()
    press(core, merchant, link)
    clock.move(minutes=30)
    live_of, seen = store.live_of, []

    def once(work: UnitOfWork, reference: str) -> Attempt | None:
        seen.append(reference)
        return live_of(work, reference) if len(seen) == 1 else None

    monkeypatch.setattr(store, "live_of", once)
    assert end_overdue(core, link.reference) is False
    assert len(seen) == 2
    assert "close_page" not in dict(gateway.calls)


def test_a_paid_link_is_ended_by_no_time(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    """Whoever asks for its end, in reading or replacing it, ends nothing that is paid, and nobody is told of an end."""
    link = create_link(core, merchant, order_for()).link
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=2)
    look_at_payments(core, owner="tests")
    clock.move(hours=1)
    paid = now_of(core, link)
    assert not end_overdue(core, link.reference)
    assert now_of(core, link) == paid


@pytest.mark.parametrize(
    "change",
    [
        {"status": LinkStatus.CANCELLED, "payable": False},
        {"paid_by": "att_1", "payment_status": PaymentStatus.RECEIVED, "payable": False},
        None,
    ],
    ids=["cancelled", "paid", "being paid"],
)
def test_a_link_that_was_to_end_unpaid_is_read_again_before_it_ends(
    core: Core, merchant: Merchant, make_link: Callable[..., Link], monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any] | None,
) -> None:  # fmt: skip
    made, found = make_link(), links.to_end_unpaid
    with core.transactions.write() as work:
        link = links.save(work, replace(made, attention=Attention.AMOUNT_DIFFERS))

    def slow(work: UnitOfWork, *asked: Any, **more: Any) -> list[str]:
        references = found(work, *asked, **more)
        if change is None:
            press(core, merchant, link)
        else:
            with core.transactions.write() as other:
                links.save(other, replace(link, **change))
        return references

    monkeypatch.setattr(links, "to_end_unpaid", slow)
    assert expire_links(core) == 0
    assert now_of(core, link).status is (change or {}).get("status", LinkStatus.SENT if change else LinkStatus.CLICKED)

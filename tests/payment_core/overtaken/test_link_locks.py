"""Who decides about a link waits for whoever is changing it, and decides by what it is then.

On PostgreSQL, where two processes are in a transaction at once; SQLite has one writer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from payment_core.domain.enums import Channel, LinkStatus, MessageStatus, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import Attention
from payment_core.errors import Refusal
from payment_core.journeys.amending.move_money import capture, reverse
from payment_core.journeys.amending.report_failed_move import raise_alarm
from payment_core.journeys.linking import expire_links
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.messaging.record_message_status import (
    FirstRequest,
    record_acceptance,
    record_doubt,
    record_message_status,
)
from payment_core.journeys.messaging.resend_receipt import resend_receipt
from payment_core.journeys.messaging.send_message import send_due
from payment_core.journeys.paying.charge_saved_card import charge_saved_card
from payment_core.journeys.paying.count_click import count_click
from payment_core.journeys.paying.heed_fraud_warning import heed_fraud_warning
from payment_core.journeys.paying.look_at_payments import look
from payment_core.journeys.paying.saved_card_rules import offered_card
from payment_core.messengers.messenger import MessageReport
from payment_core.services import Core
from payment_core.store import merchants, phone_key
from payment_core.store.links import links
from payment_core.store.links.money_moves import MoneyMove, MoveKind, MoveState
from payment_core.store.messages import messages
from tests.payment_core.conftest import order_for
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock
from tests.payment_core.links import attempts_of, deal_with, now_of, press
from tests.payment_core.replying.test_replies import PAYER, keep_a_card

pytestmark = pytest.mark.parametrize("core_database_url", ["postgresql"], indirect=True)
ALL = Decimal("150.00")
Deed = Callable[[], object]


@pytest.fixture
def holding(core: Core, merchant: Merchant) -> Merchant:
    """The merchant, with authorizations in place of sales."""
    with core.transactions.write() as work:
        return merchants.save(work, replace(merchant, transaction_type=TransactionType.AUTHORIZATION), now=core.now())


def looked_at(core: Core, link: Link) -> Link:
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)
    return now_of(core, link)


def paid(core: Core, merchant: Merchant, gateway: FakeGateway) -> Link:
    link = create_link(core, merchant, order_for()).link
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    return looked_at(core, link)


def meanwhile(core: Core, link: Link, do: Deed, **change: Any) -> object:
    """Change a link and, before that is committed, let another process do something; return its result or its refusal."""

    def done() -> object:
        try:
            return do()
        except Refusal as refused:
            return refused.word

    with ThreadPoolExecutor(1) as pool:
        with core.transactions.write() as work:
            locked = links.lock(work, link.reference)
            assert locked is not None
            links.save(work, replace(locked, **change))
            begun: Future[object] = pool.submit(done)
            while not begun.done() and not somebody_waits(core):
                wait([begun], timeout=0.01)
        return begun.result(60)


def somebody_waits(core: Core) -> bool:
    query = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    with core.transactions.read() as work:
        return work.connection.execute(query).first() is not None


def test_what_is_captured_just_now_is_not_captured_again(core: Core, holding: Merchant, gateway: FakeGateway) -> None:
    link = paid(core, holding, gateway)
    captured = {"payment_status": PaymentStatus.CAPTURED, "captured": ALL}
    said = meanwhile(core, link, lambda: capture(core, holding, link.reference, None), **captured)
    assert said == "ALREADY_CAPTURED"
    assert "capture" not in dict(gateway.calls)


def test_what_is_settled_just_now_is_not_reversed(core: Core, merchant: Merchant, gateway: FakeGateway) -> None:
    link = paid(core, merchant, gateway)
    said = meanwhile(core, link, lambda: reverse(core, merchant, link.reference), settled=True)
    assert said == "ALREADY_SETTLED"
    assert "give_back" not in dict(gateway.calls)


def test_what_is_opened_just_now_is_not_cancelled(core: Core, merchant: Merchant) -> None:
    link = create_link(core, merchant, order_for()).link
    cancel = lambda: cancel_link(core, merchant, link.reference)  # noqa: E731
    assert "CLICKED" in str(meanwhile(core, link, cancel, status=LinkStatus.CLICKED))
    assert now_of(core, link).payable


def test_what_is_cancelled_just_now_is_not_clicked(core: Core, merchant: Merchant) -> None:
    link = create_link(core, merchant, order_for()).link
    cancelled = {"status": LinkStatus.CANCELLED, "payable": False}
    meanwhile(core, link, lambda: count_click(core, merchant, link.reference), **cancelled)
    assert (now_of(core, link).status, now_of(core, link).clicked_at) == (LinkStatus.CANCELLED, None)


def test_what_is_cancelled_just_now_keeps_no_money(core: Core, merchant: Merchant, gateway: FakeGateway) -> None:
    link = create_link(core, merchant, order_for()).link
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    meanwhile(core, link, lambda: looked_at(core, link), status=LinkStatus.CANCELLED, payable=False)
    after = now_of(core, link)
    assert (after.paid_by, after.attention) == (None, Attention.PAID_LATE)


def test_what_is_cancelled_just_now_has_no_card_charged(core: Core, merchant: Merchant, gateway: FakeGateway) -> None:
    keep_a_card(core, merchant, gateway)
    link = create_link(core, merchant, order_for(channel=Channel.SMS, payer_reference=PAYER)).link
    with core.transactions.read() as work:
        card = offered_card(work, core, merchant, link, phone_key.of(core, merchant.merchant_id, link.phone))
    assert card is not None
    cancelled = {"status": LinkStatus.CANCELLED, "payable": False}
    meanwhile(core, link, lambda: charge_saved_card(core, merchant, link, card), **cancelled)
    assert (now_of(core, link).paid_by, gateway.charged(link.reference)) == (None, Decimal("0.00"))
    assert "charge_saved" not in dict(gateway.calls)


def test_what_is_refunded_just_now_has_no_receipt_sent(core: Core, merchant: Merchant, gateway: FakeGateway) -> None:
    link = paid(core, merchant, gateway)
    assert meanwhile(core, link, lambda: resend_receipt(core, merchant, link.reference), reversed=ALL) == "NO_RECEIPT"


def test_what_is_paid_just_now_is_not_replaced(core: Core, merchant: Merchant) -> None:
    link = create_link(core, merchant, order_for(caller_reference="a")).link
    cancel_link(core, merchant, link.reference)
    order = order_for(caller_reference="b", previous=link.reference)
    review = {"payment_status": PaymentStatus.REVIEW}
    assert "PAID" in str(meanwhile(core, link, lambda: create_link(core, merchant, order), **review))


def test_what_is_extended_just_now_does_not_expire(core: Core, merchant: Merchant, clock: MovableClock) -> None:
    link = create_link(core, merchant, order_for()).link
    clock.move(minutes=20)
    end = lambda: expire_links.end_overdue(core, link.reference)  # noqa: E731
    assert meanwhile(core, link, end, expires_at=clock() + timedelta(minutes=5)) is False
    assert now_of(core, link).status is not LinkStatus.EXPIRED


def test_what_is_cancelled_just_now_does_not_expire_for_its_alarm(core: Core, merchant: Merchant) -> None:
    link = create_link(core, merchant, order_for()).link
    with core.transactions.write() as work:
        links.save(work, replace(link, attention=Attention.AMOUNT_DIFFERS))
    end = lambda: expire_links.expire_links(core)  # noqa: E731
    assert meanwhile(core, link, end, status=LinkStatus.CANCELLED, payable=False) == 0
    assert now_of(core, link).status is LinkStatus.CANCELLED


@pytest.mark.parametrize(
    ("before", "change", "do", "after"),
    [
        (Attention.DISPUTED, None, "deal", None),
        (None, Attention.PAID_TWICE_RETURNED, "move", Attention.PAID_TWICE_RETURNED),
        (None, Attention.DISPUTED, "warning", Attention.DISPUTED),
    ],
)
def test_a_graver_reason_that_is_written_just_now_stays(
    core: Core, merchant: Merchant, gateway: FakeGateway, before: Attention | None, change: Attention | None, do: str,
    after: Attention | None,
) -> None:  # fmt: skip
    link = paid(core, merchant, gateway)
    with core.transactions.write() as work:
        attempt = attempts_of(work, link.reference)[0]
        link = links.save(work, replace(link, attention=before, in_review=True))
    gateway.suspected.add(attempt.key)
    kind = MoveKind.GIVE_BACK
    move = MoneyMove("mov_1", link.reference, attempt.attempt_id, kind, "k", None, MoveState.PREPARED, core.now())
    deeds: dict[str, Deed] = {
        "deal": lambda: deal_with(core, merchant, link),
        "move": lambda: raise_alarm(core, attempt, move),
        "warning": lambda: heed_fraud_warning(core, merchant, attempt),
    }
    said = meanwhile(core, link, deeds[do], attention=change)
    assert (now_of(core, link).attention, said is True) == (after, do == "warning")


def test_a_report_waits_for_the_one_before(core: Core, merchant: Merchant) -> None:
    """Else the older of two that arrive at once could be written last."""
    link = create_link(core, merchant, order_for()).link
    with core.transactions.read() as work:
        request = messages.request_of(work, link.reference)
    assert request is not None
    status = MessageStatus.DELIVERED

    def report() -> None:
        with core.transactions.write() as work:
            record_message_status(work, core, request.message_id, MessageReport("", MessageStatus.FAILED))

    with ThreadPoolExecutor(1) as pool:
        with core.transactions.write() as work:
            messages.lock(work, request.message_id)
            messages.change(work, request.message_id, now=core.now(), status=status)
            begun: Future[object] = pool.submit(report)
            while not begun.done() and not somebody_waits(core):
                wait([begun], timeout=0.01)
        begun.result(60)
    with core.transactions.read() as work:
        found = messages.find(work, request.message_id)
    assert found is not None
    assert found.status is status


@pytest.mark.parametrize("by", ["report", "acceptance"])
def test_a_link_that_is_cancelled_just_now_is_not_sent_by_a_report(core: Core, merchant: Merchant, by: str) -> None:
    """Nor by the messenger's own answer, of a link that somebody has opened since it was read."""
    link = create_link(core, merchant, order_for()).link
    with core.transactions.write() as work:
        first = links.save(work, replace(link, status=LinkStatus.CREATED, message_status=None))
        request = messages.request_of(work, link.reference)
        assert request is not None
        queued = {"status": MessageStatus.QUEUED, "provider_id": None, "lease": "one.1"}
        messages.change(work, request.message_id, now=core.now(), **queued)
        assert messages.begin_to_send(work, request.message_id, now=core.now(), lease="one.1")
        links.save(work, first)
    sent = MessageReport("SM_first", MessageStatus.SENT)

    def report() -> None:
        with core.transactions.write() as work:
            if by == "report":
                record_message_status(work, core, request.message_id, sent)
            else:
                begun = FirstRequest(merchant, request, first, "one.1", window_open=True)
                record_acceptance(work, core, begun, sent)

    cancelled = {"status": LinkStatus.CANCELLED, "payable": False}
    meanwhile(core, link, report, **cancelled)
    after = now_of(core, link)
    assert (after.status, after.message_status) == (LinkStatus.CANCELLED, MessageStatus.SENT)


def test_a_report_that_is_written_just_now_is_not_called_unknown(core: Core, merchant: Merchant) -> None:
    link = create_link(core, merchant, order_for()).link
    with core.transactions.write() as work:
        links.save(work, replace(link, message_status=None))
        request = messages.request_of(work, link.reference)
    assert request is not None

    def doubt() -> None:
        with core.transactions.write() as work:
            record_doubt(work, request)

    meanwhile(core, link, doubt, message_status=MessageStatus.DELIVERED)
    assert now_of(core, link).message_status is MessageStatus.DELIVERED


def test_a_message_whose_report_is_written_just_now_is_asked_for_no_more(
    core: Core, merchant: Merchant, messenger: FakeMessenger, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    messenger.faults.append(Lost.BEFORE)
    link = create_link(core, merchant, order_for()).link
    with core.transactions.read() as work:
        request = messages.request_of(work, link.reference)
    assert request is not None
    assert request.status is MessageStatus.UNKNOWN
    written, asked = threading.Event(), threading.Event()

    def report() -> None:
        with core.transactions.write() as work:
            values = {"status": MessageStatus.DELIVERED, "due_at": None, "lease": None}
            messages.change(work, request.message_id, now=core.now(), **values)
            written.set()
            while not asked.wait(0.01) and not somebody_waits(core):
                pass

    def find(*_: object, **__: object) -> None:
        pool.submit(report)
        assert written.wait(60)

    monkeypatch.setattr(messenger, "find", find)
    clock.move(minutes=10)
    with ThreadPoolExecutor(1) as pool:
        assert send_due(core) == 1
        asked.set()
    with core.transactions.read() as work:
        assert messages.due(work, now=clock.move(days=1), most=9) == []

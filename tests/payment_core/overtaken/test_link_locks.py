"""Who decides about a link waits for whoever is changing it, and decides by what it is then.

On PostgreSQL, where two processes are in a transaction at once; SQLite has one writer.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from payment_core.domain.enums import LinkStatus, MessageStatus, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import Attention
from payment_core.errors import Refusal
from payment_core.journeys.amending.failed_moves import raise_alarm
from payment_core.journeys.amending.move_money import capture, reverse
from payment_core.journeys.linking import expire_links
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.messaging.record_message_status import record_message_status
from payment_core.journeys.messaging.resend_receipt import resend_receipt
from payment_core.journeys.paying.click_link import click_link
from payment_core.journeys.paying.heed_fraud_warning import heed_fraud_warning
from payment_core.journeys.paying.look_at_payments import look
from payment_core.messengers.messenger import MessageReport
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import attempts, links
from payment_core.store.links.money_moves import MoneyMove, MoveKind, MoveState
from payment_core.store.messages import messages
from tests.payment_core.conftest import order_for
from tests.payment_core.fakes import FakeGateway, MovableClock
from tests.payment_core.links import deal_with, now_of, press

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
        attempt = attempts.latest_of(work, link.reference)[0]
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
    meanwhile(core, link, lambda: click_link(core, merchant, link.reference), **cancelled)
    assert (now_of(core, link).status, now_of(core, link).clicked_at) == (LinkStatus.CANCELLED, None)


def test_what_is_cancelled_just_now_keeps_no_money(core: Core, merchant: Merchant, gateway: FakeGateway) -> None:
    link = create_link(core, merchant, order_for()).link
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    meanwhile(core, link, lambda: looked_at(core, link), status=LinkStatus.CANCELLED, payable=False)
    after = now_of(core, link)
    assert (after.paid_by, after.attention) == (None, Attention.PAID_LATE)


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
        attempt = attempts.latest_of(work, link.reference)[0]
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

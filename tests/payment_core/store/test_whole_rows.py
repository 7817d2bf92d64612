"""What is stored comes back whole: no field of a link, an attempt, a move of money, a message or a delivery is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from foundation.phones.phone import Phone
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState, Page
from payment_core.domain.enums import (
    Channel,
    LinkStatus,
    MessageStatus,
    NotificationKind,
    PaymentStatus,
    TransactionType,
)
from payment_core.domain.link import Line, Link
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.deliveries import deliveries
from payment_core.store.deliveries.deliveries import Claim, NewDelivery
from payment_core.store.links import attempts, links, money_moves
from payment_core.store.links.money_moves import MoneyMove, MoveKind, MoveState
from payment_core.store.messages import messages
from payment_core.store.messages.messages import Content, Message
from payment_core.store.schema import tables
from tests.payment_core.conftest import APPLICATION, CUSTOMER, MERCHANT, NOW

MINE = MERCHANT.merchant_id


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def has_every_field(row: Any) -> bool:
    """Return whether no field of a row has its default: one that is left out would not be missed."""
    return not [one.name for one in fields(row) if getattr(row, one.name) == one.default]


WHOLE: dict[str, Any] = {
    "tax": Decimal("15.00"), "sub_total": Decimal("135.00"), "authorized": Decimal("150.00"),
    "captured": Decimal("120.00"), "reversed": Decimal("20.00"), "settled": True, "in_review": True, "payable": False,
    "status": LinkStatus.EXPIRED, "payment_status": PaymentStatus.CAPTURED, "transaction_type": TransactionType.AUTHORIZATION,
    "additional_data": {"reference": "c2p_1", "note": ["x"]}, "auto_reversal": True, "language": "ar", "channel": Channel.SMS,
    "lines": (Line("Beans", Decimal("0.250"), Decimal("-1.50")),), "more_lines": 2, "previous": "another",
    "clicked_at": later(1), "decided_at": later(2), "review_finalised_at": later(3), "capture_before": later(4),
    "attention_at": later(5), "expires_at": later(6), "card_brand": "VISA", "card_last4": "4242",
    "receipt_reference": "receipt", "reconciliation_reference": "pi_1", "paid_by": "att_1",
    "message_status": MessageStatus.FAILED, "message_failure": "unreachable", "attention": "disputed",
    "attention_done": " paid_twice ", "failed_refunds": 1,
}  # fmt: skip


def test_a_link_comes_back_as_it_was_saved(core: Core, make_link: Callable[..., Link]) -> None:
    made = make_link(caller_reference="c2p_1", payer_reference="003")
    with core.transactions.write() as work:
        saved = links.save(work, replace(made, **WHOLE))
    with core.transactions.read() as work:
        found = links.find(work, made.reference)
        assert found is not None
        assert (found, found.version) == (replace(made, **WHOLE), made.version + 1)
        assert [links.by_receipt(work, one) for one in ("receipt", "another")] == [saved, None]
    assert has_every_field(found)


def test_the_fields_of_a_link_that_are_changed_are_the_ones_that_are_named(
    core: Core, make_link: Callable[..., Link]
) -> None:
    made = make_link()
    named: dict[str, Any] = {
        "status": LinkStatus.CLICKED,
        "clicked_at": later(1),
        "payable": False,
        "captured": Decimal("1.00"),
    }
    with core.transactions.write() as work:
        links.change(work, made, **named)
        found = links.find(work, made.reference)
        assert found == replace(made, **named)
        assert links.change_same(work, made, payable=True) is None, "it has another version by now"
        assert links.find(work, made.reference) == found


def test_an_attempt_comes_back_with_its_page_and_its_payment(core: Core, make_link: Callable[..., Link]) -> None:
    link = make_link()
    begun = Attempt(
        "att_1", link.reference, MINE, AttemptKind.SAVED_CARD, AttemptState.PREPARED, "key_1", NOW, later(1), b"body",
        dies_at=later(2), card_id="crd_1", saves_card=True,
    )  # fmt: skip
    with core.transactions.write() as work:
        attempts.add(work, begun)
        assert attempts.find(work, "att_1") == begun
        attempts.change(work, begun, page_id="cs_0", page_url="https://gateway.example/0", payment_id="pi_1")
        whole = replace(begun, page_id="cs_0", page_url="https://gateway.example/0", payment_id="pi_1")
        assert attempts.find(work, "att_1") == whole
        assert attempts.open_page(work, whole, Page("cs_1", "https://gateway.example/1", later(3)))
        opened = replace(
            whole, state=AttemptState.OPEN, page_id="cs_1", page_url="https://gateway.example/1", dies_at=later(3)
        )
        assert attempts.live_of(work, link.reference) == opened
    assert has_every_field(opened)


def test_a_move_of_money_comes_back_as_it_was_written(core: Core, make_link: Callable[..., Link]) -> None:
    move = MoneyMove(
        "mov_1", make_link().reference, "att_1", MoveKind.CAPTURE, "key_1", Decimal("1.50"), MoveState.PREPARED, NOW
    )
    with core.transactions.write() as work:
        money_moves.add(work, move, look_at=NOW)
        assert money_moves.claim_due(work, now=NOW, until=later(1), lease="one.1", most=9) == [move]
        assert [money_moves.has_key(work, key) for key in ("key_1", "key_2")] == [True, False]


def test_a_message_comes_back_with_all_that_it_says(core: Core, merchant: object) -> None:
    content = Content(
        "Pay here", link_url="https://pay.example/pay/x", template="payment_request", variables={"amount": "R 1.50"},
        buttons=(("pay", "Pay now"), ("stop", "Not now")), free=True, code="7",
    )  # fmt: skip
    message = Message(
        "msg_1", MINE, "out", Channel.WHATSAPP, Phone(CUSTOMER), phone_key.of(core, MINE, CUSTOMER), "receipt", "link_1",
        content, 3, MessageStatus.FAILED, NOW, "unreachable", "30003", "SM1", later(1), 4,
    )  # fmt: skip
    with core.transactions.write() as work:
        messages.add(work, message, due_at=None)
    with core.transactions.read() as work:
        assert messages.find(work, "msg_1") == messages.by_provider(work, MINE, "SM1") == message
        assert messages.due(work, now=later(9), most=9) == [], "what came in, or was held back, goes out to nobody"
    assert has_every_field(message)
    assert has_every_field(content)


def test_a_message_is_as_old_as_its_last_change(core: Core, make_link: Callable[..., Link]) -> None:
    """By that its retention is counted: a report that came late keeps it for as long as any other."""
    link = make_link()
    with core.transactions.write() as work:
        request = messages.request_of(work, link.reference)
        assert request is not None
        ages = []
        for minutes, status in ((5, MessageStatus.DELIVERED), (9, MessageStatus.READ)):
            messages.change(work, request.message_id, now=later(minutes), status=status)
            ages.append(work.connection.execute(select(tables.messages.c.changed_at)).scalar_one())
    assert ages == [later(5), later(9)]


def test_a_delivery_comes_back_as_it_was_queued(core: Core, merchant: object) -> None:
    new = NewDelivery(
        MINE, APPLICATION.application_id, "lane", "link_1", NotificationKind.SETTINGS, "NEWS", b'{"a": 1}'
    )
    with core.transactions.write() as work:
        deliveries.add(work, new, now=NOW)
        claim = Claim(APPLICATION.application_id, now=later(1), until=later(2), lease="one.1", most=9)
        (found,) = deliveries.claim_due(work, claim)
    kept = ("merchant_id", "application_id", "lane", "reference", "kind", "event", "body")
    assert [getattr(found, name) for name in kept] == [getattr(new, name) for name in kept]
    assert (found.attempts, found.queued_at, found.message_id[:4]) == (0, NOW, "msg_")

"""A link is paid once, also where its page, a reply and its merchant act on it while the gateway is being asked."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.attempt import Attempt
from payment_core.domain.enums import Channel, LinkStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.errors import Refusal
from payment_core.gateways.gateway import PagePlan, SavedCharge
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.expire_links import end_overdue
from payment_core.journeys.messaging.send_message import send_due
from payment_core.journeys.paying.look_at_payments import look, look_at_payments
from payment_core.services import Core
from payment_core.store.links import attempts
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock
from tests.payment_core.links import attempts_of, now_of, press
from tests.payment_core.replying.test_replies import PAYER, Phone, code_in, keep_a_card

Make = Callable[..., Link]


@pytest.fixture
def offered(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> tuple[Link, str]:
    """A link that can be paid by reply, and the reply that pays it."""
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    return link, f"PAY {code_in(messenger.sent[-1].text)}"


def meanwhile(monkeypatch: pytest.MonkeyPatch, gateway: FakeGateway, do: Callable[[], object]) -> None:
    """Let something happen once, after a link was read as payable and before its attempt is written."""
    prepare = gateway.prepare

    def slow(plan: PagePlan | SavedCharge) -> bytes:
        monkeypatch.setattr(gateway, "prepare", prepare)
        do()
        return gateway.prepare(plan)

    monkeypatch.setattr(gateway, "prepare", slow)


def test_no_page_opens_for_a_link_that_a_reply_paid_meanwhile(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, reply = offered
    meanwhile(monkeypatch, gateway, lambda: Phone(core, merchant).reply(reply))
    assert press(core, merchant, link) is None
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED
    assert [method for method, _ in gateway.calls if method == "open_page"] == ["open_page"], "the one of the kept card"


def test_whoever_replies_after_paying_on_the_page_is_told_so_with_the_receipt(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    """Of which nobody here knew when the reply came."""
    link, reply = offered
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    Phone(core, merchant).reply(reply)
    assert messenger.sent[-1].text.endswith(f"https://pay.example/receipts/{now_of(core, link).receipt_reference}")
    assert gateway.charged(link.reference) == Decimal("150.00")


def test_no_card_is_charged_for_a_link_that_was_cancelled_meanwhile(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, reply = offered
    meanwhile(monkeypatch, gateway, lambda: cancel_link(core, merchant, link.reference))
    Phone(core, merchant).reply(reply)
    assert (now_of(core, link).status, now_of(core, link).payment_status) == (LinkStatus.CANCELLED, None)
    assert gateway.charged(link.reference) == Decimal("0.00")


@pytest.mark.parametrize("is_over", ["late", "cancelled"])
def test_of_a_link_that_is_over_no_charge_is_even_prepared(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, messenger: FakeMessenger,
    clock: MovableClock, is_over: str,
) -> None:  # fmt: skip
    """Whether it can be paid is read after it was ended, where the worker that ends links is behind."""
    link, reply = offered
    prepared = len(gateway.plans)
    clock.move(minutes=6 if is_over == "late" else 1)
    if is_over == "cancelled":
        cancel_link(core, merchant, link.reference)
    Phone(core, merchant).reply(reply)
    assert "no longer open" in messenger.sent[-1].text
    assert len(gateway.plans) == prepared


def test_no_card_is_charged_where_closing_the_page_took_until_after_the_deadline(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    link, reply = offered
    press(core, merchant, link)
    close_page = gateway.close_page

    def slow(attempt: Attempt) -> Payment:
        clock.move(minutes=16)
        return close_page(attempt)

    monkeypatch.setattr(gateway, "close_page", slow)
    Phone(core, merchant).reply(reply)
    assert (now_of(core, link).payment_status, gateway.charged(link.reference)) == (None, Decimal("0.00"))


def test_a_reply_that_was_quicker_than_the_end_of_its_link_counts(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """It comes after the link was found overdue, in a process whose clock is a little behind; its answer is lost."""
    (link, reply), live_of = offered, attempts.live_of

    def slow(work: UnitOfWork, reference: str) -> Attempt | None:
        monkeypatch.setattr(attempts, "live_of", live_of)
        found = live_of(work, reference)
        clock.move(seconds=-2)
        Phone(core, merchant).reply(reply)
        clock.move(seconds=2)
        return found

    clock.move(minutes=5, seconds=1)
    gateway.loses("charge_saved", Lost.BEFORE)
    monkeypatch.setattr(attempts, "live_of", slow)
    assert not end_overdue(core, link.reference)
    clock.move(minutes=2)
    look_at_payments(core, owner="test")
    assert (now_of(core, link).status, now_of(core, link).payment_status) == (link.status, PaymentStatus.RECEIVED)


def test_a_charge_whose_answer_was_lost_is_found_out_by_nothing_but_its_own_key(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, clock: MovableClock
) -> None:
    """The gateway has named nothing yet that could be looked at, and a link in doubt does not end."""
    link, reply = offered
    gateway.loses("charge_saved", Lost.BEFORE)
    Phone(core, merchant).reply(reply)
    clock.move(minutes=6)
    asked = len(gateway.calls)
    assert not end_overdue(core, link.reference)
    assert len(gateway.calls) == asked
    assert look_at_payments(core, owner="test") == 1
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


def test_a_link_whose_charge_is_in_doubt_is_not_cancelled(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway
) -> None:
    """The customer would read that nothing is to be paid, and be charged."""
    link, reply = offered
    gateway.loses("charge_saved", Lost.AFTER)
    Phone(core, merchant).reply(reply)
    with pytest.raises(Refusal) as refused:
        cancel_link(core, merchant, link.reference)
    assert refused.value.word == "LINK_ALREADY_CLICKED"
    assert now_of(core, link).status is link.status


def test_a_reply_whose_payment_a_reviewer_refuses_is_answered_once(
    core: Core, offered: tuple[Link, str], merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    """The link cannot be paid any more, so that nobody is sent to its page."""
    link, reply = offered
    gateway.saved_card_answers.append(PaymentState.REVIEW)
    phone = Phone(core, merchant)
    phone.reply(reply)
    assert now_of(core, link).payment_status is PaymentStatus.REVIEW
    phone.reply(reply)
    assert "under way" in messenger.sent[-1].text, "it is neither paid nor over"
    send_due(core)
    sent = len(messenger.sent)
    gateway.change(gateway.key_of(link.reference), state=PaymentState.DECLINED)
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)
    send_due(core)
    assert now_of(core, link).payment_status is PaymentStatus.DECLINED
    assert len(messenger.sent) == sent + 1
    assert "https://pay.example/pay/" not in messenger.sent[-1].text

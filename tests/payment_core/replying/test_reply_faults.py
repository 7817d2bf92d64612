"""A reply charges once: whoever dies, whatever is lost, and whoever else pays at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from payment_core.domain.attempt import Attempt
from payment_core.domain.enums import Channel, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment
from payment_core.errors import TryLater
from payment_core.journeys.amending import move_money
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.messaging.send_message import send_due
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.services import Core
from payment_core.store.messages import messages as stored_messages
from payment_core.store.schema.tables import messages
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock
from tests.payment_core.links import now_of, press
from tests.payment_core.replying.test_replies import PAYER, Phone, code_in, keep_a_card

Make = Callable[..., Link]


class Killed(BaseException):
    """The process dies in a call."""


@pytest.fixture
def offered(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> tuple[Link, str]:
    """A link that a reply can pay, and the code."""
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER, caller_reference="a")
    return link, code_in(messenger.sent[-1].text)


def paid_once(core: Core, gateway: FakeGateway, messenger: FakeMessenger, link: Link) -> None:
    send_due(core)
    after = now_of(core, link)
    assert after.payment_status is PaymentStatus.RECEIVED
    assert gateway.charged(link.reference) == link.total == after.captured
    with core.transactions.read() as work:
        mine = (messages.c.reference == link.reference, messages.c.purpose == Purpose.RECEIPT.value)
        assert work.connection.execute(select(messages.c.status).where(*mine)).scalars().all() == ["SENT"]


@pytest.mark.parametrize("before", [True, False])
def test_a_process_that_dies_in_the_charge_leaves_it_to_another(
    core: Core, merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock,
    offered: tuple[Link, str], before: bool, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    link, code = offered
    whole, phone = gateway.charge_saved, Phone(core, merchant)

    def die(attempt: Attempt) -> Payment:
        if not before:
            whole(attempt)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(gateway, "charge_saved", die)
        with pytest.raises(Killed):
            phone.reply(f"PAY {code}")
    with pytest.raises(TryLater):
        press(core, merchant, link)
    # The stored webhook is read again, and the worker looks at the attempt.
    phone.reply(f"PAY {code}", again=True)
    clock.move(minutes=2)
    look_at_payments(core, owner="another")
    paid_once(core, gateway, messenger, link)


def test_a_reply_of_which_nothing_was_done_when_its_process_died_is_carried_out_by_the_next(
    core: Core, merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger, offered: tuple[Link, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """It is stored by then, and its webhook is read again: that it is known does not mean that it was heeded."""
    link, code = offered
    phone = Phone(core, merchant)

    def die(_: object) -> bytes:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(gateway, "prepare", die)
        with pytest.raises(Killed):
            phone.reply(f"PAY {code}")
    phone.reply(f"PAY {code}", again=True)
    paid_once(core, gateway, messenger, link)


@pytest.mark.parametrize("lost", [Lost.BEFORE, Lost.AFTER, Lost.NOTHING_LEFT])
def test_a_charge_whose_answer_was_lost_is_found_after_the_key_was_changed(
    core: Core, merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock,
    offered: tuple[Link, str], lost: Lost,
) -> None:  # fmt: skip
    """A key that is refused says nothing about what was done before."""
    link, code = offered
    gateway.loses("charge_saved", lost, Lost.KEY)
    Phone(core, merchant).reply(f"PAY {code}")
    for _ in range(3):
        clock.move(minutes=1, seconds=1)
        look_at_payments(core, owner="worker")
    paid_once(core, gateway, messenger, link)


def test_money_that_came_twice_is_given_back_although_the_key_was_wrong_for_a_while(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock, make_link: Make
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=2)
    look_at_payments(core, owner="worker")
    gateway.loses("give_back", Lost.KEY, Lost.KEY)
    with pytest.raises(Exception, match="found out"):
        move_money.reverse(core, merchant, link.reference)
    for _ in range(3):
        clock.move(minutes=1)
        move_money.finish_moves(core, owner="worker")
    assert gateway.charged(link.reference) == 0
    assert now_of(core, link).payment_status is PaymentStatus.VOIDED


def test_a_reply_while_the_page_is_being_paid_charges_nothing_more(
    core: Core, merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger, offered: tuple[Link, str]
) -> None:
    link, code = offered
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    Phone(core, merchant).reply(f"PAY {code}")
    paid_once(core, gateway, messenger, link)
    assert [one for one in gateway.calls if one[0] == "charge_saved"] == []


def test_a_reply_closes_an_open_page_before_it_charges(
    core: Core, merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock,
    offered: tuple[Link, str],
) -> None:  # fmt: skip
    link, code = offered
    press(core, merchant, link)
    gateway.loses("close_page", Lost.BEFORE)
    phone = Phone(core, merchant)
    phone.reply(f"PAY {code}")
    assert gateway.charged(link.reference) == 0, "the page is not proven dead"
    clock.move(seconds=11)
    look_at_payments(core, owner="worker")
    phone.reply(f"PAY {code}")
    paid_once(core, gateway, messenger, link)


def test_two_replies_and_a_press_at_once_charge_once(
    core: Core, merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger, clock: MovableClock,
    offered: tuple[Link, str],
) -> None:  # fmt: skip
    link, code = offered
    start, errors = threading.Barrier(3), []

    def run(act: Callable[[], object]) -> None:
        start.wait(30)
        try:
            act()
        except TryLater:
            pass
        except BaseException as error:
            errors.append(error)

    phones = [Phone(core, merchant), Phone(core, merchant, network="B")]
    acts: list[Callable[[], object]] = [lambda one=one: one.reply(f"PAY {code}") for one in phones]  # type: ignore[misc]
    acts.append(lambda: press(core, merchant, link))
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    for _ in range(3):
        clock.move(minutes=1)
        look_at_payments(core, owner="worker")
    if now_of(core, link).payment_status is None:
        phones[0].reply(f"PAY {code}")
    paid_once(core, gateway, messenger, link)


@pytest.mark.parametrize("text", ["HELP", "PAY {code}"])
def test_one_reply_that_comes_to_two_workers_at_once_is_carried_out_once(
    core: Core, merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger, offered: tuple[Link, str],
    monkeypatch: pytest.MonkeyPatch, text: str,
) -> None:  # fmt: skip
    """Its webhook and the search for missed replies bring it both; each worker looked before the other wrote."""
    link, code = offered
    phone = Phone(core, merchant)
    phone.reply(text.format(code=code))
    send_due(core)
    sent = len(messenger.sent)
    monkeypatch.setattr(stored_messages, "by_provider", lambda *_: None)
    monkeypatch.setattr(stored_messages, "find", lambda *_: None)
    phone.reply(text.format(code=code), again=True)
    monkeypatch.undo()
    send_due(core)
    with core.transactions.read() as work:
        statement = select(messages.c.message_id).where(messages.c.direction == "in")
        assert len(work.connection.execute(statement).all()) == 1
    if text == "HELP":
        assert len(messenger.sent) == sent
    else:
        paid_once(core, gateway, messenger, link)

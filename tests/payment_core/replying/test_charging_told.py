"""While a customer's saved card is being charged, the core says so, and no longer than it refuses to cancel."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.attempt import Attempt, Charge
from payment_core.domain.enums import Channel, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.errors import Refusal, TryLater
from payment_core.gateways.gateway import GatewayRefused
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.services import Core
from payment_core.store import applications
from payment_core.store.links import attempts, links
from payment_core.store.schema.tables import deliveries
from tests.payment_core.conftest import APPLICATION
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock
from tests.payment_core.links import now_of, press
from tests.payment_core.replying.test_replies import PAYER, Phone, code_in, keep_a_card

Make = Callable[..., Link]


@pytest.fixture
def offered(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> tuple[Link, str]:
    """A link of an application that asks for our own news, and the reply that pays it."""
    with core.transactions.write() as work:
        applications.save(work, replace(APPLICATION, wants_messages=True), now=core.now())
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    return link, f"PAY {code_in(messenger.sent[-1].text)}"


@pytest.fixture
def record(client: FlaskClient, api_key: str) -> Callable[[Link], tuple[bool, str | None]]:
    """A function that reads from the API whether a link's card is being charged, and since when that is so."""

    def read(link: Link) -> tuple[bool, str | None]:
        answer = client.get(f"/api/v2/payment-links/{link.reference}", headers={"Authorization": api_key})
        assert answer.status_code == 200, answer.text
        told = answer.get_json()
        return told["charging"], told["chargingTimestamp"]

    return read


def told(core: Core, link: Link) -> list[dict[str, Any]]:
    """Return the news of charging that were queued for a link, each with its lane."""
    mine = (deliveries.c.reference == link.reference, deliveries.c.event == "PAYMENT_CHARGING")
    with core.transactions.read() as work:
        rows = work.connection.execute(select(deliveries).where(*mine).order_by(deliveries.c.delivery_id)).all()
        return [{**json.loads(work.vault.open(row.merchant_id, bytes(row.body))), "lane": row.lane} for row in rows]


def during_the_charge(monkeypatch: pytest.MonkeyPatch, gateway: FakeGateway, do: Callable[[], object]) -> None:
    """Let something happen after the core has asked the gateway for a charge, and before it has the answer."""
    charge_saved = gateway.charge_saved

    def slow(attempt: Attempt) -> Payment:
        do()
        return charge_saved(attempt)

    monkeypatch.setattr(gateway, "charge_saved", slow)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (None, PaymentStatus.RECEIVED),
        (PaymentState.DECLINED, PaymentStatus.DECLINED),
        (PaymentState.NEEDS_CUSTOMER, None),
    ],
)  # fmt: skip
def test_a_charge_is_told_before_its_answer_and_its_end_whatever_it_came_to(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch, record: Callable[[Link], tuple[bool, str | None]],
    end: PaymentState | None, status: PaymentStatus | None,
) -> None:  # fmt: skip
    (link, reply), seen = offered, []

    def meanwhile() -> None:
        seen.append((record(link), [one["charging"] for one in told(core, link)]))
        assert core.wake.deliveries.is_set(), "it waits for no sweep"
        assert look_at_payments(core, owner="worker") == 0, "whoever charges still waits for the answer"
        with pytest.raises(Refusal):
            cancel_link(core, merchant, link.reference)
        clock.move(seconds=3)

    during_the_charge(monkeypatch, gateway, meanwhile)
    if end is not None:
        gateway.saved_card_answers.append(end)
    assert record(link) == (False, None)
    core.wake.deliveries.clear()
    Phone(core, merchant).reply(reply)
    assert seen == [((True, "2026-11-28T12:00:00.000+0000"), [True])]
    assert record(link) == (False, "2026-11-28T12:00:03.000+0000")
    assert now_of(core, link).payment_status is status
    news = told(core, link)
    assert [(one["charging"], one["chargingTimestamp"]) for one in news] == [
        (True, "2026-11-28T12:00:00.000+0000"),
        (False, "2026-11-28T12:00:03.000+0000"),
    ]
    # News of money never waits for it.
    assert {one["lane"] for one in news} == {f"{APPLICATION.application_id}:{link.reference}:charging"}


def test_a_charge_that_the_gateway_refuses_ends_and_the_link_can_be_cancelled(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway,
    monkeypatch: pytest.MonkeyPatch, record: Callable[[Link], tuple[bool, str | None]],
) -> None:  # fmt: skip
    link, reply = offered

    def refuse(_: Attempt) -> Payment:
        raise GatewayRefused("refused", reason="no_such_card")

    monkeypatch.setattr(gateway, "charge_saved", refuse)
    Phone(core, merchant).reply(reply)
    assert [one["charging"] for one in told(core, link)] == [True, False]
    assert record(link)[0] is False
    cancel_link(core, merchant, link.reference)


def test_a_charge_whose_answer_another_process_got_goes_on_where_this_one_is_refused(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway,
    monkeypatch: pytest.MonkeyPatch, record: Callable[[Link], tuple[bool, str | None]],
) -> None:  # fmt: skip
    link, reply = offered

    def refuse(attempt: Attempt) -> Payment:
        with core.transactions.write() as work:
            attempts.change(work, attempt, payment_id="pay_1")
        raise GatewayRefused("too many at once", reason="lock_timeout")

    monkeypatch.setattr(gateway, "charge_saved", refuse)
    Phone(core, merchant).reply(reply)
    assert record(link)[0] is True
    assert [one["charging"] for one in told(core, link)] == [True]


def test_the_end_of_a_charge_that_is_refused_when_it_is_repeated_is_told_without_waiting(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, clock: MovableClock
) -> None:
    link, reply = offered
    gateway.loses("charge_saved", Lost.BEFORE, Lost.REFUSED)
    Phone(core, merchant).reply(reply)
    clock.move(minutes=2)
    core.wake.deliveries.clear()
    look_at_payments(core, owner="worker")
    assert [one["charging"] for one in told(core, link)] == [True, False]
    assert core.wake.deliveries.is_set()


@pytest.mark.parametrize("ends_first", [True, False])
def test_a_record_that_is_read_while_a_charge_ends_never_shows_its_end_beside_an_unpaid_link(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, clock: MovableClock,
    client: FlaskClient, api_key: str, monkeypatch: pytest.MonkeyPatch, ends_first: bool,
) -> None:  # fmt: skip
    """An agent would be offered to cancel and to replace it, a moment before it is paid."""
    link, reply = offered
    gateway.loses("charge_saved", Lost.AFTER)
    Phone(core, merchant).reply(reply)
    clock.move(minutes=2)
    charge_of = attempts.charge_of

    def read(work: UnitOfWork, reference: str) -> Charge:
        before = charge_of(work, reference)
        monkeypatch.setattr(attempts, "charge_of", charge_of)
        look_at_payments(core, owner="test")
        with core.transactions.read() as later:
            return charge_of(later, reference) if ends_first else before

    monkeypatch.setattr(attempts, "charge_of", read)
    answer = client.get(f"/api/v2/payment-links/{link.reference}", headers={"Authorization": api_key})
    shown = answer.get_json()
    assert (shown["charging"], shown["paymentStatus"]) == (not ends_first, "PAYMENT_RECEIVED")


@pytest.mark.parametrize("lost", [Lost.BEFORE, Lost.AFTER])
def test_a_charge_in_doubt_is_shown_until_the_worker_has_found_out(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, clock: MovableClock,
    record: Callable[[Link], tuple[bool, str | None]], lost: Lost,
) -> None:  # fmt: skip
    link, reply = offered
    gateway.loses("charge_saved", lost)
    Phone(core, merchant).reply(reply)
    clock.move(minutes=6)
    assert record(link) == (True, "2026-11-28T12:00:00.000+0000"), "its time is over, and it is being paid all the same"
    assert [one["charging"] for one in told(core, link)] == [True]
    look_at_payments(core, owner="test")
    assert record(link) == (False, "2026-11-28T12:06:00.000+0000")
    assert [one["charging"] for one in told(core, link)] == [True, False]
    clock.move(days=2)
    look_at_payments(core, owner="test")
    assert len(told(core, link)) == 2, "a later look is no second end"


def test_the_customers_page_offers_no_second_way_to_pay_during_a_charge(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A press there would be refused; whoever has just replied, and looks at the page, must not wonder whether to pay again."""
    (link, reply), seen = offered, []
    with core.transactions.read() as work:
        address = f"/pay/{links.token_of(work, link)}"

    def page() -> str:
        return client.get(address, base_url="https://pay.example").text

    during_the_charge(monkeypatch, gateway, lambda: seen.append(page()))
    gateway.saved_card_answers.append(PaymentState.DECLINED)
    assert "<form" in page()
    Phone(core, merchant).reply(reply)
    assert "A payment is under way." in seen[0]
    assert "<form" not in seen[0]
    assert "do not pay twice" not in page(), "it was declined: another card may pay"
    assert "<form" in page()


def test_a_page_that_is_open_or_paid_is_no_charge(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, clock: MovableClock,
    record: Callable[[Link], tuple[bool, str | None]],
) -> None:  # fmt: skip
    """A click is news of its own, and ends what a merchant may do; nor is one that the gateway refused."""
    link, _ = offered
    gateway.loses("open_page", Lost.REFUSED)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    press(core, merchant, link)
    assert (record(link), told(core, link)) == ((False, None), [])
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=1)
    look_at_payments(core, owner="test")
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED
    assert (record(link), told(core, link)) == ((False, None), [])


def test_an_application_that_asks_for_no_news_of_ours_gets_none(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway
) -> None:
    link, reply = offered
    with core.transactions.write() as work:
        applications.save(work, APPLICATION, now=core.now())
    Phone(core, merchant).reply(reply)
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED
    assert told(core, link) == []


def test_who_replies_to_a_charge_that_the_gateway_refuses_is_sent_to_the_page(
    core: Core, merchant: Merchant, offered: tuple[Link, str], gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    """Nothing was taken, and nothing else answers them."""
    _, reply = offered
    before = len(messenger.sent)
    gateway.loses("charge_saved", Lost.REFUSED)
    Phone(core, merchant).reply(reply)
    assert [("/pay/" in one.text) for one in messenger.sent[before:]] == [True]

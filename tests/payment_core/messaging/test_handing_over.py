"""A merchant's people get a receipt's address, the receipt once more, and a live link's address; and nothing else of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from payment_core.domain.enums import Channel, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.amending.move_money import capture, reverse
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.messaging.send_message import send_due
from payment_core.journeys.paying.look_at_payments import look, look_at_payments
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import links
from tests.payment_core.conftest import CUSTOMER, order_for
from tests.payment_core.fakes import FakeGateway, FakeMessenger, MovableClock
from tests.payment_core.links import attempts_of, now_of, press
from tests.payment_core.replying.test_replies import Phone as Customer

Make = Callable[..., Link]
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(client: FlaskClient, api_key: str) -> Ask:
    """Call one of the operations of a link."""

    def asked(link: Link, what: str, method: str = "POST") -> tuple[int, Any]:
        path = f"/api/v2/payment-links/{link.reference}/{what}"
        answer = client.open(path, method=method, headers={"Authorization": api_key})
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status_code, answer.get_json()

    return asked


@pytest.fixture
def paid(core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock) -> Link:
    """A link that was paid, with its receipt sent."""
    link = make_link(channel=Channel.SMS)
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=1)
    look_at_payments(core, owner="tests")
    send_due(core)
    return now_of(core, link)


def test_the_receipt_is_named_by_the_address_that_the_customer_has(
    ask: Ask, client: FlaskClient, paid: Link, messenger: FakeMessenger
) -> None:
    status, body = ask(paid, "receipt", "GET")
    assert status == 200
    assert any(body["receiptUrl"] in text for text in messenger.texts_to(CUSTOMER))
    assert client.get(body["receiptUrl"].removeprefix("https://pay.example")).status_code == 200


def test_what_is_not_paid_has_no_receipt(ask: Ask, make_link: Make) -> None:
    link = make_link()
    for method in ("GET", "POST"):
        status, body = ask(link, "receipt", method)
        assert (status, body["errorCode"]) == (409, "NO_RECEIPT")


@pytest.mark.both_databases
def test_money_that_is_only_held_has_no_receipt_until_it_is_taken(
    ask: Ask, core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    with core.transactions.write() as work:
        holding = replace(merchant, transaction_type=TransactionType.AUTHORIZATION)
        holding = merchants.save(work, holding, now=core.now())
    link = create_link(core, holding, order_for(channel=Channel.SMS)).link
    press(core, holding, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=1)
    look_at_payments(core, owner="tests")
    send_due(core)
    assert now_of(core, link).payment_status is PaymentStatus.AUTHORIZED
    for method in ("GET", "POST"):
        status, body = ask(link, "receipt", method)
        assert (status, body["errorCode"]) == (409, "NO_RECEIPT")
    capture(core, holding, link.reference, None)
    clock.move(minutes=2)
    assert [ask(link, "receipt", method)[0] for method in ("GET", "POST")] == [200, 200]
    reverse(core, holding, link.reference)
    clock.move(minutes=2)
    assert [ask(link, "receipt", method)[0] for method in ("GET", "POST")] == [200, 409]


def test_a_receipt_goes_out_again_but_not_at_once_and_not_for_ever(
    ask: Ask, paid: Link, messenger: FakeMessenger, clock: MovableClock
) -> None:
    before = len(messenger.texts_to(CUSTOMER))
    assert ask(paid, "receipt")[1]["errorCode"] == "RECEIPT_SENT_OFTEN", "the first one has just left"
    for _ in range(5):
        clock.move(seconds=59)
        assert ask(paid, "receipt")[0] == 409
        clock.move(seconds=1)
        assert ask(paid, "receipt") == (200, {"customerNotified": True, "notNotifiedReason": None})
        assert ask(paid, "receipt")[0] == 409
    clock.move(minutes=10)
    assert ask(paid, "receipt")[1]["errorCode"] == "RECEIPT_SENT_OFTEN"
    assert len(messenger.texts_to(CUSTOMER)) == before + 5


def test_a_receipt_that_never_left_can_be_sent_at_once(
    ask: Ask, core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    """The customer had stopped messages when they paid, and takes them again: nothing was sent a moment ago."""
    link = make_link(channel=Channel.SMS)
    press(core, merchant, link)
    customer = Customer(core, merchant)
    customer.reply("STOP")
    gateway.pay(gateway.key_of(link.reference))
    looked_at = now_of(core, link)
    with core.transactions.read() as work:
        look(core, attempts_of(work, looked_at.reference)[0])
    assert ask(link, "receipt") == (
        200,
        {"customerNotified": False, "notNotifiedReason": "The customer has opted out of this channel."},
    )
    customer.reply("START")
    before = len(messenger.texts_to(CUSTOMER))
    assert ask(link, "receipt") == (200, {"customerNotified": True, "notNotifiedReason": None})
    assert len(messenger.texts_to(CUSTOMER)) == before + 1
    assert ask(link, "receipt")[0] == 409


def test_no_receipt_is_sent_again_while_its_payment_is_in_review(
    ask: Ask, core: Core, paid: Link, clock: MovableClock
) -> None:
    """That the money was received must be true when it is read."""
    clock.move(minutes=2)
    for in_review, status in ((True, 409), (False, 200)):
        with core.transactions.write() as work:
            links.save(work, replace(now_of(core, paid), in_review=in_review))
        assert ask(paid, "receipt")[0] == status


def test_money_of_which_no_receipt_was_made_has_none(ask: Ask, core: Core, make_link: Make) -> None:
    link = make_link()
    with core.transactions.write() as work:
        links.save(work, replace(link, captured=link.total))
    for method in ("GET", "POST"):
        status, body = ask(link, "receipt", method)
        assert (status, body["errorCode"]) == (409, "NO_RECEIPT")


def test_a_live_links_address_opens_its_page_and_reaches_no_log(
    ask: Ask, client: FlaskClient, make_link: Make, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    status, body = ask(make_link(), "address")
    assert status == 200
    logged = caplog.text + "".join(capsys.readouterr())
    assert body["url"].rpartition("/")[2] not in logged
    assert client.get(body["url"].removeprefix("https://pay.example")).status_code == 200


def test_a_link_that_is_over_is_not_named(
    ask: Ask, core: Core, merchant: Merchant, make_link: Make, paid: Link, clock: MovableClock
) -> None:
    cancelled, expired = make_link(), make_link(order_number="2")
    cancel_link(core, merchant, cancelled.reference)
    clock.move(minutes=6)
    for link in (cancelled, expired, paid):
        status, body = ask(link, "address")
        assert (status, body["errorCode"]) == (409, "LINK_OVER")


def test_another_merchants_or_no_link_is_not_found(client: FlaskClient, api_key: str) -> None:
    for method, what in (("GET", "receipt"), ("POST", "receipt"), ("POST", "address")):
        answer = client.open(f"/api/v2/payment-links/none/{what}", method=method, headers={"Authorization": api_key})
        assert (answer.status_code, answer.get_json()["errorCode"]) == (404, "TRANSACTION_NOT_FOUND")
        assert client.open(f"/api/v2/payment-links/none/{what}", method=method).status_code == 401

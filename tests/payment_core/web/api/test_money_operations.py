"""Capture and reversal over the API answer what became of the money, in the words that the vendor documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from payment_core.domain.enums import PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.paying.look_at_payments import look
from payment_core.services import Core
from payment_core.store import merchants
from tests.payment_core.conftest import order_for
from tests.payment_core.fakes import FakeGateway, MovableClock
from tests.payment_core.links import attempts_of, now_of, press

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def ask(client: FlaskClient, api_key: str) -> Ask:
    """A function that asks for money of a link to be moved."""

    def asked(link: Link, what: str, **body: object) -> tuple[int, dict[str, Any]]:
        path = f"/api/v2/payments/{link.reference}/{what}"
        answer = client.post(path, json=body, headers={"Authorization": api_key})
        return answer.status_code, answer.get_json()

    return asked


@pytest.fixture
def held(core: Core, merchant: Merchant, gateway: FakeGateway) -> Link:
    """A link whose R 150.00 are held."""
    with core.transactions.write() as work:
        holding = replace(merchant, transaction_type=TransactionType.AUTHORIZATION)
        holding = merchants.save(work, holding, now=core.now())
    link = create_link(core, holding, order_for()).link
    press(core, holding, link)
    gateway.pay(gateway.key_of(link.reference))
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)
    assert now_of(core, link).payment_status is PaymentStatus.AUTHORIZED
    return link


@pytest.mark.parametrize(("amount", "taken"), [(None, "150.00"), ("150.00", "150.00"), (40, "40.00"), ("0.01", "0.01")])
def test_a_capture_takes_all_or_what_it_names_and_says_so(
    core: Core, ask: Ask, held: Link, amount: object, taken: str
) -> None:
    status, answer = ask(held, "capture", **({} if amount is None else {"amount": amount}))
    assert (status, answer["paymentStatus"]) == (200, PaymentStatus.CAPTURED.value)
    after = now_of(core, held)
    assert after.captured == Decimal(taken)
    assert Decimal(str(answer["totalAmount"])) == Decimal(taken)
    assert (answer["paymentGatewayDecision"], answer["paymentGatewayResponseCode"]) == ("ACCEPT", 100)
    assert (answer["cardType"], answer["maskedCardNumber"]) == ("VISA", "************4242")
    assert after.reconciliation_reference in answer.values()
    assert answer["paymentGatewayResponseTimestamp"] == "2026-11-28T12:00:00.000+0000"
    assert answer["paymentGatewayReqReferenceNumber"] == held.reference


@pytest.mark.parametrize("amount", ["0", "0.00", "-1.00", "1.001", True])
def test_what_is_no_amount_of_money_moves_none(
    core: Core, ask: Ask, held: Link, gateway: FakeGateway, amount: object
) -> None:
    status, answer = ask(held, "capture", amount=amount)
    assert (status, answer["field"]) == (422, "amount")
    assert now_of(core, held).captured == 0
    assert "capture" not in dict(gateway.calls)


def test_a_reversal_says_how_much_went_back_and_happens_once(core: Core, ask: Ask, held: Link) -> None:
    status, answer = ask(held, "reverse")
    assert (status, answer["paymentStatus"]) == (200, PaymentStatus.REVERSED.value)
    assert Decimal(str(answer["totalAmount"])) == now_of(core, held).reversed == Decimal("150.00")
    assert [ask(held, one)[0] for one in ("reverse", "capture")] == [409, 409]


@pytest.mark.parametrize("what", ["capture", "reverse"])
def test_of_a_link_that_was_not_paid_there_is_nothing_to_move(
    core: Core, ask: Ask, make_link: Callable[..., Link], clock: MovableClock, gateway: FakeGateway, what: str
) -> None:
    link = make_link()
    assert ask(link, what)[0] == 409
    assert ask(replace(link, reference="nobody"), what)[0] == 404
    # With an amount the link is looked up first: one whose time is over ends by that.
    clock.move(minutes=6)
    status = ask(link, "capture", amount="1.00")[0]
    assert (status, now_of(core, link).payable) == (409, False)
    assert not {"capture", "give_back"} & set(dict(gateway.calls))

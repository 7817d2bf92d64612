"""What the API answers of a link and of a merchant's configuration: each field says what it is named for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from payment_core.api_manifest import api_time
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import ApplicationStatus, Channel, LinkStatus, MessageStatus, PaymentStatus
from payment_core.domain.enums import TransactionType as Type
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import Attention
from payment_core.services import Core
from payment_core.store import applications, merchants
from payment_core.store.links import attempts, links
from tests.payment_core.conftest import APPLICATION, CUSTOMER, NOW
from tests.payment_core.fakes import MovableClock

# The answers are made of the same rows on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Ask = Callable[..., Any]


@pytest.fixture
def ask(client: FlaskClient, api_key: str) -> Ask:
    """A function that asks an operation with the merchant's key, and returns the JSON that it answers."""

    def asked(path: str, method: str = "GET", **more: Any) -> Any:
        answer = client.open(f"/api/v2/{path}", method=method, headers={"Authorization": api_key}, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.get_json()

    return asked


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture
def link(core: Core, make_link: Callable[..., Link]) -> Link:
    """A link no two of whose amounts, times and texts are the same."""
    made = make_link(caller_reference="c2p_1", payer_reference="003")
    values: dict[str, Any] = {
        "tax": Decimal("15.00"), "sub_total": Decimal("135.00"), "authorized": Decimal("150.00"),
        "captured": Decimal("120.00"), "reversed": Decimal("20.00"), "settled": True, "in_review": True,
        "status": LinkStatus.CLICKED, "payment_status": PaymentStatus.CAPTURED, "payable": False,
        "transaction_type": Type.AUTHORIZATION, "additional_data": {"reference": "c2p_1", "note": "x"},
        "clicked_at": later(1), "decided_at": later(2), "review_finalised_at": later(3), "capture_before": later(4),
        "attention_at": later(5), "expires_at": later(6), "previous": "another", "card_brand": "VISA",
        "card_last4": "4242", "receipt_reference": "receipt", "reconciliation_reference": "pi_1",
        "message_status": MessageStatus.FAILED, "message_failure": "unreachable", "attention": Attention.DISPUTED,
    }  # fmt: skip
    with core.transactions.write() as work:
        return links.save(work, replace(made, **values))


def test_a_transaction_is_told_as_it_is_stored(ask: Ask, core: Core, merchant: Merchant, link: Link) -> None:
    told = ask(f"payment-links/{link.reference}")
    assert told == {
        "orderNumber": "00000100",
        "paymentLinkRef": link.reference,
        "linkStatus": "PAYMENT_LINK_CLICKED",
        "paymentStatus": PaymentStatus.CAPTURED.value,
        "totalAmount": 150.00,
        "taxAmount": 15.00,
        "subTotalAmount": 135.00,
        "authorizedAmount": 150.00,
        "capturedAmount": 120.00,
        "reversedAmount": 20.00,
        "currency": "ZAR",
        "channel": link.channel.value,
        "environment": merchant.mode.value,
        "additionalData": {"reference": "c2p_1", "note": "x"},
        "createdAt": api_time(NOW),
        "clickedAt": api_time(later(1)),
        "expiresAt": api_time(later(6)),
        "paymentGatewayResponseTimestamp": api_time(later(2)),
        "reviewFinalisedTimestamp": api_time(later(3)),
        "transactionType": Type.AUTHORIZATION.value,
        "receiptLinkRef": "receipt",
        "reconciliationReference": "pi_1",
        "merchantName": merchant.name,
        "messageStatus": MessageStatus.FAILED.value,
        "messageFailureReason": core.api.failure("unreachable"),
        "messageFailureCode": "unreachable",
        "previousPaymentLinkRef": "another",
        "payerReference": "003",
        "captureBefore": api_time(later(4)),
        "settled": True,
        "doNotShip": True,
        "attention": "disputed",
        "attentionTimestamp": api_time(later(5)),
        "charging": False,
        "chargingTimestamp": None,
        "cardType": "VISA",
        "cardEnding": "4242",
    }
    assert core.api.failure("unreachable") not in (None, "unreachable"), "people read a sentence"
    assert ask("payment-links", query_string={"reference": "c2p_1"}) == {"items": [told]}


def test_a_link_that_nobody_paid_has_no_payment_and_no_times_of_one(ask: Ask, make_link: Callable[..., Link]) -> None:
    told = ask(f"payment-links/{make_link().reference}")
    nothing = (
        *("paymentStatus", "clickedAt", "paymentGatewayResponseTimestamp", "reviewFinalisedTimestamp", "captureBefore"),
        *("receiptLinkRef", "reconciliationReference", "messageFailureReason", "messageFailureCode", "attention"),
        *("previousPaymentLinkRef", "payerReference", "attentionTimestamp", "cardType", "cardEnding"),
    )
    assert {name: told[name] for name in nothing} == dict.fromkeys(nothing)
    assert (told["settled"], told["doNotShip"], told["authorizedAmount"]) == (False, False, 0)


def charge(link: Link, name: str, at: datetime, state: AttemptState) -> Attempt:
    return Attempt(name, link.reference, link.merchant_id, AttemptKind.SAVED_CARD, state, name, at, None)


def test_a_saved_card_that_is_being_charged_is_told_with_since_when(ask: Ask, core: Core, link: Link) -> None:
    """Or since when none is any more, of several charges that came to nothing: by the time the later word counts."""
    with core.transactions.write() as work:
        for name, minutes in (("later", 9), ("first", 8)):
            one = charge(link, name, later(7), AttemptState.OPEN)
            attempts.add(work, one)
            attempts.end(work, one, now=later(minutes))
    told = ask(f"payment-links/{link.reference}")
    assert (told["charging"], told["chargingTimestamp"]) == (False, api_time(later(9)))
    with core.transactions.write() as work:
        attempts.add(work, charge(link, "now", later(10), AttemptState.OPEN))
    told = ask(f"payment-links/{link.reference}")
    assert (told["charging"], told["chargingTimestamp"]) == (True, api_time(later(10)))


def test_a_link_is_made_with_its_times_and_whether_a_saved_card_was_offered(ask: Ask, core: Core) -> None:
    body = {
        "applicationUuid": APPLICATION.application_id, "orderNumber": "00000100", "channel": "sms",
        "endUserMobileNumber": CUSTOMER, "currency": "ZAR", "totalAmount": 150, "taxAmount": 0, "subTotalAmount": 150,
    }  # fmt: skip
    told = ask("payment-links", "POST", json=body)
    with core.transactions.read() as work:
        made = links.find(work, told["paymentLinkRef"])
    assert made is not None
    assert told == {
        "paymentLinkRef": made.reference,
        "status": LinkStatus.SENT.value,
        "createdAt": api_time(made.created_at),
        "expiresAt": api_time(made.expires_at),
        "savedCard": False,
    }
    assert made.created_at < made.expires_at


def test_a_configuration_is_told_as_the_merchant_has_it(
    ask: Ask, core: Core, merchant: Merchant, clock: MovableClock
) -> None:
    clock.move(seconds=1)
    other = replace(
        APPLICATION, application_id="another", status=ApplicationStatus.DEACTIVATED, wants_messages=True, name="Shop"
    )
    with core.transactions.write() as work:
        applications.save(work, other, now=core.now())
        merchants.save(
            work,
            replace(
                merchant, channels=(Channel.WHATSAPP, Channel.SMS), currencies=("ZAR", "JPY", "KWD"),
                transaction_type=Type.AUTHORIZATION,
            ),
            now=core.now(),
        )  # fmt: skip
    told = ask("configuration")
    assert told == {
        "environment": "SANDBOX",
        "merchantName": "Karoo Coffee Roasters",
        "channels": ["whatsapp", "sms"],
        "currencies": ["ZAR", "JPY", "KWD"],
        "currencyDigits": {"ZAR": 2, "JPY": 0, "KWD": 3},
        "transactionType": "AUTHORIZATION",
        "deliveryReports": {"whatsapp": True, "sms": False},
        "minimumAmounts": {},
        "maximumAmounts": {},
        "amountSteps": {},
        "applications": [
            {"applicationUuid": APPLICATION.application_id, "status": "ACTIVATED", "wantsMessages": False},
            {"applicationUuid": "another", "status": "DEACTIVATED", "wantsMessages": True},
        ],
    }


def test_an_application_is_switched_and_it_is_told_when(ask: Ask, core: Core, clock: MovableClock) -> None:
    now = clock.move(minutes=1)
    body = {"applicationUuid": APPLICATION.application_id, "status": "DEACTIVATED"}
    assert ask("integration", "PUT", json=body) == {"updateTime": api_time(now)}
    with core.transactions.read() as work:
        found = applications.find(work, APPLICATION.merchant_id, APPLICATION.application_id)
    assert found is not None
    assert found.status is ApplicationStatus.DEACTIVATED


def test_an_application_is_enabled_by_the_api_also_without_its_addresses(ask: Ask, core: Core) -> None:
    """It documents no refusal for that."""
    bare = replace(APPLICATION, payment_status_url="", transaction_status_url="", settings_url="")
    with core.transactions.write() as work:
        applications.save(work, replace(bare, status=ApplicationStatus.DEACTIVATED), now=core.now())
    ask("integration", "PUT", json={"applicationUuid": bare.application_id, "status": "ACTIVATED"})
    with core.transactions.read() as work:
        assert applications.find(work, bare.merchant_id, bare.application_id) == bare

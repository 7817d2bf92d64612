"""The payment core on the wire: what each operation sends, what each answer and each failure means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from connector.core.client import CoreClient, core_refusal
from connector.core.link_order import LinkOrder
from connector.core.schemas import CancelledLink, MovedMoney, SentLink
from connector.domain.payments.notification import CoreRecord
from connector.domain.payments.payment import Channel
from connector.domain.payments.status import Link, Message, Money, StatusUpdate
from connector.domain.tenants.tenant import CoreConfiguration
from connector.errors import CoreOutcomeUnknown, CoreRefused, CoreUnavailable, TenantProblem
from foundation.http.session import PeerSession
from foundation.phones.phone import Phone
from manifests.overlay import read_overlay
from manifests.shipped import load_shipped
from tests.factories import make_tenant

CORE = "https://chat2pay-service.clickatell.com"
ACCESS = make_tenant().core
LINK = LinkOrder(
    reference="c2p_1",
    order_number="00000102",
    channel=Channel.SMS,
    phone=Phone("27831234567"),
    currency="ZAR",
    total=Decimal("115.00"),
    tax=Decimal("15.00"),
    sub_total=Decimal("100.00"),
    language="en",
)
RECORD = {
    "orderNumber": "00000102",
    "paymentLinkRef": "link-1",
    "linkStatus": "PAYMENT_LINK_CLICKED",
    "paymentStatus": "PAYMENT_RECEIVED",
    "totalAmount": 115.00,
    "taxAmount": 15.00,
    "subTotalAmount": 100.00,
    "authorizedAmount": 115.00,
    "capturedAmount": "115.00",
    "reversedAmount": 0,
    "currency": "ZAR",
    "channel": "sms",
    "environment": "SANDBOX",
    "additionalData": {"reference": "c2p_1"},
    "createdAt": "2026-11-21T10:40:00.000+0000",
    "clickedAt": "2026-11-21T10:43:10.000+0000",
    "expiresAt": None,
    "paymentGatewayResponseTimestamp": "2026-11-21T10:44:11.512+0000",
    "reviewFinalisedTimestamp": None,
    "transactionType": "SALE",
    "receiptLinkRef": "receipt-1",
    "reconciliationReference": "TRN1",
    "merchantName": "Acme",
}
Operation = Callable[[CoreClient], Any]
# operation -> (method, path, how it is called, a valid answer)
OPERATIONS: dict[str, tuple[str, str, Operation, dict[str, Any]]] = {
    "send": ("POST", "/api/v2/payment-links", lambda core: core.send(ACCESS, LINK), {"paymentLinkRef": "link-1"}),
    "get_transaction": (
        "GET",
        "/api/v2/payment-links/link-1",
        lambda core: core.get_transaction(ACCESS, "link-1"),
        RECORD,
    ),
    "find_by_reference": (
        "GET",
        "/api/v2/payment-links?reference=c2p_1",
        lambda core: core.find_by_reference(ACCESS, "c2p_1"),
        {"items": [RECORD]},
    ),
    "cancel": ("POST", "/api/v2/payment-links/link-1/cancel", lambda core: core.cancel(ACCESS, "link-1"), {}),
    "capture": (
        "POST",
        "/api/v2/payments/link-1/capture",
        lambda core: core.capture(ACCESS, "link-1", Decimal("40.10")),
        {},
    ),
    "reverse": ("POST", "/api/v2/payments/link-1/reverse", lambda core: core.reverse(ACCESS, "link-1"), {}),
    "get_configuration": (
        "GET",
        "/api/v2/configuration",
        lambda core: core.get_configuration(ACCESS),
        {"channels": ["sms"], "currencies": ["ZAR"]},
    ),
}
every_operation = pytest.mark.parametrize("name", OPERATIONS)


@pytest.fixture
def core() -> Iterator[CoreClient]:
    with PeerSession(peer="core", total_timeout=2, repeat_reads=False) as session:
        yield CoreClient(reads=session, writes=session, allow_loopback=False)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def answer(wire: responses.RequestsMock, name: str, **answered: Any) -> None:
    method, path, _, body = OPERATIONS[name]
    wire.add(method, f"{CORE}{path}", **(answered or {"json": body}))


def ask(core: CoreClient, name: str) -> Any:
    return OPERATIONS[name][2](core)


@every_operation
def test_an_operation_goes_to_the_manifests_address_with_the_bare_key(
    core: CoreClient, wire: responses.RequestsMock, name: str
) -> None:
    answer(wire, name)
    ask(core, name)
    (call,) = wire.calls
    assert call.request.headers["Authorization"] == ACCESS.api_key.value
    assert call.request.headers["Accept"] == "application/json"
    is_write = call.request.method == "POST"
    assert (call.request.headers.get("Connection") == "close") is is_write, "a write goes over a connection of its own"
    if is_write:
        assert call.request.headers["Content-Type"] == "application/json"
    else:
        assert call.request.body is None


def test_a_link_is_asked_for_in_the_cores_names(core: CoreClient, wire: responses.RequestsMock) -> None:
    answer(
        wire,
        "send",
        json={
            "paymentLinkRef": "link-1",
            "status": "PAYMENT_LINK_CREATED",
            "savedCard": False,
        },
        status=201,
    )
    sent = ask(core, "send")
    assert sent == SentLink("link-1", "PAYMENT_LINK_CREATED")
    assert json.loads(wire.calls[0].request.body or "") == {
        "applicationUuid": "app-uuid",
        "orderNumber": "00000102",
        "channel": "sms",
        "endUserMobileNumber": "27831234567",
        "currency": "ZAR",
        "totalAmount": 115.0,
        "taxAmount": 15.0,
        "subTotalAmount": 100.0,
        "language": "en",
        "additionalData": {"reference": "c2p_1"},
    }


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0.1", "0.1"),
        ("99999999.99", "99999999.99"),
        ("1234567890123.45", "1234567890123.45"),
        ("1150", "1150"),
        ("1.234", "1.234"),
        ("115.00", "115.00"),
        ("999999999999999.99", "999999999999999.99"),
        ("0.10", "0.10"),
    ],
)
def test_an_amount_leaves_as_a_json_number_with_its_own_digits(
    core: CoreClient, wire: responses.RequestsMock, amount: str, written: str
) -> None:
    answer(wire, "send")
    core.send(ACCESS, replace(LINK, total=Decimal(amount)))
    assert f'"totalAmount": {written},' in str(wire.calls[0].request.body)


@pytest.mark.parametrize(("tax", "sub_total"), [("-15.00", "130.00"), ("130.00", "-15.00")])
def test_a_part_that_a_discount_made_negative_is_sent_as_it_is(
    core: CoreClient, wire: responses.RequestsMock, tax: str, sub_total: str
) -> None:
    answer(wire, "send")
    core.send(ACCESS, replace(LINK, tax=Decimal(tax), sub_total=Decimal(sub_total)))
    body = json.loads(wire.calls[0].request.body or b"", parse_float=Decimal)
    assert (body["taxAmount"], body["subTotalAmount"]) == (Decimal(tax), Decimal(sub_total))


@pytest.mark.parametrize(
    ("tax", "sub_total", "sent"),
    [
        ("-15.00", "130.00", ("0", "115.00")),
        ("130.00", "-15.00", ("0", "115.00")),
        ("15.00", "100.00", ("15.00", "100.00")),
        ("115.00", "0.00", ("115.00", "0.00")),
    ],
)
def test_a_core_that_refuses_negative_parts_gets_the_whole_total_in_their_place(
    core: CoreClient,
    wire: responses.RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tax: str,
    sub_total: str,
    sent: tuple[str, str],
) -> None:
    own = {"operations": {"send_payment_link": {"takes_negative_parts": False}}}
    (tmp_path / "operations.json").write_text(json.dumps(own))
    said = read_overlay(tmp_path).over("operations.json", load_shipped("core/operations.json"))
    monkeypatch.setattr("connector.core.client._MANIFEST", said)
    answer(wire, "send")
    core.send(ACCESS, replace(LINK, tax=Decimal(tax), sub_total=Decimal(sub_total)))
    body = json.loads(wire.calls[0].request.body or b"", parse_float=Decimal)
    assert (body["taxAmount"], body["subTotalAmount"]) == tuple(map(Decimal, sent))
    assert body["totalAmount"] == Decimal("115.00")


def test_a_transaction_is_the_cores_own_record(core: CoreClient, wire: responses.RequestsMock) -> None:
    answer(wire, "get_transaction")
    assert ask(core, "get_transaction") == CoreRecord(
        link_reference="link-1",
        order_number="00000102",
        reference="c2p_1",
        core_status="PAYMENT_RECEIVED",
        news=StatusUpdate(Message.SENT, Link.OPENED, Money.PAID),
        total=Decimal("115.00"),
        authorized=Decimal("115.00"),
        captured=Decimal("115.00"),
        reversed=Decimal(0),
        currency="ZAR",
        environment="SANDBOX",
        created_at=datetime(2026, 11, 21, 10, 40, tzinfo=UTC),
        clicked_at=datetime(2026, 11, 21, 10, 43, 10, tzinfo=UTC),
        decided_at=datetime(2026, 11, 21, 10, 44, 11, 512000, tzinfo=UTC),
        receipt_reference="receipt-1",
        reconciliation_reference="TRN1",
        link_word="PAYMENT_LINK_CLICKED",
    )


@pytest.mark.parametrize(
    ("change", "news", "word"),
    [
        (
            {"paymentStatus": None, "capturedAmount": 0},
            StatusUpdate(Message.SENT, Link.OPENED),
            "PAYMENT_LINK_CLICKED",
        ),
        ({"linkStatus": "PAYMENT_LINK_EXPIRED"}, StatusUpdate(None, Link.EXPIRED, Money.PAID), "PAYMENT_RECEIVED"),
        ({"linkStatus": None}, StatusUpdate(None, Link.OPENED, Money.PAID), "PAYMENT_RECEIVED"),
        ({"linkStatus": None, "paymentStatus": None, "capturedAmount": 0}, StatusUpdate(), None),
        (
            {"paymentStatus": "PAYMENT_DECLINED", "reviewFinalisedTimestamp": 1795257851},
            StatusUpdate(Message.SENT, Link.OPENED, Money.REFUSED),
            "PAYMENT_DECLINED",
        ),
        ({"paymentStatus": "SETTLED", "capturedAmount": 0}, StatusUpdate(Message.SENT, Link.OPENED), "SETTLED"),
    ],
)
def test_a_record_proves_what_its_two_words_prove_together(
    core: CoreClient, wire: responses.RequestsMock, change: dict[str, Any], news: StatusUpdate, word: str | None
) -> None:
    answer(wire, "get_transaction", json={**RECORD, **change})
    record = ask(core, "get_transaction")
    assert (record.news, record.core_status) == (news, word)


@pytest.mark.parametrize(
    ("word", "authorized", "captured", "given_back", "money"),
    [
        pytest.param("PAYMENT_RECEIVED", 115, 115, 40, Money.PAID, id="a part was refunded"),
        pytest.param("PAYMENT_RECEIVED", 115, 115, 115, Money.REVERSED, id="refunded, and its word is as before"),
        pytest.param("PAYMENT_CAPTURED", 115, 40, 40, Money.REVERSED, id="the part that was taken is refunded"),
        pytest.param("PAYMENT_REFUNDED", 115, 115, 115, Money.REVERSED, id="refunded, in an unknown word"),
        pytest.param("SETTLED", 115, 115, 0, Money.PAID, id="taken, in an unknown word"),
        pytest.param("SETTLED", 115, 0, 0, None, id="an unknown word, and nothing was taken"),
        pytest.param("PAYMENT_REVERSED", 115, 0, 40, Money.AUTHORIZED, id="a part of a hold is released"),
        pytest.param("PAYMENT_REVERSED", 115, 0, 115, Money.REVERSED, id="a hold is released"),
        pytest.param("PAYMENT_REVERSED", 115, 0, 0, Money.REVERSED, id="a hold is released, and no amount says so"),
        pytest.param("PAYMENT_REVERSED", 115, 115, 0, Money.REVERSED, id="refunded, and no amount says so"),
        pytest.param("PAYMENT_AUTHORIZED", 115, 40, 0, Money.AUTHORIZED, id="a part is taken, and the rest still held"),
        pytest.param("PAYMENT_REVERSED", 115, 115, 40, Money.REVERSED, id="a part was refunded, and its word says so"),
        pytest.param("PAYMENT_REVERSED", 115, None, 40, Money.REVERSED, id="a part is back of nobody says how much"),
        pytest.param("PAYMENT_RECEIVED", 115, None, 115, Money.REVERSED, id="refunded, and only its total is known"),
        pytest.param("PAYMENT_REVIEW", 115, 115, 0, Money.IN_REVIEW, id="taken, and being checked"),
    ],
)
def test_a_records_amounts_count_where_its_word_says_less_of_the_money(
    core: CoreClient,
    wire: responses.RequestsMock,
    word: str,
    authorized: int,
    captured: int | None,
    given_back: int,
    money: Money | None,
) -> None:
    amounts = {"authorizedAmount": authorized, "capturedAmount": captured, "reversedAmount": given_back}
    answer(wire, "get_transaction", json={**RECORD, **amounts, "paymentStatus": word})
    assert ask(core, "get_transaction").news.money is money


@pytest.mark.parametrize(
    ("word", "captured", "told", "given_back", "money"),
    [
        pytest.param("PAYMENT_CAPTURED", 60, 55, 0, Money.PAID, id="the rest was released"),
        pytest.param("PAYMENT_VOIDED", 60, 55, 0, Money.PAID, id="the rest, and its word is of holds"),
        pytest.param("PAYMENT_REVERSED", 60, 55, 55, Money.REVERSED, id="as much as the rest, and its word says so"),
        pytest.param(
            "PAYMENT_REVERSED", 100, 20, 20, Money.REVERSED, id="a part of what was taken, more than the rest"
        ),
        pytest.param("PAYMENT_CAPTURED", 100, 20, 20, Money.PAID, id="the same, and its word is as before as well"),
        pytest.param("PAYMENT_AUTHORIZED", 60, 55, 0, Money.PAID, id="the rest is released, so nothing is held"),
        pytest.param("PAYMENT_REVERSED", 60, 75, 20, Money.REVERSED, id="the rest, and a part of what was taken"),
        pytest.param("PAYMENT_CAPTURED", 60, 75, 20, Money.PAID, id="the same, and its word is as before"),
        pytest.param("PAYMENT_REVERSED", 60, 115, 60, Money.REVERSED, id="the rest, and all that was taken"),
        pytest.param("PAYMENT_CAPTURED", 60, 115, 60, Money.REVERSED, id="all of both, and its word is as before"),
        pytest.param("PAYMENT_REVERSED", 60, 60, 60, Money.REVERSED, id="all that was taken"),
        pytest.param(
            "PAYMENT_CAPTURED", 60, 60, 60, Money.REVERSED, id="all that was taken, and its word is as before"
        ),
        pytest.param("PAYMENT_REVERSED", 60, 20, 20, Money.REVERSED, id="a part of what was taken"),
        pytest.param("PAYMENT_CAPTURED", 60, 20, 20, Money.PAID, id="a part of it, and its word is as before"),
        pytest.param("PAYMENT_CAPTURED", 40, 75, 0, Money.PAID, id="the rest, which is more than was taken"),
        pytest.param("PAYMENT_CAPTURED", 40, 50, 0, Money.PAID, id="more than was taken, so of the hold"),
        pytest.param("PAYMENT_CAPTURED", 57.5, 57.5, 0, Money.PAID, id="the rest, which is as much as was taken"),
        pytest.param(
            "PAYMENT_REVERSED", 57.5, 57.5, 57.5, Money.REVERSED, id="as much as was taken, and its word says so"
        ),
        pytest.param("PAYMENT_REVIEW", 60, 55, 0, Money.IN_REVIEW, id="being checked"),
        pytest.param("PAYMENT_REVERSED", 115, 55, 55, Money.REVERSED, id="nothing was left to release"),
    ],
)
def test_the_released_rest_of_a_hold_is_no_refund_of_the_part_that_was_captured(
    core: CoreClient,
    wire: responses.RequestsMock,
    word: str,
    captured: float,
    told: float,
    given_back: float,
    money: Money,
) -> None:
    amounts = {"authorizedAmount": 115, "capturedAmount": captured, "reversedAmount": told, "paymentStatus": word}
    answer(wire, "get_transaction", json={**RECORD, **amounts})
    record = ask(core, "get_transaction")
    assert (record.reversed, record.released, record.news.money) == (given_back, told - given_back, money)
    # A core of our own counts only what was taken, and says so by what it alone has.
    answer(wire, "get_transaction", json={**RECORD, **amounts, "settled": False})
    assert ask(core, "get_transaction").reversed == Decimal(str(told))


@pytest.mark.parametrize(
    ("kind", "money"),
    [
        ("SALE", Money.REVERSED),
        ("TransactionType.SALE(name=Sale, id=2)", Money.REVERSED),
        (4, Money.REVERSED),
        ("AUTHORIZATION", Money.AUTHORIZED),
        ("VOID", Money.AUTHORIZED),
        (None, Money.AUTHORIZED),
    ],
)
def test_a_part_that_is_back_of_a_sale_leaves_no_hold_where_the_record_says_not_what_was_taken(
    core: CoreClient, wire: responses.RequestsMock, kind: object, money: Money
) -> None:
    amounts = {"capturedAmount": None, "reversedAmount": 40, "paymentStatus": "PAYMENT_REVERSED"}
    answer(wire, "get_transaction", json={**RECORD, **amounts, "transactionType": kind})
    assert ask(core, "get_transaction").news.money is money


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        (" ZAR 115.00 ", "115.00"),
        ("ZAR115.00", "115.00"),
        ("115.00 zar", "115.00"),
        ("1.15E+2", "115"),
        ("0E-25", "0"),
        ("1E-18", "0.000000000000000001"),
        ("1E18", "1000000000000000000"),
        ("2E-19", "0"),
        (" ", "0"),
    ],
)
def test_an_amount_is_read_with_its_currency_beside_it_and_what_is_left_of_floats_is_nothing(
    core: CoreClient, wire: responses.RequestsMock, told: str, amount: str
) -> None:
    answer(wire, "get_transaction", json={**RECORD, "reversedAmount": told})
    assert ask(core, "get_transaction").reversed == Decimal(amount)


def test_a_total_is_read_with_its_currency_beside_it_as_the_other_amounts_are(
    core: CoreClient, wire: responses.RequestsMock
) -> None:
    answer(wire, "get_transaction", json={**RECORD, "totalAmount": "ZAR 115.00"})
    assert ask(core, "get_transaction").total == Decimal("115.00")


def test_a_currency_told_as_a_number_is_none_that_an_order_is_paid_in(
    core: CoreClient, wire: responses.RequestsMock
) -> None:
    answer(wire, "get_transaction", json={**RECORD, "currency": 710, "totalAmount": "115.00"})
    record = ask(core, "get_transaction")
    assert (record.currency, record.total) == ("710", Decimal(115))


@pytest.mark.parametrize(
    "told",
    [1795257851, 1795257851000, "1795257851", " 1795257851000 ", "2026-11-21T11:44:11+01:00", "2026-11-21T10:44:11"],
)
def test_a_time_is_read_as_text_or_as_seconds_or_milliseconds_or_their_text(
    core: CoreClient, wire: responses.RequestsMock, told: object
) -> None:
    answer(wire, "get_transaction", json={**RECORD, "createdAt": told})
    assert ask(core, "get_transaction").created_at == datetime.fromtimestamp(1795257851, UTC)


@pytest.mark.parametrize("told", [True, "soon", "9" * 40, "1995-01-01T00:00:00Z", 0])
def test_a_time_that_is_none_or_absurd_costs_no_payment(
    core: CoreClient, wire: responses.RequestsMock, told: object
) -> None:
    answer(wire, "get_transaction", json={**RECORD, "createdAt": told})
    assert ask(core, "get_transaction").created_at is None


@pytest.mark.parametrize(("told", "read"), [(True, True), (False, False), ("yes", None), (1, None), (None, None)])
def test_a_yes_or_no_that_is_neither_says_nothing(
    core: CoreClient, wire: responses.RequestsMock, told: Any, read: bool | None
) -> None:
    answer(wire, "get_transaction", json={**RECORD, "settled": told})
    assert ask(core, "get_transaction").settled is read


@pytest.mark.parametrize(
    ("told", "finalised", "read"),
    [
        (True, None, True),
        (False, None, None),
        (False, "2026-11-21T10:50:00Z", False),
        (True, "2026-11-21T10:50:00Z", True),
        (None, "2026-11-21T10:50:00Z", None),
    ],
)
def test_goods_are_free_again_only_once_a_review_has_ended(
    core: CoreClient, wire: responses.RequestsMock, told: bool | None, finalised: str | None, read: bool | None
) -> None:
    answer(wire, "get_transaction", json={**RECORD, "doNotShip": told, "reviewFinalisedTimestamp": finalised})
    assert ask(core, "get_transaction").do_not_ship is read


def test_a_transaction_that_the_core_does_not_know_is_none_and_no_error(
    core: CoreClient, wire: responses.RequestsMock
) -> None:
    answer(wire, "get_transaction", status=404, json={"errorCode": "NOT_FOUND"})
    assert ask(core, "get_transaction") is None


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ([], None),
        ([RECORD], "link-1"),
        ([{**RECORD, "additionalData": None}, RECORD], "link-1"),
        ([{**RECORD, "additionalData": {"reference": "C2P_1"}}], "link-1"),
    ],
    ids=["nothing", "ours", "ours among others", "ours in another case"],
)
def test_a_look_up_by_reference_believes_only_a_record_that_carries_it(
    core: CoreClient, wire: responses.RequestsMock, items: list[Any], found: str | None
) -> None:
    answer(wire, "find_by_reference", json={"items": items})
    record = ask(core, "find_by_reference")
    assert (record.link_reference if record else None) == found
    assert wire.calls[0].request.url == f"{CORE}/api/v2/payment-links?reference=c2p_1"


def test_a_look_up_that_lists_other_links_is_no_proof_that_there_is_none(
    core: CoreClient, wire: responses.RequestsMock
) -> None:
    answer(wire, "find_by_reference", json={"items": [{**RECORD, "additionalData": {"reference": "c2p_2"}}]})
    with pytest.raises(CoreRefused):
        ask(core, "find_by_reference")


UNPAID = {"paymentStatus": None, "capturedAmount": 0, "authorizedAmount": 0}


@pytest.mark.parametrize("sequence", [1, -1])
@pytest.mark.parametrize(
    ("counts", "other"),
    [
        pytest.param({}, UNPAID, id="paid before unpaid"),
        pytest.param({"paymentStatus": "PAYMENT_AUTHORIZED", "capturedAmount": 0}, UNPAID, id="held before unpaid"),
        pytest.param({}, {"capturedAmount": 50, "authorizedAmount": 50}, id="more before less"),
        pytest.param(
            {"authorizedAmount": 0}, {"capturedAmount": 50, "authorizedAmount": 115}, id="more taken before more held"
        ),
        pytest.param(
            {"paymentStatus": "PAYMENT_REVIEW", "linkStatus": "PAYMENT_LINK_EXPIRED"},
            {**UNPAID, "paymentStatus": "PAYMENT_REVIEW"},
            id="taken, and being checked, before nothing taken, which can still be paid",
        ),
        pytest.param(
            UNPAID, {**UNPAID, "linkStatus": "PAYMENT_LINK_EXPIRED"}, id="what can be paid before what is over"
        ),
        pytest.param(UNPAID, {**UNPAID, "linkStatus": None}, id="what can be paid before what is not sent yet"),
    ],
)
def test_of_several_links_under_one_reference_the_one_with_the_money_or_that_can_be_paid_counts(
    core: CoreClient, wire: responses.RequestsMock, counts: dict[str, Any], other: dict[str, Any], sequence: int
) -> None:
    records = [{**RECORD, **counts}, {**RECORD, **other, "paymentLinkRef": "link-2"}]
    answer(wire, "find_by_reference", json={"items": records[::sequence]})
    assert ask(core, "find_by_reference").link_reference == "link-1"


@pytest.mark.parametrize(
    "oddity",
    [{"orderNumber": 102}, {"currency": "zar"}, {"environment": " Sandbox"}, {"reversedAmount": ""}, {"extra": 10**300},
     {"paymentStatus": "payment_received", "linkStatus": "Payment-Link-Clicked"},
     {"additionalData": '{"reference": "c2p_1"}'}],
    ids=repr,
)  # fmt: skip
def test_a_record_that_differs_in_case_in_padding_or_in_type_is_the_same_record(
    core: CoreClient, wire: responses.RequestsMock, oddity: dict[str, Any]
) -> None:
    answer(wire, "get_transaction", json={**RECORD, **oddity})
    record = ask(core, "get_transaction")
    assert (record.currency, record.environment, record.reference) == ("ZAR", "SANDBOX", "c2p_1")
    assert (record.news, record.core_status) == (
        StatusUpdate(Message.SENT, Link.OPENED, Money.PAID),
        "PAYMENT_RECEIVED",
    )


def test_a_number_of_five_thousand_digits_in_a_record_keeps_nothing_away(
    core: CoreClient, wire: responses.RequestsMock
) -> None:
    answer(wire, "get_transaction", body=json.dumps(RECORD)[:-1] + f', "serial": {"9" * 5000}}}')
    assert ask(core, "get_transaction").captured == Decimal("115.00")


@pytest.mark.parametrize(
    ("told", "customer_told", "because"),
    [
        ({}, None, None),
        ({"customerNotified": True}, True, None),
        ({"customerNotified": False, "notNotifiedReason": "131047: free text"}, False, "131047: free text"),
        ({"customerNotified": False, "notNotifiedReason": None}, False, None),
        ({"customerNotified": False, "notNotifiedReason": {"code": 7}}, False, None),
        ({"customerNotified": False, "notNotifiedReason": "x" * 121}, False, None),
        ({"customerNotified": False, "notNotifiedReason": "No route to 27831234567."}, False, None),
        ({"customerNotified": False, "notNotifiedReason": "No route to 083 123-4567."}, False, None),
        ({"customerNotified": False, "notNotifiedReason": "No route to 123-4567."}, False, None),
        ({"customerNotified": False, "notNotifiedReason": "Paid by 4111–1111–1111–1111."}, False, None),
        ({"customerNotified": False, "notNotifiedReason": "OPTED_OUT"}, False, None),
        ({"customerNotified": False, "notNotifiedReason": "Refused: OPTED_OUT."}, False, None),
        ({"customerNotified": False, "notNotifiedReason": "BLOCKED"}, False, None),
    ],
)
def test_a_cancel_says_whether_the_customer_was_told_and_why_not_unless_that_holds_a_long_number(
    core: CoreClient,
    wire: responses.RequestsMock,
    told: dict[str, Any],
    customer_told: bool | None,
    because: str | None,
) -> None:
    answer(wire, "cancel", json={"status": "PAYMENT_LINK_CANCELLED", **told})
    assert ask(core, "cancel") == CancelledLink("PAYMENT_LINK_CANCELLED", customer_told, because)


@pytest.mark.parametrize(("name", "body"), [("capture", '{"amount": 40.10}'), ("reverse", "{}")])
def test_a_move_of_money_says_how_much_and_hears_the_new_word(
    core: CoreClient, wire: responses.RequestsMock, name: str, body: str
) -> None:
    answer(wire, name, json={"paymentStatus": "PAYMENT_CAPTURED", "totalAmount": 40.1, "transactionType": 4})
    assert ask(core, name) == MovedMoney("PAYMENT_CAPTURED")
    assert wire.calls[0].request.body == body.encode()


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (4, "CAPTURE"),
        ("4", "CAPTURE"),
        ("CAPTURE", "CAPTURE"),
        ("Capture", "CAPTURE"),
        ("TransactionType.CAPTURE(name=Capture, id=4)", "CAPTURE"),
        ("TransactionType.SALE(name=Sale, id=2)", "SALE"),
        ("TransactionType.AUTHORIZATION(name=Authorization, id=1)", "AUTHORIZATION"),
        ("TransactionType.VOID(name=Void, id=3)", "VOID"),
        ("TransactionType.REFUND(name=Refund, id=5)", None),
        (True, None),
        (5, None),
        ({"id": 4}, None),
        (None, None),
    ],
)
def test_an_accepted_transactions_type_is_read_in_each_of_its_forms(
    core: CoreClient, wire: responses.RequestsMock, given: object, read: str | None
) -> None:
    documented = {"paymentGatewayDecision": "ACCEPT", "paymentGatewayResponseCode": 100, "transactionType": given}
    answer(wire, "capture", json=documented)
    assert ask(core, "capture") == MovedMoney(None, read)


@pytest.mark.parametrize(("word", "meant"), [("payment captured", "PAYMENT_CAPTURED"), ("Sundry", "Sundry")])
def test_the_word_for_a_move_of_money_is_read_in_any_case(
    core: CoreClient, wire: responses.RequestsMock, word: str, meant: str
) -> None:
    answer(wire, "capture", json={"paymentStatus": word})
    assert ask(core, "capture").core_status == meant


def test_the_word_for_a_cancelled_link_is_read_in_any_case(core: CoreClient, wire: responses.RequestsMock) -> None:
    answer(wire, "cancel", json={"status": "Payment-Link-Cancelled"})
    assert ask(core, "cancel").core_status == "PAYMENT_LINK_CANCELLED"


def test_what_the_gateway_did_not_accept_proves_nothing(core: CoreClient, wire: responses.RequestsMock) -> None:
    refused = {"paymentGatewayDecision": "REJECT", "paymentGatewayResponseCode": 231, "transactionType": 4}
    answer(wire, "capture", json=refused)
    assert ask(core, "capture") == MovedMoney(None)


def _body_sent_to(wire: responses.RequestsMock, base_url: str, link: LinkOrder) -> Any:
    wire.post(f"{base_url}/api/v2/payment-links", json={"paymentLinkRef": "link-1"}, status=201)
    with PeerSession(peer="core", total_timeout=2, repeat_reads=False) as session:
        core = CoreClient(reads=session, writes=session, allow_loopback=True, own_hosts=("pay.acme.example",))
        core.send(replace(ACCESS, base_url=base_url), link)
    return json.loads(wire.calls[-1].request.body or b"")


@pytest.mark.parametrize("base_url", ["https://pay.acme.example", "http://localhost:8020"])
def test_a_core_of_our_own_gets_the_person_who_pays(wire: responses.RequestsMock, base_url: str) -> None:
    body = _body_sent_to(wire, base_url, replace(LINK, payer="003xx000004TmiQAAS"))
    assert body["payerReference"] == "003xx000004TmiQAAS"
    assert "payerReference" not in _body_sent_to(wire, base_url, LINK)


def test_a_core_of_our_own_gets_the_link_that_is_replaced(wire: responses.RequestsMock) -> None:
    body = _body_sent_to(wire, "https://pay.acme.example", replace(LINK, previous_link="link-0"))
    assert body["previousPaymentLinkRef"] == "link-0"


def test_the_vendors_core_gets_no_word_that_is_not_its_own(wire: responses.RequestsMock) -> None:
    body = _body_sent_to(wire, CORE, replace(LINK, payer="003xx000004TmiQAAS", previous_link="link-0"))
    assert set(body) == set(load_shipped("core/operations.json")["operations"]["send_payment_link"]["body"].values())


@pytest.mark.parametrize(
    ("base_url", "for_replacement", "sent"),
    [
        ("https://pay.acme.example", True, {"forReplacement": True}),
        ("https://pay.acme.example", False, {}),
        (CORE, True, {}),
    ],
)
def test_only_a_core_of_our_own_is_told_that_another_link_follows(
    wire: responses.RequestsMock, base_url: str, for_replacement: bool, sent: dict[str, Any]
) -> None:
    wire.post(f"{base_url}/api/v2/payment-links/link-1/cancel", json={})
    with PeerSession(peer="core", total_timeout=2, repeat_reads=False) as session:
        core = CoreClient(reads=session, writes=session, allow_loopback=False, own_hosts=("pay.acme.example",))
        core.cancel(replace(ACCESS, base_url=base_url), "link-1", for_replacement=for_replacement)
    assert json.loads(wire.calls[-1].request.body or b"") == sent


@pytest.mark.parametrize(
    ("listed", "wanted", "status"),
    [
        ({"wantsMessages": True, "status": "ACTIVATED"}, True, "ACTIVATED"),
        ({"wantsMessages": False, "status": "DEACTIVATED"}, False, "DEACTIVATED"),
        ({"wantsMessages": "no", "status": "ACTIVATED"}, None, "ACTIVATED"),
        ({"status": "ACTIVATED"}, None, "ACTIVATED"),
        (None, None, "DELETED"),
    ],
)
def test_what_the_core_lists_of_the_application_is_the_tenants_own(
    core: CoreClient, wire: responses.RequestsMock, listed: dict[str, Any] | None, wanted: bool | None, status: str
) -> None:
    another = {"applicationUuid": "another", "wantsMessages": True, "status": "ACTIVATED"}
    mine = [] if listed is None else [{"applicationUuid": ACCESS.application, **listed}]
    answer(wire, "get_configuration", json={"channels": [], "currencies": [], "applications": [another, "?", *mine]})
    assert core.is_sent_news_of_messages(ACCESS) is wanted
    assert core.application_status(ACCESS) == status


@pytest.mark.parametrize(
    ("operation", "code", "word"),
    [("capture_payment", "ALREADY_CAPTURED", "already_captured"), ("capture_payment", "AMOUNT_TOO_HIGH", "amount_too_high"),
     ("capture_payment", "AUTHORIZATION_EXPIRED", "expired"), ("capture_payment", "ALREADY_SETTLED", None),
     ("reverse_payment", "ALREADY_REVERSED", "already_reversed"),
     ("reverse_payment", "ALREADY_SETTLED", "too_late_refund_at_gateway"), ("reverse_payment", "ELSE", None)],
)  # fmt: skip
def test_a_refused_move_of_money_has_our_word_where_it_is_documented(
    operation: str, code: str, word: str | None
) -> None:
    assert core_refusal(operation, CoreRefused("No.", operation=operation, status=409, reason=code)) == word


def test_the_configuration_is_what_this_tenant_may_offer(core: CoreClient, wire: responses.RequestsMock) -> None:
    offered = {
        "environment": "SANDBOX",
        "merchantName": "Acme",
        "channels": ["whatsapp", "sms", "pigeon"],
        "currencies": ["ZAR", "JPY"],
        "deliveryReports": {"sms": False, "whatsapp": True},
    }
    answer(wire, "get_configuration", json=offered)
    assert ask(core, "get_configuration") == (
        "SANDBOX",
        CoreConfiguration((Channel.SMS, Channel.WHATSAPP), ("ZAR", "JPY"), "Acme", (Channel.WHATSAPP,)),
    )


def test_digits_and_amounts_of_a_currency_count_where_they_are_some(
    core: CoreClient, wire: responses.RequestsMock
) -> None:
    digits = {"ZAR": 2, "JPY": 0, "XAU": 8, "XXX": 9, "XTS": -1, "XPT": "2", "XPD": True}
    amounts = {"ZAR": "1.50", "JPY": "100", "XXX": "a lot", "XTS": 5, "XPT": "-1", "XPD": "1e3"}
    longest = {"XAU": f"{'9' * 15}.{'9' * 8}"}
    amounts |= {**longest, "XAG": "9" * 16, "XAF": f"1.{'9' * 9}"}
    named = dict.fromkeys(("minimumAmounts", "maximumAmounts", "amountSteps"), amounts)
    answer(wire, "get_configuration", json={"channels": [], "currencies": [], "currencyDigits": digits, **named})
    _, offered = ask(core, "get_configuration")
    assert offered.currency_digits == {"ZAR": 2, "JPY": 0, "XAU": 8}
    for found in (offered.minimum_amounts, offered.maximum_amounts, offered.amount_steps):
        assert found == {"ZAR": "1.50", "JPY": "100", **longest}


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (" c2p_1 ", "c2p_1"),
        ("x" * 40, "x" * 40),
        ("x" * 41, None),
        ("c2p\0_1", None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_our_reference_is_read_only_where_it_can_be_one(
    core: CoreClient, wire: responses.RequestsMock, told: Any, read: str | None
) -> None:
    answer(wire, "get_transaction", json={**RECORD, "additionalData": {"reference": told}})
    assert (ask(core, "get_transaction").reference or None) == read


def refused() -> requests.ConnectionError:
    reason = NewConnectionError(HTTPSConnection("core"), "refused")
    return requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


@every_operation
@pytest.mark.parametrize("fault", [refused(), requests.ConnectTimeout("slow")], ids=["refused", "connect time-out"])
def test_when_nothing_left_the_core_is_unavailable(
    core: CoreClient, wire: responses.RequestsMock, name: str, fault: Exception
) -> None:
    answer(wire, name, body=fault)
    with pytest.raises(CoreUnavailable):
        ask(core, name)


@every_operation
@pytest.mark.parametrize(
    "fault",
    [requests.ReadTimeout("slow"), requests.ConnectionError("reset"), requests.exceptions.ChunkedEncodingError("cut")],
    ids=["read time-out", "reset", "cut off"],
)
def test_when_no_answer_came_the_outcome_is_unknown(
    core: CoreClient, wire: responses.RequestsMock, name: str, fault: Exception
) -> None:
    answer(wire, name, body=fault)
    with pytest.raises(CoreOutcomeUnknown):
        ask(core, name)
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [
        (name, status)
        for name in OPERATIONS
        for status in (400, 401, 403, 404, 409, 422)
        if (name, status) != ("get_transaction", 404)
    ],
)
def test_a_refusal_is_final_and_carries_the_cores_code(
    core: CoreClient, wire: responses.RequestsMock, name: str, status: int
) -> None:
    answer(wire, name, status=status, json={"errorCode": "LINK_EXPIRED", "message": "private words"})
    with pytest.raises(CoreRefused) as refusal:
        ask(core, name)
    assert (refusal.value.upstream_status, refusal.value.reason, refusal.value.retryable) == (
        status,
        "LINK_EXPIRED",
        False,
    )
    assert "private" not in f"{refusal.value} {refusal.value.facts}"


@every_operation
def test_too_many_requests_means_that_ours_was_not_looked_at(
    core: CoreClient, wire: responses.RequestsMock, name: str
) -> None:
    answer(wire, name, status=429, json={})
    with pytest.raises(CoreUnavailable):
        ask(core, name)


@every_operation
@pytest.mark.parametrize("status", [202, 204, 301, 302, 307, 308, 410, 418, 500, 502, 503, 504])
def test_every_other_status_leaves_the_outcome_unknown(
    core: CoreClient, wire: responses.RequestsMock, name: str, status: int
) -> None:
    answer(
        wire, name, status=status, body="", headers={"Location": "https://evil.example/"} if 300 < status < 309 else {}
    )
    with pytest.raises(CoreOutcomeUnknown):
        ask(core, name)
    assert [call.request.url.split("/")[2] for call in wire.calls if call.request.url] == [
        "chat2pay-service.clickatell.com"
    ]


@every_operation
@pytest.mark.parametrize(
    "body", ["", "not json", "[]", "null", '"text"', "7", "{", "<html>", pytest.param("[" * 20_000, id="nested")]
)
def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(
    core: CoreClient, wire: responses.RequestsMock, name: str, body: str
) -> None:
    answer(wire, name, body=body)
    with pytest.raises(CoreOutcomeUnknown):
        ask(core, name)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("send", {}),
        ("send", {"paymentLinkRef": None}),
        ("send", {"paymentLinkRef": {}}),
        ("send", {"paymentLinkRef": " "}),
        ("send", {"paymentLinkRef": "x" * 81}),
        ("get_transaction", {**RECORD, "paymentLinkRef": "a\0b"}),
        ("get_transaction", {name: value for name, value in RECORD.items() if name != "paymentLinkRef"}),
        ("get_transaction", {**RECORD, "paymentLinkRef": True}),
        ("get_transaction", {**RECORD, "orderNumber": 1e30}),
        ("get_transaction", {**RECORD, "totalAmount": None}),
        ("get_transaction", {**RECORD, "totalAmount": "a lot"}),
        ("get_transaction", {**RECORD, "totalAmount": True}),
        ("get_transaction", {**RECORD, "capturedAmount": "1e999999999"}),
        ("get_transaction", {**RECORD, "capturedAmount": "1e19"}),
        ("get_transaction", {**RECORD, "capturedAmount": f"115.{'0' * 28}1"}),
        ("get_transaction", {**RECORD, "currency": None}),
        ("find_by_reference", {"items": None}),
        ("find_by_reference", {"items": {}}),
        ("find_by_reference", {"items": ["link-1"]}),
        ("find_by_reference", {"items": [{}]}),
        ("cancel", {"customerNotified": "perhaps"}),
        ("get_configuration", {"channels": ["sms"]}),
        ("get_configuration", {"channels": "sms", "currencies": ["ZAR"]}),
        ("get_configuration", {"channels": ["sms"], "currencies": ["ZAR"], "deliveryReports": ["sms"]}),
    ],
)
def test_an_answer_of_another_shape_leaves_the_outcome_unknown(
    core: CoreClient, wire: responses.RequestsMock, name: str, body: dict[str, Any]
) -> None:
    answer(wire, name, json=body)
    with pytest.raises(CoreOutcomeUnknown):
        ask(core, name)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        '{"errorCode": "free text of the peer"}',
        '{"errorCode": 7}',
        '{"message": "X"}',
        '{"errorCode": "' + "A" * 61 + '"}',
    ],
)
def test_a_refusal_without_a_code_is_still_a_refusal(core: CoreClient, wire: responses.RequestsMock, body: str) -> None:
    answer(wire, "send", status=400, body=body)
    with pytest.raises(CoreRefused) as refusal:
        ask(core, "send")
    assert refusal.value.reason is None


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("LINK_ALREADY_CLICKED", "already_clicked"),
        ("LINK_ALREADY_CANCELLED", "already_cancelled"),
        ("LINK_EXPIRED", "expired"),
        ("OTHER", None),
        (None, None),
    ],
)
def test_the_documented_refusals_of_a_cancel_have_our_words(code: str | None, word: str | None) -> None:
    assert (
        core_refusal(
            "cancel_payment_link", CoreRefused("No.", operation="cancel_payment_link", status=409, reason=code)
        )
        == word
    )


@every_operation
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "http://chat2pay-service.clickatell.com",
        "https://chat2pay-service.clickatell.com.evil.example",
        "https://chat2pay-service.clickatell.com@evil.example",
        "http://127.0.0.1:8020",
        "https://localhost",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_host_that_is_not_the_cores_is_refused_before_any_call(
    wire: responses.RequestsMock, name: str, address: str
) -> None:
    elsewhere = replace(ACCESS, base_url=address)
    asked: dict[str, Operation] = {
        "send": lambda core: core.send(elsewhere, LINK),
        "get_transaction": lambda core: core.get_transaction(elsewhere, "link-1"),
        "find_by_reference": lambda core: core.find_by_reference(elsewhere, "c2p_1"),
        "cancel": lambda core: core.cancel(elsewhere, "link-1"),
        "capture": lambda core: core.capture(elsewhere, "link-1", Decimal(1)),
        "reverse": lambda core: core.reverse(elsewhere, "link-1"),
        "get_configuration": lambda core: core.get_configuration(elsewhere),
    }
    with PeerSession(peer="core", total_timeout=2) as session, pytest.raises(TenantProblem):
        asked[name](CoreClient(reads=session, writes=session, allow_loopback=False))
    assert len(wire.calls) == 0


def test_the_demo_may_speak_to_this_machine(wire: responses.RequestsMock) -> None:
    wire.get("http://localhost:8020/api/v2/configuration", json=OPERATIONS["get_configuration"][3])
    with PeerSession(peer="core", total_timeout=2) as session:
        demo = CoreClient(reads=session, writes=session, allow_loopback=True)
        assert demo.get_configuration(replace(ACCESS, base_url="http://localhost:8020/"))[1].currencies == ("ZAR",)
        with pytest.raises(TenantProblem):
            demo.get_configuration(replace(ACCESS, base_url="http://evil.example"))


@pytest.mark.parametrize(
    "reference", ["../../integration", "a/b", "a?b=c", "a#b", "a%2Fb", "//evil.example", "https://evil.example"]
)
def test_a_link_reference_never_leaves_its_place_in_the_path(
    core: CoreClient, wire: responses.RequestsMock, reference: str
) -> None:
    wire.add_callback("GET", re.compile(f"{CORE}/.*"), callback=lambda _: (404, {}, "{}"))
    core.get_transaction(ACCESS, reference)
    url = str(wire.calls[0].request.url)
    assert url.startswith(f"{CORE}/api/v2/payment-links/")
    assert url.count("/") == 6
    assert not set("?#") & set(url)


@pytest.mark.parametrize("reference", ["", ".", ".."])
def test_a_link_reference_that_would_climb_out_of_the_path_is_never_asked_for(
    core: CoreClient, wire: responses.RequestsMock, reference: str
) -> None:
    assert core.get_transaction(ACCESS, reference) is None
    with pytest.raises(CoreRefused):
        core.cancel(ACCESS, reference)
    assert len(wire.calls) == 0


def test_a_link_order_in_print_shows_no_phone_number_and_no_key() -> None:
    assert "27831" not in repr(LINK)
    assert ACCESS.api_key.value not in repr(ACCESS)
    assert ACCESS.callback_key not in repr(ACCESS)

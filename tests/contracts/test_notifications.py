"""Callback notifications: both documented shapes, read the same at both doors, whatever form amounts and times have."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

import manifests
from callbacks.schemas import Unreadable, read_notification
from connector.domain.notification import CustomerWord, Notification, SettingsChanged, speaks_of_money
from connector.domain.payment import Channel
from connector.domain.status import Link, Message, Money, News

REFERENCE = "c2p_01J0000000000000000000000"
# As interfaces.md promises them, section 3.
CLICKED = """{"orderNumber": "00000102", "paymentLinkRef": "5b0e0c5e-1111",
 "senderNumber": "27870000000", "endUserMobileNumber": "27831234567",
 "transactionStatus": "PAYMENT_LINK_CLICKED", "transactionStatusId": 12,
 "currency": "ZAR", "totalAmount": 115.00, "taxAmount": 15.00, "subTotalAmount": 100.00,
 "channel": "sms", "timestamp": "2026-11-21T10:43:10.000+0000",
 "additionalData": {"reference": "c2p_01J0000000000000000000000"}, "environment": "SANDBOX"}"""
RECEIVED = """{"orderNumber": "00000102", "paymentLinkRef": "5b0e0c5e-1111",
 "paymentStatus": "PAYMENT_RECEIVED", "paymentStatusId": 3,
 "paymentGatewayResponseTimestamp": "2026-11-21T10:44:11.512+0000",
 "totalAmount": 115.00, "taxAmount": 15.00, "subTotalAmount": 100.00, "currency": "ZAR",
 "channel": "sms", "receiptLinkRef": "receipt-1",
 "additionalData": {"reference": "c2p_01J0000000000000000000000"},
 "transactionType": "SALE", "paymentReviewAutoReversal": false, "reviewFinalisedTimestamp": null,
 "environment": "SANDBOX", "reconciliationReference": "TRN1", "merchantName": "Acme"}"""
DOORS = ("transaction-status", "payment-status")


def read(text: str, door: str = "payment-status") -> Notification:
    notification = read_notification(door, text.encode())
    assert isinstance(notification, Notification)
    return notification


def changed(text: str, **changes: Any) -> str:
    """The same notification with fields replaced; None takes a field away."""
    body = {**json.loads(text), **changes}
    return json.dumps({name: value for name, value in body.items() if value is not None})


@pytest.mark.parametrize("door", DOORS)
def test_a_transaction_status_is_read_at_either_door(door: str) -> None:
    assert read(CLICKED, door) == Notification(
        order_number="00000102",
        link_reference="5b0e0c5e-1111",
        reference=REFERENCE,
        core_status="PAYMENT_LINK_CLICKED",
        news=News(Message.SENT, Link.OPENED),
        total=Decimal("115.00"),
        currency="ZAR",
        environment="SANDBOX",
        occurred_at=datetime(2026, 11, 21, 10, 43, 10, tzinfo=UTC),
    )


STOPPED = """{"senderNumber": "27870000000", "endUserMobileNumber": "27831234567", "channel": "sms",
 "transactionStatus": "RECIPIENT_OPTED_OUT", "transactionStatusId": 20,
 "timestamp": "2026-11-21T10:43:10.000+0000", "environment": "SANDBOX"}"""


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("status", "stopped"), [("RECIPIENT_OPTED_OUT", True), ("RECIPIENT_OPTED_IN", False)])
def test_a_customers_word_needs_no_reference_and_proves_nothing_of_a_payment(
    door: str, status: str, stopped: bool
) -> None:
    told = read(changed(STOPPED, transactionStatus=status), door)
    assert told.customer_word == CustomerWord("27831234567", (Channel.SMS,), stopped)
    assert "27831234567" not in repr(told)
    assert (told.news, told.reference, told.link_reference) == (News(), None, None)
    assert told.occurred_at == datetime(2026, 11, 21, 10, 43, 10, tzinfo=UTC)


def test_a_customers_word_keeps_the_references_that_came_with_it() -> None:
    told = read(changed(STOPPED, paymentLinkRef="5b0e0c5e-1111", additionalData={"reference": REFERENCE}))
    assert (told.link_reference, told.reference) == ("5b0e0c5e-1111", REFERENCE)


@pytest.mark.parametrize(
    ("change", "number", "channels"),
    [
        ({"endUserMobileNumber": None}, "", (Channel.SMS,)),
        ({"endUserMobileNumber": "x" * 500}, "x" * 60, (Channel.SMS,)),
        ({"endUserMobileNumber": 27831234567}, "27831234567", (Channel.SMS,)),
        ({"channel": " SMS "}, "27831234567", (Channel.SMS,)),
        ({"channel": None}, "27831234567", tuple(Channel)),
        ({"channel": "pigeon"}, "27831234567", ()),
        ({"channel": ["sms"]}, "27831234567", ()),
    ],
)
def test_a_customers_word_is_read_as_far_as_it_can_be(
    change: dict[str, Any], number: str, channels: tuple[Channel, ...]
) -> None:
    assert read(changed(STOPPED, **change)).customer_word == CustomerWord(number, channels, stopped=True)


@pytest.mark.parametrize("oddity", [{"channel": 7}, {"channel": ["x"]}, {"endUserMobileNumber": {"a": 1}}])
def test_news_of_money_is_read_whatever_its_number_and_channel_look_like(oddity: dict[str, Any]) -> None:
    assert read(changed(RECEIVED, **oddity)).news.money is Money.PAID


@pytest.mark.parametrize("door", DOORS)
def test_a_payment_status_is_read_at_either_door(door: str) -> None:
    assert read(RECEIVED, door) == Notification(
        order_number="00000102",
        link_reference="5b0e0c5e-1111",
        reference=REFERENCE,
        core_status="PAYMENT_RECEIVED",
        news=News(link=Link.OPENED, money=Money.PAID),
        total=Decimal("115.00"),
        currency="ZAR",
        environment="SANDBOX",
        occurred_at=datetime(2026, 11, 21, 10, 44, 11, 512000, tzinfo=UTC),
        receipt_reference="receipt-1",
        reconciliation_reference="TRN1",
    )


def test_only_news_of_money_needs_the_cores_own_word() -> None:
    assert speaks_of_money(read(RECEIVED).news)
    assert not speaks_of_money(read(CLICKED).news)


def test_where_both_words_are_given_the_payments_counts() -> None:
    assert read(changed(CLICKED, paymentStatus="PAYMENT_DECLINED")).core_status == "PAYMENT_DECLINED"
    assert read(changed(RECEIVED, timestamp="2026-11-21T09:00:00Z")).occurred_at == datetime(
        2026, 11, 21, 10, 44, 11, 512000, tzinfo=UTC
    )


@pytest.mark.parametrize("amount", ["115.00", "115", " 115.0 ", "115.000"])
def test_an_amount_is_the_same_as_text_or_as_a_number(amount: str) -> None:
    assert read(changed(RECEIVED, totalAmount=amount)).total == Decimal("115.00")
    assert read(RECEIVED.replace('"totalAmount": 115.00', f'"totalAmount": {amount.strip()}')).total == Decimal(
        "115.00"
    )


def test_a_numbers_digits_are_kept_exactly() -> None:
    assert read(RECEIVED.replace('"totalAmount": 115.00', '"totalAmount": 0.1')).total == Decimal("0.1")
    assert read(RECEIVED.replace('"totalAmount": 115.00', '"totalAmount": 99999999999999.99')).total == Decimal(
        "99999999999999.99"
    )


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-21T10:44:11.512+0000",
        "2026-11-21T10:44:11.512+00:00",
        "2026-11-21T10:44:11.512Z",
        "2026-11-21T10:44:11.512",
        "2026-11-21T12:44:11.512+0200",
        1795257851512,
        "1795257851512",
        1795257851.512,
        "1795257851.512",
    ],
)
def test_a_time_is_the_same_as_text_or_as_a_number_of_seconds_or_milliseconds(at: object) -> None:
    occurred_at = read(changed(RECEIVED, paymentGatewayResponseTimestamp=at)).occurred_at
    assert occurred_at is not None
    assert occurred_at.tzinfo is UTC
    assert abs((occurred_at - datetime(2026, 11, 21, 10, 44, 11, 512000, tzinfo=UTC)).total_seconds()) < 0.001


@pytest.mark.parametrize(
    "at",
    ["soon", "", "21/11/2026 10:44", "Sat, 21 Nov 2026 10:44:11 GMT", "0001-01-01T00:00:00+14:00", {"a": 1}, [], True,
     "9999-12-31T23:59:59+0000", "1999-12-31T23:59:59Z", 1795257851512000000, 10**400, float("nan"), float("inf")],
    ids=repr,
)  # fmt: skip
def test_a_time_that_nobody_can_use_keeps_no_news_away(at: object) -> None:
    read_anyway = read(changed(RECEIVED, paymentGatewayResponseTimestamp=at))
    assert (read_anyway.occurred_at, read_anyway.core_status) == (None, "PAYMENT_RECEIVED")


@pytest.mark.parametrize("name", ["receiptLinkRef", "reconciliationReference"])
@pytest.mark.parametrize(
    ("said", "kept"),
    [(7, "7"), ("", None), ({"a": 1}, None), (True, None), ("x" * 121, None), ("a\0b", None), ("\ud800", None)],
    ids=repr,
)
def test_a_text_that_nothing_is_decided_by_keeps_no_news_away(name: str, said: object, kept: str | None) -> None:
    found = read(changed(RECEIVED, **{name: said}))
    assert kept in (found.receipt_reference, found.reconciliation_reference)
    assert found.core_status == "PAYMENT_RECEIVED"


@pytest.mark.parametrize("empty", ["", False, 0])
def test_a_review_that_is_not_finalised_may_say_so_in_more_ways(empty: object) -> None:
    declined = changed(RECEIVED, paymentStatus="PAYMENT_DECLINED", reviewFinalisedTimestamp=empty)
    assert read(declined).news.money is Money.DECLINED


def test_unknown_fields_are_ignored() -> None:
    assert read(changed(RECEIVED, somethingNew={"deep": [1, 2]}, pan="…1111")) == read(RECEIVED)


@pytest.mark.parametrize(
    "gone",
    [
        "orderNumber",
        "currency",
        "totalAmount",
        "environment",
        "receiptLinkRef",
        "reconciliationReference",
        "additionalData",
        "channel",
        "paymentGatewayResponseTimestamp",
        "transactionType",
        "merchantName",
        "paymentStatusId",
    ],
)
def test_a_field_that_is_not_there_is_not_missed(gone: str) -> None:
    assert read(changed(RECEIVED, **{gone: None})).core_status == "PAYMENT_RECEIVED"
    assert read(RECEIVED.replace(f'"{gone}": ', f'"{gone}": null, "old_{gone}": ')).core_status == "PAYMENT_RECEIVED"


def test_either_reference_is_enough() -> None:
    assert read(changed(RECEIVED, paymentLinkRef=None)).reference == REFERENCE
    assert read(changed(RECEIVED, additionalData=None)).link_reference == "5b0e0c5e-1111"


@pytest.mark.parametrize(
    "echoed",
    [
        "c2p_01J",
        ["c2p_01J"],
        7,
        {},
        {"reference": 7},
        {"reference": None},
        {"reference": ["x"]},
        {"reference": "\ud800"},
        {"reference": "c2p_\0"},
        {"reference": "x" * 41},
    ],
    ids=repr,
)
def test_additional_data_of_another_form_holds_no_reference_of_ours(echoed: object) -> None:
    assert read(changed(RECEIVED, additionalData=echoed)).reference is None


def test_a_finalised_review_says_so() -> None:
    declined = changed(RECEIVED, paymentStatus="PAYMENT_DECLINED", reviewFinalisedTimestamp="2026-11-21T10:50:00Z")
    assert read(declined).news.money is Money.REFUSED


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "not_json", id="nothing"),
        pytest.param(b"not json", "not_json", id="no JSON"),
        pytest.param(b"\xff\xfe\x00", "not_json", id="no text"),
        pytest.param(b"[" * 100_000, "not_json", id="nested without end"),
        pytest.param(b"[]", "fields:", id="a list"),
        pytest.param(b'"text"', "fields:", id="a text"),
        pytest.param(b"null", "fields:", id="null"),
        pytest.param(b"{}", "fields:core_status", id="empty"),
        pytest.param(changed(RECEIVED, paymentStatus=None).encode(), "fields:core_status", id="no status"),
        pytest.param(
            changed(RECEIVED, paymentStatus="SETTLED").encode(), "fields:core_status", id="a status nobody knows"
        ),
        pytest.param(changed(RECEIVED, paymentStatus=3).encode(), "fields:core_status", id="a status that is a number"),
        pytest.param(changed(RECEIVED, totalAmount="a lot").encode(), "fields:total", id="an amount that is none"),
        pytest.param(changed(RECEIVED, totalAmount=True).encode(), "fields:total", id="an amount that is true"),
        pytest.param(RECEIVED.replace("115.00", "NaN", 1).encode(), "fields:total", id="an amount that is NaN"),
        pytest.param(RECEIVED.replace("115.00", "1e999999999", 1).encode(), "fields:total", id="an amount without end"),
        pytest.param(
            changed(RECEIVED, totalAmount="115." + "0" * 40).encode(),
            "fields:total",
            id="an amount too long to be kept",
        ),
        pytest.param(
            changed(RECEIVED, paymentLinkRef="x" * 81).encode(), "fields:link_reference", id="a link too long"
        ),
        pytest.param(
            changed(RECEIVED, paymentLinkRef="a\0b").encode(), "fields:link_reference", id="a link with a NUL"
        ),
        pytest.param(
            changed(RECEIVED, paymentLinkRef="\ud800").encode(), "fields:link_reference", id="half a character"
        ),
        pytest.param(
            changed(RECEIVED, orderNumber=["1"]).encode(), "fields:order_number", id="an order number that is a list"
        ),
        pytest.param(
            changed(RECEIVED, paymentLinkRef=None, additionalData=None).encode(),
            "no_reference",
            id="no reference at all",
        ),
    ],
)
def test_what_cannot_be_read_says_why_in_words_for_the_ledger(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as fault:
        read_notification("payment-status", body)
    assert fault.value.reason.startswith(reason)
    assert len(fault.value.reason) <= 160


def test_a_status_is_read_at_the_address_for_settings_too() -> None:
    assert read_notification("settings", RECEIVED.encode()) == read(RECEIVED)


def test_a_settings_notification_is_only_a_reason_to_read_them_again() -> None:
    assert read_notification("settings", b"anything at all") == SettingsChanged()


def test_every_field_of_both_shapes_has_its_place_in_the_manifest() -> None:
    known = {name for entry in manifests.load("core/notifications.json")["fields"].values() for name in entry["names"]}
    assert {*json.loads(CLICKED), *json.loads(RECEIVED)} == known

"""Callback notifications: both documented shapes, read the same at both doors, whatever form amounts and times have."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

import manifests
from callbacks.names import NamedReferences, names_in, says_stop, tokens_in
from callbacks.read_notification import read_notification
from connector.domain.payments.notification import Notification, OptOutMessage, SettingsChanged, speaks_of_money
from connector.domain.payments.payment import Channel
from connector.domain.payments.status import Link, Message, Money, StatusUpdate

REFERENCE = "c2p_01J0000000000000000000000"
# Bodies as the payment core's documentation shows them.
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
        news=StatusUpdate(Message.SENT, Link.OPENED),
        total=Decimal("115.00"),
        currency="ZAR",
        environment="SANDBOX",
        occurred_at=datetime(2026, 11, 21, 10, 43, 10, tzinfo=UTC),
    )


STOPPED = """{"senderNumber": "27870000000", "endUserMobileNumber": "27831234567", "channel": "sms",
 "transactionStatus": "RECIPIENT_OPTED_OUT", "transactionStatusId": 20,
 "timestamp": "2026-11-21T10:43:10.000+0000", "environment": "SANDBOX"}"""


@pytest.mark.parametrize("door", [*DOORS, "settings"])
@pytest.mark.parametrize(("status", "stopped"), [("RECIPIENT_OPTED_OUT", True), ("RECIPIENT_OPTED_IN", False)])
def test_a_customers_word_needs_no_reference_and_proves_nothing_of_a_payment(
    door: str, status: str, stopped: bool
) -> None:
    told = read(changed(STOPPED, transactionStatus=status), door)
    assert told.opt_out_message == OptOutMessage("27831234567", (Channel.SMS,), stopped)
    assert "27831234567" not in repr(told)
    assert (told.news, told.reference, told.link_reference) == (StatusUpdate(), None, None)
    assert (told.core_status, told.error) == (status, None)
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
    assert read(changed(STOPPED, **change)).opt_out_message == OptOutMessage(number, channels, stopped=True)


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
        news=StatusUpdate(link=Link.OPENED, money=Money.PAID),
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


def test_of_one_name_in_two_spellings_the_first_that_is_not_blank_counts() -> None:
    for first, second, total in ((115, 116, "115"), ("", 116, "116"), (None, 116, "116")):
        twice = {
            "paymentLinkRef": "link-1",
            "paymentStatus": "PAYMENT_RECEIVED",
            "totalAmount": first,
            "total_amount": second,
        }
        assert read(json.dumps(twice)).total == Decimal(total)


@pytest.mark.parametrize(
    ("inner", "link", "word"),
    [
        ({"paymentLinkRef": "link-1", "totalAmount": 115}, "link-1", ""),
        (
            {"paymentStatus": "PAYMENT_RECEIVED", "additionalData": {"reference": REFERENCE}, "totalAmount": 115},
            None,
            "PAYMENT_RECEIVED",
        ),
    ],
    ids=["a link without a status", "a status without a link"],
)
def test_a_notification_inside_another_object_is_known_by_its_status_or_its_link(
    inner: dict[str, Any], link: str | None, word: str
) -> None:
    told = read(json.dumps({"event": "news", "data": inner}))
    assert (told.link_reference, told.core_status, told.total) == (link, word, Decimal(115))


@pytest.mark.parametrize(
    ("word", "asks_for_person", "speaks_of_charge"),
    [("PAYMENT_ATTENTION", True, False), ("PAYMENT_CHARGING", False, True), ("PAYMENT_RECEIVED", False, False)],
)
def test_a_word_says_whether_a_person_must_look_or_a_card_is_being_charged(
    word: str, asks_for_person: bool, speaks_of_charge: bool
) -> None:
    told = read(changed(RECEIVED, paymentStatus=word))
    assert (told.asks_for_person, told.speaks_of_charge) == (asks_for_person, speaks_of_charge)


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


@pytest.mark.parametrize(("echoed", "is_odd"), [({"basket": 7}, False), ({"reference": 7}, True), ("c2p_01J", True)])
def test_additional_data_is_odd_only_where_it_may_hold_a_reference_that_cannot_be_read(
    echoed: object, is_odd: bool
) -> None:
    assert read(changed(RECEIVED, additionalData=echoed)).odd == ({"additional_data"} if is_odd else set())


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
        pytest.param(b"[]", "fields:no_object", id="a list"),
        pytest.param(b'"text"', "fields:no_object", id="a text"),
        pytest.param(b"null", "fields:no_object", id="null"),
        pytest.param(f"[[[[{RECEIVED}]]]]".encode(), "fields:no_object", id="in four lists"),
        pytest.param(f"[{RECEIVED}, {CLICKED}]".encode(), "several_notifications", id="a list of two"),
        pytest.param(b"{}", "fields:core_status", id="empty"),
        pytest.param(changed(RECEIVED, paymentStatus=None).encode(), "fields:core_status", id="no status"),
        pytest.param(changed(RECEIVED, paymentStatus=" ").encode(), "fields:core_status", id="a blank status"),
        pytest.param(
            changed(RECEIVED, paymentStatus="SETTLED").encode(), "fields:core_status", id="a status nobody knows"
        ),
        pytest.param(changed(RECEIVED, paymentStatus=3).encode(), "fields:core_status", id="a status that is a number"),
        pytest.param(
            changed(RECEIVED, paymentLinkRef=None, additionalData=None).encode(),
            "no_reference",
            id="no reference at all",
        ),
    ],
)
def test_where_no_status_can_be_read_the_whole_is_a_reason_to_ask_and_says_why(body: bytes, reason: str) -> None:
    told = read_notification("payment-status", body)
    assert isinstance(told, Notification)
    assert (told.error, told.core_status, told.news) == (reason, "", StatusUpdate())


ODD: dict[str, tuple[dict[str, Any], str]] = {
    "an amount that is none": ({"totalAmount": "a lot"}, "total"),
    "an amount with its currency": ({"totalAmount": "ZAR 115.00"}, "total"),
    "an amount with a comma": ({"totalAmount": "115,00"}, "total"),
    "an amount with thousands apart": ({"totalAmount": "1,115.00"}, "total"),
    "an amount that is true": ({"totalAmount": True}, "total"),
    "an amount in a list": ({"totalAmount": [115]}, "total"),
    "an amount that is NaN": ({"totalAmount": float("nan")}, "total"),
    "an amount without end": ({"totalAmount": float("inf")}, "total"),
    "an amount too long to be kept": ({"totalAmount": "115." + "0" * 40}, "total"),
    "a link too long": ({"paymentLinkRef": "x" * 81}, "link_reference"),
    "a link with a NUL": ({"paymentLinkRef": "a\0b"}, "link_reference"),
    "half a character": ({"paymentLinkRef": "\ud800"}, "link_reference"),
    "an order number that is a list": ({"orderNumber": ["1"]}, "order_number"),
    "an order number that is half a number": ({"orderNumber": 1.5}, "order_number"),
    "a currency that is an object": ({"currency": {"code": "ZAR"}}, "currency"),
    "an environment that is true": ({"environment": True}, "environment"),
    "additional data that is no object": ({"additionalData": "reference=c2p_a"}, "additional_data"),
    "a reference that is a number": ({"additionalData": {"reference": 7}}, "additional_data"),
    "a second status that nobody knows": ({"transactionStatus": "SETTLED"}, "core_status"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_decides_something_and_cannot_be_read_is_named_and_the_rest_is_read(name: str) -> None:
    change, odd = ODD[name]
    told = read(changed(RECEIVED, **change))
    assert (told.odd, told.core_status, told.news.money) == (frozenset({odd}), "PAYMENT_RECEIVED", Money.PAID)


@pytest.mark.parametrize("length", ["1e999999999", "1e99999999999999999999", "9" * 5000])
def test_a_number_without_end_is_no_amount_and_keeps_nothing_else_away(length: str) -> None:
    told = read(RECEIVED.replace("115.00", length, 1))
    assert (told.odd, told.total, told.core_status) == (frozenset({"total"}), None, "PAYMENT_RECEIVED")


def test_a_field_that_stands_twice_with_two_values_is_named() -> None:
    told = read(RECEIVED.replace('"currency": "ZAR"', '"currency": "USD", "currency": "ZAR"'))
    assert (told.odd, told.currency) == (frozenset({"currency"}), "ZAR")
    assert read(RECEIVED.replace('"currency": "ZAR"', '"currency": "ZAR", "currency": "ZAR"')).odd == frozenset()


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("totalAmount", {"total"}),
        ("total_amount", {"total"}),
        ("PAYMENTLINKREF", {"link_reference"}),
        ("merchantName", set()),
        ("receiptLinkRef", set()),
        ("somethingNew", set()),
    ],
)
def test_two_values_of_one_field_are_named_however_it_is_spelt_where_it_decides_something(
    name: str, odd: set[str]
) -> None:
    body = {
        "paymentLinkRef": "link-1",
        "totalAmount": 1,
        "merchantName": "Acme",
        "receiptLinkRef": "r-1",
        "somethingNew": 1,
    }
    kept = {one: value for one, value in body.items() if one.casefold() != name.replace("_", "").casefold()}
    text = json.dumps({**kept, "paymentStatus": "PAYMENT_RECEIVED"})
    assert read(f'{text[:-1]}, "{name}": "116", "{name}": "115"}}').odd == odd


SAME = {
    "the order number as a number": changed(RECEIVED, orderNumber=102),
    "status in small letters": changed(RECEIVED, paymentStatus="payment_received"),
    "status with spaces around it": changed(RECEIVED, paymentStatus=" PAYMENT_RECEIVED\n"),
    "status with spaces in it": changed(RECEIVED, paymentStatus="Payment Received"),
    "currency and environment in other letters": changed(RECEIVED, currency="zar", environment=" Sandbox "),
    "a good status behind a blank one": changed(RECEIVED, paymentStatus="", transactionStatus="PAYMENT_RECEIVED"),
    "a good status behind one of spaces": changed(RECEIVED, paymentStatus=" ", transactionStatus="PAYMENT_RECEIVED"),
    "in a list of one": f"[{RECEIVED}]",
    "in a list in a list": f"[[{RECEIVED}]]",
    "inside another object": json.dumps({"event": "payment", "data": json.loads(RECEIVED)}),
    "as JSON inside a text": json.dumps(RECEIVED),
    "as JSON inside a text, behind spaces": json.dumps(f"\n  {RECEIVED}"),
    "as JSON inside a text inside a text": json.dumps(json.dumps(RECEIVED)),
    "as JSON inside a text inside an object": json.dumps({"id": 7, "payload": RECEIVED}),
    "as JSON inside a text inside an object inside a list": json.dumps([{"id": 7, "payload": RECEIVED}]),
    "its additional data as JSON inside a text": changed(RECEIVED, additionalData=json.dumps({"reference": REFERENCE})),
    "names in other letters": RECEIVED.replace("paymentStatus", "PaymentStatus", 1).replace(
        "totalAmount", "total_amount"
    ),
    "an amount behind it by the same name in other letters": RECEIVED[:-1] + ', "total_amount": 230.00}',
    "an unknown field without end": RECEIVED[:-1] + f', "serial": {"9" * 5000}}}',
    "an unknown field that is NaN": RECEIVED[:-1] + ', "ratio": NaN, "more": Infinity}',
    "a line break inside a text": RECEIVED.replace("Acme", "Ac\nme"),
    "a NUL behind it": RECEIVED + "\0\n",
}


@pytest.mark.parametrize("name", SAME)
def test_what_differs_in_case_in_padding_or_in_type_is_the_same_news(name: str) -> None:
    told = read(SAME[name])
    plain = read(RECEIVED)
    assert told.order_number in ("00000102", "102")
    assert replace(told, order_number=plain.order_number) == plain


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_a_body_in_any_encoding_is_the_same_news(encoding: str) -> None:
    body = changed(RECEIVED, merchantName="Café").replace("\\u00e9", "é").encode(encoding)
    assert read_notification("payment-status", body) == read(RECEIVED)


BROKEN = {
    "cut off": RECEIVED[:-40].encode(),
    "a comma too many": RECEIVED.replace('"channel": "sms",', '"channel": "sms",,').encode(),
    "in single quotes": RECEIVED.replace('"', "'").encode(),
    "cut off in UTF-16": RECEIVED[:-40].encode("utf-16")[:-1],
    "as a form": b"orderNumber=00000102&paymentLinkRef=5b0e0c5e-1111&additionalData=%7B%22reference%22%3A%22"
    + REFERENCE.encode()
    + b"%22%7D",
    "as XML": f"<news><orderNumber>00000102</orderNumber><paymentLinkRef>5b0e0c5e-1111</paymentLinkRef>"
    f"<additionalData>{REFERENCE}</additionalData></news>".encode(),
    "a list of two": f"[{RECEIVED}, {CLICKED}]".encode(),
    "its names in other letters": RECEIVED[:-40]
    .replace("paymentLinkRef", "PAYMENTLINKREF")
    .replace("orderNumber", "ordernumber")
    .encode(),
    "with characters escaped": RECEIVED[:-40].replace("5b0e", "\\u0035b0e").encode(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_every_name_in_a_body_is_found_whether_it_can_be_read_or_not(name: str) -> None:
    found = names_in(BROKEN[name])
    assert (found.references, found.link_references, found.order_numbers) == (
        (REFERENCE,),
        ("5b0e0c5e-1111",),
        ("00000102",),
    )


def test_of_a_body_that_lists_names_without_end_twenty_are_looked_for() -> None:
    """Each is a question to the database, and a stranger's body of 64 KiB has room for thousands."""
    found = names_in(json.dumps([f"c2p_{number:026}" for number in range(30)]).encode())
    assert found.references == tuple(f"c2p_{number:026}" for number in range(20))
    every = tokens_in(json.dumps([f"link-{number}" for number in range(3000)]).encode())
    assert every == tuple(f"link-{number}" for number in range(2000))


@pytest.mark.parametrize(
    ("body", "references", "links", "numbers"),
    [
        ({"paymentLinkRef": True, "orderNumber": " "}, (), (), ()),
        ({"paymentLinkRef": 5550001, "orderNumber": 102}, (), ("5550001",), ("102",)),
        ({"paymentLinkRef": "link-1", "payload": ' {"paymentLinkRef": "link-2"}'}, (), ("link-1", "link-2"), ()),
        ({"payload": ['{"orderNumber": "102"}', "[not JSON"]}, (), (), ("102",)),
        ({"paymentLinkRef": "x" * 80}, (), ("x" * 80,), ()),
        ({"paymentLinkRef": "x" * 81}, (), (), ()),
        ({"paymentLinkRef": "a\tb"}, (), (), ()),
        ({"paymentLinkRef": '"link-1"'}, (), ('"link-1"',), ()),
        ({"paymentLinkRef": "4111 1111 1111 1111"}, (), (), ()),
        ({"note": f"{REFERENCE}_x x{REFERENCE} c2p_", REFERENCE.upper(): 1}, (REFERENCE.upper(),), (), ()),
        ({"paymentLinkRef": None, "orderNumber": {"orderNumber": "7"}}, (), (), ("7",)),
        ([{"paymentLinkRef": "link-1"}, {"paymentLinkRef": "link-1"}], (), ("link-1",), ()),
    ],
)
def test_only_what_can_be_looked_for_is_a_name(
    body: Any, references: tuple[str, ...], links: tuple[str, ...], numbers: tuple[str, ...]
) -> None:
    assert names_in(json.dumps(body).encode()) == NamedReferences(references, links, numbers)


@pytest.mark.parametrize(("length", "is_name"), [(80, True), (81, False)])
def test_a_text_that_is_longer_than_any_link_is_no_name(length: int, is_name: bool) -> None:
    body = json.dumps({"link": f"https://{'x' * (length - 8)}"}).encode()
    assert (f"https://{'x' * (length - 8)}" in tokens_in(body)) is is_name


@pytest.mark.parametrize(
    ("body", "is_stop"),
    [
        (b"status=RECIPIENT_OPTED_OUT&number=27831234567", True),
        (b"status=recipient_opted_out", True),
        (b"status=RECIPIENT_OPTED_OUT&paymentStatus=PAYMENT_RECEIVED", False),
        (b"status=PAYMENT_RECEIVED", False),
        (b"", False),
    ],
)
def test_a_body_that_cannot_be_parsed_is_a_stop_where_it_is_about_nothing_else(body: bytes, is_stop: bool) -> None:
    assert says_stop(body) is is_stop


@pytest.mark.parametrize(
    ("text", "is_reference"),
    [
        ("c2p_" + "a" * 36, True),
        ("C2P_" + "A" * 36, True),
        ("x-c2p_a", True),
        ("xc2p_a", False),
        ("c2p_" + "a" * 37, False),
        ("c2p_a_b", False),
    ],
)
def test_a_reference_is_known_by_its_form(text: str, is_reference: bool) -> None:
    found = names_in(f"see {text}, please".encode()).references
    assert bool(found) is is_reference


def test_neither_an_api_key_nor_a_card_number_is_a_name() -> None:
    card = "4111" + "1" * 12
    assert (
        names_in(f'{{"paymentLinkRef": "{card}", "orderNumber": "{card}", "x": "c2p_api_abc"}}'.encode())
        == NamedReferences()
    )


def test_a_status_is_read_at_the_address_for_settings_too() -> None:
    assert read_notification("settings", RECEIVED.encode()) == read(RECEIVED)


@pytest.mark.parametrize("gone", ["paymentLinkRef", "additionalData"])
def test_what_names_a_payment_at_the_address_for_settings_is_no_news_of_these(gone: str) -> None:
    told = read_notification("settings", changed(RECEIVED, paymentStatus="SETTLED", **{gone: None}).encode())
    assert isinstance(told, Notification)
    assert told.error == "fields:core_status"


def test_a_settings_notification_is_only_a_reason_to_read_them_again() -> None:
    assert read_notification("settings", b"anything at all") == SettingsChanged()


def test_a_test_callback_is_about_settings_at_every_address() -> None:
    body = {"event": "TEST", "value": None, "timestamp": "2026-11-28T12:00:00.000+0000", "environment": "SANDBOX"}
    for kind in ("payment-status", "transaction-status", "settings"):
        assert read_notification(kind, json.dumps(body | {"merchantName": "Karoo"}).encode()) == SettingsChanged()


@pytest.mark.parametrize(
    "more", [{"orderNumber": "00000100"}, {"totalAmount": 1}, {"endUserMobileNumber": "27831234567"}, {"event": None}]
)
def test_an_event_that_names_a_payment_or_a_customer_is_no_news_of_settings(more: dict[str, Any]) -> None:
    body = json.dumps({"event": "PAID", **more}).encode()
    assert isinstance(read_notification("payment-status", body), Notification)


def test_every_field_of_both_shapes_has_its_place_in_the_manifest() -> None:
    known = {name for entry in manifests.load("core/notifications.json")["fields"].values() for name in entry["names"]}
    assert {*json.loads(CLICKED), *json.loads(RECEIVED)} == known

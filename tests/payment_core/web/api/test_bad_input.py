"""Nonsense is refused by field, before anything is stored or sent, and never ends in an error of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from payment_core.app import LARGEST_BODY
from payment_core.domain.merchant import MerchantSecrets
from payment_core.services import Core
from payment_core.store import api_keys, merchants
from payment_core.store.links import links
from payment_core.store.schema.tables import links as link_rows
from tests.payment_core.conftest import APPLICATION, CUSTOMER, MERCHANT
from tests.payment_core.fakes import FakeMessenger

CARD = "4111 1111 1111 1111"
AMOUNTS: dict[str, list[str]] = json.loads(Path(__file__).parents[3].joinpath("shared/amounts.json").read_text("utf-8"))
GOOD: dict[str, Any] = {
    "applicationUuid": APPLICATION.application_id,
    "orderNumber": "00000100",
    "channel": "sms",
    "endUserMobileNumber": CUSTOMER,
    "currency": "ZAR",
    "totalAmount": "150.00",
    "taxAmount": "0.00",
    "subTotalAmount": "150.00",
}
_ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        10**30,
        1.5,
        "",
        " ",
        "x" * 5000,
        "\u0000",
        "a\u0000b",
        "\ud800",
        "\u202e",
        "NaN",
        "1e5",
    ),
    *([], [1], {}, {"a": 1}, "'; DROP TABLE links", "{merchant}", "<b>", "٣"),
)
# What a nonsense value may still be: text is text, and an optional field may be absent.
_RAW = ("1e400", "-1e400", "1e-400", "NaN", "Infinity", "1" + "0" * 5000, "-0", "1E2")


def cases() -> Iterator[tuple[str, str]]:
    fields = [*GOOD, "language", "additionalData", "payerReference", "orderLines", "previousPaymentLinkRef"]
    for field in fields:
        for odd in _ODD:
            yield field, json.dumps(odd)
        for raw in _RAW:
            yield field, raw


def body_with(field: str, raw: str) -> bytes:
    mark = "@@odd@@"
    return json.dumps({**GOOD, field: mark}).replace(f'"{mark}"', raw).encode()


def send(client: FlaskClient, api_key: str, body: bytes) -> TestResponse:
    return client.post("/api/v2/payment-links", data=body, headers={"Authorization": api_key})


def test_every_field_takes_nonsense(client: FlaskClient, api_key: str, core: Core) -> None:
    for field, raw in cases():
        answer = send(client, api_key, body_with(field, raw))
        assert answer.status_code in (200, 201, 400, 404, 409, 422), (field, raw[:40], answer.status_code)
        assert answer.json is not None
        if answer.status_code in (400, 422):
            assert answer.json["errorCode"] == "VALIDATION_FAILED"
            assert field in answer.json["message"] or answer.json["field"] == "body", (field, raw[:40], answer.json)
            assert CARD not in answer.text
        else:
            path = f"/api/v2/payment-links/{answer.json.get('paymentLinkRef')}"
            read = client.get(path, headers={"Authorization": api_key})
            assert read.status_code == (200 if answer.status_code < 300 else 404), (field, raw[:40])
            json.loads(read.text, parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    pytest.fail(f"{name} is no JSON")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"totalAmount": "999999999999999999.99", "subTotalAmount": "999999999999999999.99"}, None),
        ({"totalAmount": "9" * 19, "subTotalAmount": "9" * 19}, "totalAmount"),
        ({"currency": "JPY", "totalAmount": "1.5", "subTotalAmount": "1.5"}, "totalAmount"),
        ({"currency": "KWD", "totalAmount": "1.2345", "subTotalAmount": "1.2345"}, "totalAmount"),
        ({"totalAmount": "-1.00", "subTotalAmount": "-1.00"}, "totalAmount"),
        ({"totalAmount": "0", "subTotalAmount": "0"}, "totalAmount"),
        ({"taxAmount": "0.01"}, "totalAmount"),
        ({"currency": "XXX"}, "currency"),
        ({"orderNumber": f"A {CARD}"}, "orderNumber"),
        ({"orderLines": [{"name": CARD, "quantity": 1, "amount": "1.00"}]}, "orderLines[0].name"),
        ({"orderLines": [{"name": "Beans", "quantity": 10**12, "amount": "1.00"}]}, "orderLines[0].quantity"),
        ({"additionalData": {"note": CARD}}, "additionalData"),
        ({"additionalData": {"note": "4111|1111|1111|1111"}}, "additionalData"),
        ({"orderNumber": "\u0664\u0661\u0661\u0661 1111 1111 1111"}, "orderNumber"),
        ({"additionalData": {"reference": "a\u0000b"}}, "additionalData"),
        ({"additionalData": {"reference": "\ud800"}}, "additionalData"),
        ({"additionalData": {"deep": "x" * 5000}}, "additionalData"),
        ({"previousPaymentLinkRef": "x" * 40}, "previousPaymentLinkRef"),
        ({"language": "x" * 17}, "language"),
        ({"additionalData": {"deep": [{"4111-1111-1111-1111": 1}]}}, "additionalData"),
        ({"additionalData": {"deep": 4111111111111111}}, "additionalData"),
        ({"additionalData": {"id": "41111111-1111-4111-1111-111111111111"}}, None),
        ({"language": "ca_ES_VALENCIA_POSIX"}, "language"),
        (
            {"orderLines": [{"name": "\u0643\u062a\u0627\u0628\u200c\u0647\u0627", "quantity": 1, "amount": "1.00"}]},
            None,
        ),
        (
            {
                "orderLines": [
                    {"name": "Caf\u00e9\u00a0Noir \U0001f469\u200d\U0001f373", "quantity": 1, "amount": "-1.00"}
                ]
            },
            None,
        ),
        ({"totalAmount": 150, "subTotalAmount": 1.5e2}, None),
        ({"payerReference": "003 x"}, "payerReference"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    client: FlaskClient, api_key: str, core: Core, messenger: FakeMessenger, change: dict[str, Any], field: str | None
) -> None:
    answer = send(client, api_key, json.dumps({**GOOD, **change}).encode())
    if field is None:
        assert answer.status_code == 201, answer.text
        return
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    assert answer.json["field"] == field
    assert CARD not in answer.text
    assert messenger.sent == []
    with core.transactions.read() as work:
        assert work.connection.execute(link_rows.select()).all() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v2/payment-links/{}"),
        ("POST", "/api/v2/payment-links/{}/cancel"),
        ("POST", "/api/v2/payments/{}/capture"),
        ("POST", "/api/v2/payments/{}/reverse"),
        ("GET", "/api/v2/payment-links?reference={}"),
        ("GET", "/pay/{}"),
        ("POST", "/pay/{}"),
        ("GET", "/receipts/{}"),
        ("POST", "/hooks/fake/{}"),
        ("POST", "/hooks/{}/hook_karoo"),
    ],
)
def test_odd_addresses_are_nothing(client: FlaskClient, api_key: str, method: str, path: str) -> None:
    base_url = "https://pay.example" if path.startswith(("/pay", "/receipts")) else None
    for odd in ("%00", "%FF", "%ED%A0%80", "x" * 300, "..%2F..", "%0a", quote("' OR 1=1 --")):
        answer = client.open(path.format(odd), method=method, headers={"Authorization": api_key}, base_url=base_url)
        assert answer.status_code in (200, 400, 404), (odd, answer.status_code)


@pytest.mark.parametrize("field", ["applicationUuid", "status"])
def test_the_status_of_an_application_takes_nonsense(client: FlaskClient, api_key: str, field: str) -> None:
    odd: tuple[object, ...] = (None, 1, [], {}, "", "\u0000", "\ud800", "x" * 500)
    for value in odd:
        body = {"applicationUuid": APPLICATION.application_id, "status": "ACTIVATED", field: value}
        answer = client.put("/api/v2/integration", data=json.dumps(body), headers={"Authorization": api_key})
        assert answer.status_code in (422, 404), (value, answer.text)


def test_a_part_to_capture_takes_nonsense(client: FlaskClient, api_key: str, make_link: Any) -> None:
    path = f"/api/v2/payments/{make_link().reference}/capture"
    texts = map(json.dumps, AMOUNTS["refused_by_api"])
    for amount in (
        "1e400",
        "1e-400",
        "1e99999999999999999999",
        "[]",
        "{}",
        "true",
        "-1",
        "0",
        "0.001",
        "1" * 500,
        *texts,
    ):
        answer = client.post(path, data=f'{{"amount": {amount}}}', headers={"Authorization": api_key})
        assert (answer.status_code, answer.json and answer.json["field"]) == (422, "amount"), (amount[:40], answer.text)
    for no_json in ("NaN", "1" * 5000):
        answer = client.post(path, data=f'{{"amount": {no_json}}}', headers={"Authorization": api_key})
        assert (answer.status_code, answer.json and answer.json["field"]) == (400, "body"), (no_json[:40], answer.text)


@pytest.mark.parametrize("text", AMOUNTS["refused_by_api"], ids=ascii)
def test_an_amount_is_plain_digits_and_a_point_or_refused_before_anything_is_sent(
    client: FlaskClient, api_key: str, messenger: FakeMessenger, text: str
) -> None:
    for field in ("totalAmount", "taxAmount", "subTotalAmount"):
        answer = send(client, api_key, json.dumps({**GOOD, field: text}).encode())
        assert (answer.status_code, answer.json and answer.json["field"]) == (422, field)
        assert answer.json is not None
        assert "digits and a point" in answer.json["message"]
    assert messenger.sent == []


def test_a_name_that_stands_twice_is_refused_by_it(client: FlaskClient, api_key: str, messenger: FakeMessenger) -> None:
    whole = json.dumps({**GOOD, "additionalData": {"reference": "c2p_a"}})
    for doubled, field in (
        (whole.replace('"currency"', '"totalAmount": "1.00", "currency"'), "totalAmount"),
        (whole.replace('"currency"', '"total\\u0041mount": "150.00", "currency"'), "totalAmount"),
        (whole.replace('"reference"', '"reference": "c2p_b", "reference"'), "reference"),
        (whole.replace('"currency"', f'"{CARD}": 1, "{CARD}": 2, "currency"'), "body"),
    ):
        answer = send(client, api_key, doubled.encode())
        assert (answer.status_code, answer.json and answer.json["field"]) == (422, field)
        assert CARD not in answer.text
    assert messenger.sent == []


@pytest.mark.parametrize("odd", [*"\u0000\n\u001b\u202e\u2066\u200b\u200d\ufeff\u00ad\u2028\u3164\u2800"], ids=ascii)
def test_a_text_that_does_not_read_as_it_looks_is_refused_by_its_field(
    client: FlaskClient, api_key: str, messenger: FakeMessenger, odd: str
) -> None:
    line = {"name": f"Be{odd}ans", "quantity": 1, "amount": "1.00"}
    for change, field in (
        ({"orderNumber": f"A{odd}1"}, "orderNumber"),
        ({"orderLines": [line]}, "orderLines[0].name"),
    ):
        answer = send(client, api_key, json.dumps({**GOOD, **change}).encode())
        assert (answer.status_code, answer.json and answer.json["field"]) == (422, field)
        assert answer.json is not None
        assert "no control or invisible characters" in answer.json["message"]
    assert messenger.sent == []


def test_a_body_that_is_no_object_is_refused(client: FlaskClient, api_key: str) -> None:
    for body in (b"[]", b"1", b"null", b'"x"', b"{", b"\xff", b"[" * 100_000, b'{"a":' * 50_000, b""):
        answer = send(client, api_key, body)
        assert answer.status_code == (422 if body == b"" else 400)
        assert answer.json is not None
        assert answer.json["errorCode"] == "VALIDATION_FAILED"


def test_a_body_that_is_too_large_is_refused(client: FlaskClient, api_key: str) -> None:
    answer = send(client, api_key, b'{"a": "' + b"x" * LARGEST_BODY + b'"}')
    assert answer.status_code == 413
    assert answer.json is not None
    assert answer.json["errorCode"] == "REQUEST_ENTITY_TOO_LARGE"


def test_a_wrong_key_learns_nothing_of_what_exists(client: FlaskClient, make_link: Any) -> None:
    link = make_link()
    for reference in (link.reference, "nothing"):
        for key in ("", "x", "\xff"):
            answer = client.get(f"/api/v2/payment-links/{reference}", headers={"Authorization": key})
            assert answer.status_code == 401


def test_links_of_two_applications_with_one_reference_are_two(client: FlaskClient, api_key: str, core: Core) -> None:
    body = json.dumps({**GOOD, "additionalData": {"reference": "c2p_1"}}).encode()
    first, again = send(client, api_key, body), send(client, api_key, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json is not None
    assert again.json is not None
    assert first.json["paymentLinkRef"] == again.json["paymentLinkRef"]
    other = send(
        client, api_key, json.dumps({**GOOD, "additionalData": {"reference": "c2p_1"}, "orderNumber": "2"}).encode()
    )
    assert (other.status_code, other.json and other.json["errorCode"]) == (409, "REFERENCE_USED")
    with core.transactions.read() as work:
        assert len(links.by_caller(work, "mer_karoo", "c2p_1")) == 1


def test_another_merchants_application_and_reference_are_nobodys(
    client: FlaskClient, api_key: str, core: Core, messenger: FakeMessenger
) -> None:
    body = json.dumps({**GOOD, "additionalData": {"reference": "c2p_1"}}).encode()
    made = send(client, api_key, body)
    assert made.json is not None
    other = replace(MERCHANT, merchant_id="mer_other", hook="hook_other")
    with core.transactions.write() as work:
        merchants.add(work, other, MerchantSecrets(), now=core.now())
        key = api_keys.add(work, other.merchant_id, "tests", now=core.now())[1].value
    for sent in (body, json.dumps({**GOOD, "additionalData": {"reference": "c2p_1"}, "orderNumber": "9"}).encode()):
        refused = send(client, key, sent)
        assert (refused.status_code, refused.json and refused.json["errorCode"]) == (404, "APPLICATION_NOT_FOUND")
    reference = made.json["paymentLinkRef"]
    headers = {"Authorization": key}
    for method, path in (
        ("GET", f"/api/v2/payment-links/{reference}"),
        ("POST", f"/api/v2/payment-links/{reference}/cancel"),
        ("POST", f"/api/v2/payments/{reference}/capture"),
        ("POST", f"/api/v2/payments/{reference}/reverse"),
    ):
        assert client.open(path, method=method, headers=headers).status_code == 404, path
    found = client.get("/api/v2/payment-links?reference=c2p_1", headers=headers)
    assert found.json == {"items": []}
    status = {"applicationUuid": APPLICATION.application_id, "status": "DELETED"}
    assert client.put("/api/v2/integration", json=status, headers=headers).status_code == 404
    assert len(messenger.sent) == 1

"""A payment link lives as the domain says: 5 minutes to click, 15 more to pay, and cancel only before the click."""

from __future__ import annotations

import pytest

from .conftest import PHONE, Sandbox


def test_a_sent_link_reaches_the_phone_and_is_told(sandbox: Sandbox) -> None:
    answer = sandbox.send()
    assert answer.json["status"] == "PAYMENT_LINK_SENT"
    assert answer.json["savedCard"] is False
    ref = answer.json["paymentLinkRef"]
    message = sandbox.messages()[-1]
    assert message["channel"] == "sms"
    assert message["link"] == "http://localhost:8020" + sandbox.page(ref)
    assert message["link_reference"] == ref
    assert len(message["text"]) <= 160
    assert sandbox.events(ref) == ["PAYMENT_LINK_CREATED", "PAYMENT_LINK_SENT"]


def test_the_transaction_is_found_by_both_references(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    found = sandbox.call("GET", "/api/v2/payment-links", query_string={"reference": "c2p_1"}).json["items"]
    assert [entry["paymentLinkRef"] for entry in found] == [ref]
    assert found[0] == sandbox.transaction(ref)
    assert found[0]["environment"] == "SANDBOX"
    assert found[0]["totalAmount"] == 115
    assert found[0]["paymentStatus"] is None


def test_the_transaction_event_has_the_promised_body(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    body = sandbox.callbacks(ref)[0]["body"]
    assert body.pop("timestamp").endswith("+0000")
    assert body == {
        "orderNumber": "00000102",
        "paymentLinkRef": ref,
        "senderNumber": "27870000000",
        "endUserMobileNumber": PHONE,
        "transactionStatus": "PAYMENT_LINK_CREATED",
        "transactionStatusId": 10,
        "currency": "ZAR",
        "totalAmount": 115.0,
        "taxAmount": 15.0,
        "subTotalAmount": 100.0,
        "channel": "sms",
        "additionalData": {"reference": "c2p_1"},
        "environment": "SANDBOX",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "fax"),
        ("currency", "XXX"),
        ("currency", "CHF"),
        ("endUserMobileNumber", "+27831234567"),
        ("endUserMobileNumber", "2783"),
        ("totalAmount", 116),
        ("totalAmount", "much"),
        ("totalAmount", True),
        ("taxAmount", "-"),
        ("totalAmount", 1e16),
        ("subTotalAmount", 100.001),
        ("orderNumber", " "),
        ("applicationUuid", None),
        ("language", "klingon!"),
        ("additionalData", "text"),
    ],
)
def test_a_wrong_field_is_refused_by_name(sandbox: Sandbox, field: str, value: object) -> None:
    answer = sandbox.send(**{field: value})
    assert answer.status_code == 422
    assert answer.json["errorCode"] == "VALIDATION_FAILED"
    assert answer.json["message"].startswith(field + ":")
    assert sandbox.messages() == []


def test_a_wrong_key_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.http.get("/api/v2/configuration", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json["errorCode"]) == (401, "INVALID_API_KEY")


def test_an_unclicked_link_expires_after_five_minutes(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    sandbox.advance(200)
    assert sandbox.transaction(ref)["linkStatus"] == "PAYMENT_LINK_SENT"
    sandbox.advance(100)
    assert sandbox.events(ref)[-1] == "PAYMENT_LINK_EXPIRED"
    page = sandbox.http.get(sandbox.page(ref))
    assert page.status_code == 410
    assert "This link has expired" in page.text


def test_a_click_gives_fifteen_minutes_more(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    sandbox.advance(200)
    assert sandbox.press(ref).status_code == 303
    sandbox.advance(800)
    assert sandbox.transaction(ref)["linkStatus"] == "PAYMENT_LINK_CLICKED"
    sandbox.advance(100)
    assert sandbox.transaction(ref)["linkStatus"] == "PAYMENT_LINK_EXPIRED"
    assert sandbox.events(ref).count("PAYMENT_LINK_CLICKED") == 1


def test_looking_is_no_click_and_pressing_the_button_is(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    sandbox.http.head(sandbox.page(ref))
    sandbox.http.get(sandbox.page(ref), headers={"Sec-Purpose": "prefetch"})
    assert sandbox.http.get(sandbox.page(ref)).status_code == 200
    assert sandbox.transaction(ref)["clickedAt"] is None
    card_form = sandbox.press(ref).location
    assert "Card number" in sandbox.http.get(card_form).text
    assert sandbox.transaction(ref)["clickedAt"] is not None
    assert sandbox.events(ref)[-1] == "PAYMENT_LINK_CLICKED"


def test_a_second_press_opens_the_same_form(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    assert sandbox.press(ref).location == sandbox.press(ref).location
    assert sandbox.events(ref).count("PAYMENT_LINK_CLICKED") == 1


def test_a_cancelled_link_is_dead_and_the_customer_is_told(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    answer = sandbox.cancel(ref)
    expected = {"status": "PAYMENT_LINK_CANCELLED", "customerNotified": True, "notNotifiedReason": None}
    assert answer.json == expected
    assert sandbox.messages()[-1]["text"] == "The 00000102 has been canceled by the Agent"
    assert "cancelled" in sandbox.http.get(sandbox.page(ref)).text
    assert sandbox.events(ref)[-1] == "PAYMENT_LINK_CANCELLED"
    assert sandbox.pay(ref).status_code == 303
    assert sandbox.transaction(ref)["paymentStatus"] is None


def test_a_cancel_on_whatsapp_outside_the_window_tells_why_the_customer_was_not_told(sandbox: Sandbox) -> None:
    answer = sandbox.cancel(sandbox.sent(channel="whatsapp"))
    assert answer.json["customerNotified"] is False
    assert "WhatsApp allows free text only within 24 hours" in answer.json["notNotifiedReason"]
    sandbox.reply("hello", channel="whatsapp")
    assert sandbox.cancel(sandbox.sent(channel="whatsapp")).json["customerNotified"] is True


def test_a_cancel_is_refused_after_click_cancel_and_expiry(sandbox: Sandbox) -> None:
    clicked, cancelled, expired, paid = (sandbox.sent() for _ in range(4))
    sandbox.press(clicked)
    sandbox.cancel(cancelled)
    sandbox.pay(paid)
    assert sandbox.cancel(clicked).json["errorCode"] == "LINK_ALREADY_CLICKED"
    assert sandbox.cancel(cancelled).json["errorCode"] == "LINK_ALREADY_CANCELLED"
    assert sandbox.cancel(paid).json["errorCode"] == "LINK_ALREADY_CLICKED"
    sandbox.advance(300)
    refusal = sandbox.cancel(expired)
    assert (refusal.status_code, refusal.json["errorCode"]) == (409, "LINK_EXPIRED")
    assert sandbox.cancel("unknown").status_code == 404


def test_an_undeliverable_number_never_becomes_sent(sandbox: Sandbox) -> None:
    sandbox.http.put("/sandbox/faults", json={"undeliverable": [PHONE]})
    ref = sandbox.sent(channel="whatsapp")
    assert sandbox.events(ref) == ["PAYMENT_LINK_CREATED"]
    assert sandbox.messages() == []
    shown = sandbox.transaction(ref)
    assert (shown["messageStatus"], shown["messageFailureCode"]) == ("FAILED", "not_on_whatsapp")
    assert "WhatsApp" in shown["messageFailureReason"]


def test_a_disabled_application_neither_sends_nor_hears(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    change = {"applicationUuid": sandbox.application, "status": "DEACTIVATED"}
    assert "updateTime" in sandbox.call("PUT", "/api/v2/integration", json=change).json
    assert sandbox.send().json["errorCode"] == "APPLICATION_DISABLED"
    sandbox.cancel(ref)
    assert "PAYMENT_LINK_CANCELLED" not in sandbox.events(ref)
    change["applicationUuid"] = "unknown"
    assert sandbox.call("PUT", "/api/v2/integration", json=change).status_code == 404

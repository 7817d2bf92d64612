"""Money moves once, by the test cards, and every move is told on both URLs."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from sandbox.core.cards import passes_luhn

from .conftest import APPROVED, CHALLENGE, DECLINED, PHONE, REVIEW, Sandbox


def capture(sandbox: Sandbox, ref: str, **body: object) -> tuple[int, dict[str, object]]:
    answer = sandbox.call("POST", f"/api/v2/payments/{ref}/capture", json=body)
    return answer.status_code, answer.json


def reverse(sandbox: Sandbox, ref: str) -> tuple[int, dict[str, object]]:
    answer = sandbox.call("POST", f"/api/v2/payments/{ref}/reverse")
    return answer.status_code, answer.json


def authorized(sandbox: Sandbox) -> str:
    sandbox.http.put("/sandbox/settings", json={"transaction_type": "AUTHORIZATION"})
    ref = sandbox.sent()
    sandbox.pay(ref)
    assert sandbox.transaction(ref)["paymentStatus"] == "PAYMENT_AUTHORIZED"
    return ref


def test_an_approved_card_pays_and_brings_a_receipt(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    assert sandbox.pay(ref).status_code == 303
    assert "Paid, thank you" in sandbox.http.get(sandbox.page(ref)).text
    transaction = sandbox.transaction(ref)
    assert transaction["paymentStatus"] == "PAYMENT_RECEIVED"
    assert transaction["capturedAmount"] == 115
    message = sandbox.messages()[-1]
    assert message["link"].endswith("/receipts/" + transaction["receiptLinkRef"])
    receipt = sandbox.http.get("/receipts/" + transaction["receiptLinkRef"])
    assert "ZAR\N{NO-BREAK SPACE}115.00" in receipt.text
    assert sandbox.events(ref)[-1] == "PAYMENT_RECEIVED"


def test_the_payment_status_has_the_promised_body(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    sandbox.pay(ref)
    body = next(entry["body"] for entry in sandbox.callbacks(ref) if entry["kind"] == "payment-status")
    assert sorted(body) == sorted([
        *("orderNumber", "paymentLinkRef", "paymentStatus", "paymentStatusId", "paymentGatewayResponseTimestamp"),
        *("totalAmount", "taxAmount", "subTotalAmount", "currency", "channel", "receiptLinkRef", "additionalData"),
        *("transactionType", "paymentReviewAutoReversal", "reviewFinalisedTimestamp", "environment"),
        *("reconciliationReference", "merchantName"),
    ])  # fmt: skip
    assert body["paymentStatusId"] == 3
    assert body["transactionType"] == "SALE"
    assert body["reconciliationReference"].startswith("TRN")


def test_a_declined_card_leaves_room_for_another(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    sandbox.pay(ref, DECLINED)
    assert "The card ending 0002 was declined" in sandbox.http.get(sandbox.page(ref)).text
    sandbox.pay(ref, APPROVED)
    assert sandbox.events(ref, "payment-status") == ["PAYMENT_DECLINED", "PAYMENT_RECEIVED"]


def test_a_double_submit_pays_once(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    threads = [threading.Thread(target=sandbox.pay, args=(ref,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sandbox.events(ref, "payment-status") == ["PAYMENT_RECEIVED"]
    assert len([message for message in sandbox.messages() if "Receipt" in message["text"]]) == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("number", "", "front of the card"),
        ("number", "4111 1111 1111 1112", "One digit"),
        ("number", "4242 4242 4242 4242", "test cards only"),
        ("expiry", "01/20", "has expired"),
        ("expiry", "13/40", "like 09/29"),
        ("cvc", "12", "3 or 4 digits"),
        ("name", "", "name on the card"),
    ],
)
def test_a_mistyped_card_gets_kind_words(sandbox: Sandbox, field: str, value: str, words: str) -> None:
    ref = sandbox.sent()
    page = sandbox.pay(ref, **{field: value})
    assert page.status_code == 422
    assert words in page.text
    assert "4111" not in page.text.split("<details")[0]
    assert sandbox.transaction(ref)["paymentStatus"] is None


def test_luhn_knows_a_good_number() -> None:
    assert passes_luhn("4111111111111111")
    assert not passes_luhn("4111111111111112")


@pytest.mark.parametrize(("decision", "status"), [("approve", "PAYMENT_RECEIVED"), ("fail", "PAYMENT_DECLINED")])
def test_a_challenge_decides(sandbox: Sandbox, decision: str, status: str) -> None:
    ref = sandbox.sent()
    challenge = sandbox.pay(ref, CHALLENGE).location
    assert "Approve" in sandbox.http.get(challenge).text
    assert sandbox.transaction(ref)["paymentStatus"] is None
    for _ in range(2):
        sandbox.http.post(challenge, data={"decision": decision})
    assert sandbox.events(ref, "payment-status") == [status]


@pytest.mark.parametrize(("decision", "status"), [("approve", "PAYMENT_RECEIVED"), ("decline", "PAYMENT_DECLINED")])
def test_a_review_ends_by_decision(sandbox: Sandbox, decision: str, status: str) -> None:
    ref = sandbox.sent()
    sandbox.pay(ref, REVIEW)
    assert "Your bank is checking" in sandbox.http.get(sandbox.page(ref)).text
    sandbox.advance(3600)
    assert sandbox.transaction(ref)["paymentStatus"] == "PAYMENT_REVIEW"
    assert sandbox.http.post(f"/sandbox/reviews/{ref}", json={"decision": decision}).status_code == 200
    last = sandbox.callbacks(ref)[-1]["body"]
    assert last["paymentStatus"] == status
    assert last["reviewFinalisedTimestamp"] is not None
    assert sandbox.http.post(f"/sandbox/reviews/{ref}", json={"decision": decision}).status_code == 409


def test_a_review_reverses_itself_where_configured(sandbox: Sandbox) -> None:
    sandbox.http.put("/sandbox/settings", json={"review_auto_reversal": True})
    ref = sandbox.sent()
    sandbox.pay(ref, REVIEW)
    assert sandbox.events(ref, "payment-status") == ["PAYMENT_REVIEW", "PAYMENT_REVERSED"]


def test_an_authorization_is_captured_once_and_in_part(sandbox: Sandbox) -> None:
    ref = authorized(sandbox)
    assert capture(sandbox, ref, amount=115.01) == (
        409,
        {"errorCode": "AMOUNT_TOO_HIGH", "message": "The amount is higher than the authorization."},
    )
    status, body = capture(sandbox, ref, amount=40)
    assert (status, body["transactionType"], body["totalAmount"]) == (200, 4, 40)
    assert sandbox.transaction(ref)["capturedAmount"] == 40
    assert capture(sandbox, ref)[1]["errorCode"] == "ALREADY_CAPTURED"


def test_an_old_authorization_cannot_be_captured(sandbox: Sandbox) -> None:
    ref = authorized(sandbox)
    sandbox.advance(8 * 24 * 3600)
    assert capture(sandbox, ref)[1]["errorCode"] == "AUTHORIZATION_EXPIRED"


def test_an_authorization_is_reversed_once(sandbox: Sandbox) -> None:
    ref = authorized(sandbox)
    assert reverse(sandbox, ref)[1]["paymentStatus"] == "PAYMENT_REVERSED"
    assert sandbox.transaction(ref)["reversedAmount"] == 115
    assert reverse(sandbox, ref)[1]["errorCode"] == "ALREADY_REVERSED"


def test_a_sale_is_voided_until_it_is_settled(sandbox: Sandbox) -> None:
    first, second = sandbox.sent(), sandbox.sent()
    sandbox.pay(first)
    sandbox.pay(second)
    assert reverse(sandbox, first)[1]["paymentStatus"] == "PAYMENT_VOIDED"
    assert sandbox.http.post(f"/sandbox/settle/{second}").json["settled"] is True
    assert reverse(sandbox, second)[1]["errorCode"] == "ALREADY_SETTLED"


def test_a_saved_card_pays_by_yes(sandbox: Sandbox) -> None:
    sandbox.pay(sandbox.sent(), save="1")
    answer = sandbox.send()
    assert answer.json["savedCard"] is True
    assert "Reply YES to pay ZAR 115.00 with your card ending 1111" in sandbox.messages()[-1]["text"]
    assert sandbox.reply("  Yes! ").status_code == 201
    ref = answer.json["paymentLinkRef"]
    assert sandbox.transaction(ref)["paymentStatus"] == "PAYMENT_RECEIVED"
    assert sandbox.cancel(ref).json["errorCode"] == "LINK_ALREADY_CLICKED"


def test_a_saved_card_pays_by_button_and_by_one_tap(sandbox: Sandbox) -> None:
    sandbox.pay(sandbox.sent(), save="1")
    ref = sandbox.sent(channel="whatsapp")
    assert sandbox.messages()[-1]["buttons"][0]["id"] == "pay_yes"
    sandbox.reply("pay_yes", channel="whatsapp")
    assert sandbox.transaction(ref)["paymentStatus"] == "PAYMENT_RECEIVED"
    tapped = sandbox.sent()
    assert "1111" in sandbox.http.get(sandbox.page(tapped)).text
    sandbox.http.post(sandbox.page(tapped) + "/saved")
    assert sandbox.transaction(tapped)["paymentStatus"] == "PAYMENT_RECEIVED"


def test_a_yes_without_a_saved_card_pays_nothing(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    sandbox.reply("yes")
    assert sandbox.transaction(ref)["paymentStatus"] is None
    assert "no saved card" in sandbox.messages()[-1]["text"]


def test_a_stop_blocks_its_channel_only(sandbox: Sandbox) -> None:
    sandbox.sent()
    sandbox.reply("Stop")
    assert (sandbox.send().status_code, sandbox.send().json["errorCode"]) == (409, "RECIPIENT_OPTED_OUT")
    assert sandbox.send(channel="whatsapp").status_code == 201
    sandbox.reply("START", channel="sms")
    assert sandbox.send().status_code == 201


def test_a_card_number_is_neither_stored_nor_logged(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.pay(sandbox.sent(), save="1", expiry="11/41", cvc="9173")
    sandbox.pay(sandbox.sent(), CHALLENGE)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    for number in (APPROVED, CHALLENGE):
        assert number.encode() not in stored
        assert number.replace(" ", "").encode() not in stored
        assert number.replace(" ", "") not in caplog.text
    assert PHONE not in caplog.text

"""Money moves once, by the test cards, and every move is told on both URLs."""

from __future__ import annotations

import logging
import re
import threading
from html import unescape
from pathlib import Path

import pytest

from payment_core.demo import gateway

from .conftest import APPROVED, CHALLENGE, DECLINED, PAYER, PHONE, REVIEW, Sandbox


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
    assert len([message for message in sandbox.messages() if "/receipts/" in str(message["link"])]) == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("number", "", "front of the card"),
        ("number", "4111 1111 1111 1112", "One digit"),
        ("number", "4242 4242 4242 4242", "test cards only"),
        ("expiry", "01/20", "has expired"),
        ("expiry", "13/40", "like 09/"),
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


@pytest.mark.parametrize("years", [0, 12])
def test_the_month_that_the_form_names_is_one_that_it_takes_in_any_year(sandbox: Sandbox, years: int) -> None:
    for _ in range(years):
        sandbox.advance(366 * 24 * 3600)
    ref = sandbox.sent()
    hint, error, *_ = re.findall(r"[Ll]ike ([0-9/]{5})", sandbox.pay(ref, expiry="13/99").text)
    assert hint == error
    assert sandbox.pay(ref, expiry=hint).status_code == 303


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


@pytest.mark.parametrize(
    ("happenings", "attention"),
    [(["dispute"], "disputed"), (["fraud-warning"], "fraud_suspected"), (["refund", "fail-refund"], "refund_failed")],
)
def test_what_a_bank_does_needs_a_person(sandbox: Sandbox, happenings: list[str], attention: str) -> None:
    ref, other = sandbox.sent(), sandbox.sent()
    assert sandbox.http.post(f"/sandbox/payments/{ref}/{happenings[0]}").status_code == 409, "nothing is paid yet"
    sandbox.pay(ref)
    sandbox.pay(other)
    for what in happenings:
        answer = sandbox.http.post(f"/gateway/{ref}", data={"what": what})
        assert answer.status_code == 303, answer.text
    assert (sandbox.transaction(ref)["attention"], sandbox.transaction(other)["attention"]) == (attention, None)
    assert [one["event"] for one in sandbox.callbacks(ref)].count("PAYMENT_ATTENTION") == 1
    page = sandbox.http.get("/gateway").text
    assert (page.count('<section class="card"'), page.count('<p class="error">')) == (2, 1)
    assert "Needs a person" in sandbox.http.get(f"/portal/transactions/{ref}").text


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (["win"], ["dispute_won"]),
        (["lose"], ["dispute_lost"]),
        (["lose", "win"], ["dispute_lost", "dispute_lost_then_won"]),
    ],
)
def test_a_tester_lets_a_dispute_end(sandbox: Sandbox, ends: list[str], words: list[str]) -> None:
    ref = sandbox.sent()
    sandbox.pay(ref)
    assert sandbox.http.post(f"/gateway/{ref}", data={"what": "lose-dispute"}).status_code == 409, "there is none"
    for end, word in zip(ends, words, strict=True):
        assert sandbox.http.post(f"/gateway/{ref}", data={"what": "dispute"}).status_code == 303
        assert sandbox.http.post(f"/sandbox/payments/{ref}/{end}-dispute").json["attention"] == word
        alarm = re.search(r'name="alarm" value="([^"]*)"', sandbox.http.get(f"/portal/transactions/{ref}").text)
        assert alarm is not None
        sandbox.http.post(f"/portal/transactions/{ref}/dealt-with", data={"alarm": unescape(alarm[1])})
    assert sandbox.transaction(ref)["attention"] is None


def test_a_tester_lets_the_charge_of_a_saved_card_be_slow(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(sandbox)
    ref = sandbox.sent(payerReference=PAYER)
    meanwhile: list[tuple[float, bool]] = []
    monkeypatch.setattr(
        gateway, "sleep", lambda seconds: meanwhile.append((seconds, sandbox.transaction(ref)["charging"]))
    )
    assert sandbox.http.put("/sandbox/faults", json={"slow_charge_ms": 8000}).status_code == 200
    sandbox.reply(sandbox.code())
    assert meanwhile == [(8.0, True)]
    after = sandbox.transaction(ref)
    assert (after["charging"], after["paymentStatus"]) == (False, "PAYMENT_RECEIVED")
    assert sandbox.http.put("/sandbox/faults", json={"slow_charge_ms": 30_001}).status_code == 422


def test_what_cannot_happen_to_a_payment_is_said(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    sandbox.pay(ref)
    refused = sandbox.http.post(f"/gateway/{ref}", data={"what": "fail-refund"})
    assert (refused.status_code, "cannot happen" in refused.text) == (409, True)
    assert sandbox.http.post(f"/sandbox/payments/{ref}/explode").status_code == 404


def saved(sandbox: Sandbox, channel: str = "sms") -> None:
    """Let the payer save a card through a channel."""
    sandbox.pay(sandbox.sent(payerReference=PAYER, channel=channel), save="1")
    sandbox.settle()


def test_a_saved_card_pays_by_the_code_of_the_message(sandbox: Sandbox) -> None:
    saved(sandbox)
    answer = sandbox.send(payerReference=PAYER)
    assert answer.json["savedCard"] is True
    offer = sandbox.messages()[-1]["text"]
    assert "ZAR 115.00" in offer
    assert "1111" in offer
    assert sandbox.reply(f"  {sandbox.code().lower()}! ").status_code == 201
    ref = answer.json["paymentLinkRef"]
    assert sandbox.transaction(ref)["paymentStatus"] == "PAYMENT_RECEIVED"
    assert sandbox.cancel(ref).json["errorCode"] == "LINK_ALREADY_CLICKED"


def test_a_box_that_is_ticked_beside_the_card_counts_after_a_press_without_it(sandbox: Sandbox) -> None:
    ref = sandbox.sent(payerReference=PAYER)
    sandbox.press(ref)
    sandbox.pay(ref, save="1")
    assert sandbox.send(payerReference=PAYER).json["savedCard"] is True


def test_a_yes_by_sms_pays_nothing(sandbox: Sandbox) -> None:
    saved(sandbox)
    ref = sandbox.sent(payerReference=PAYER)
    sandbox.reply("yes")
    assert sandbox.transaction(ref)["paymentStatus"] is None


def test_another_persons_link_is_not_offered_the_card(sandbox: Sandbox) -> None:
    saved(sandbox)
    for payer in ("003xx000004TmiRAAS", None):
        assert sandbox.send(payerReference=payer).json["savedCard"] is False
        assert "PAY " not in sandbox.messages()[-1]["text"]


def test_a_saved_card_pays_by_button_and_by_one_tap(sandbox: Sandbox) -> None:
    saved(sandbox, "whatsapp")
    ref = sandbox.sent(channel="whatsapp", payerReference=PAYER)
    sandbox.reply(sandbox.messages()[-1]["buttons"][0]["id"], channel="whatsapp")
    assert sandbox.transaction(ref)["paymentStatus"] == "PAYMENT_RECEIVED"
    tapped = sandbox.sent(channel="whatsapp", payerReference=PAYER)
    assert "1111" in sandbox.http.get(sandbox.page(tapped)).text
    sandbox.http.post(sandbox.page(tapped) + "/saved")
    assert sandbox.transaction(tapped)["paymentStatus"] == "PAYMENT_RECEIVED"


def test_a_yes_without_a_saved_card_pays_nothing(sandbox: Sandbox) -> None:
    ref = sandbox.sent()
    sandbox.reply("yes")
    assert sandbox.transaction(ref)["paymentStatus"] is None


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
    sandbox.pay(sandbox.sent(payerReference=PAYER), save="1", expiry="11/99", cvc="9173")
    sandbox.pay(sandbox.sent(), CHALLENGE)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    for number in (APPROVED, CHALLENGE):
        assert number.encode() not in stored
        assert number.replace(" ", "").encode() not in stored
        assert number.replace(" ", "") not in caplog.text
    assert PHONE not in caplog.text

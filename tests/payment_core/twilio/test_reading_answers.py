"""What Twilio answers, lists and reports means one thing each, and what leaves for it is asked in its own words."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses

from foundation.http.session import PeerSession
from foundation.secret import Secret
from payment_core.domain.enums import Channel, MessageStatus
from payment_core.messengers.messenger import (
    KeyRefused,
    MessageRefused,
    MessageReport,
    MessengerError,
    NotSent,
    OutgoingMessage,
    PerhapsSent,
    Reply,
)
from payment_core.messengers.twilio import messenger
from payment_core.messengers.twilio.messenger import TwilioAccount, TwilioMessenger
from payment_core.messengers.twilio.signature import signature_of
from payment_core.messengers.twilio.translation import report_of_message

ACCOUNT, BASE, HOOK = "AC1", "https://twilio.example", "https://pay.example/hooks/twilio/x"
SERVICE, CUSTOMER = f"MG{'0' * 32}", "27831234567"
SENDERS = {Channel.SMS: "+27870000000", Channel.WHATSAPP: "27870000001"}
OURS = TwilioAccount(ACCOUNT, "SK1", Secret("key"), SENDERS, HOOK, BASE)
TWILIO = TwilioMessenger(PeerSession(peer="twilio", total_timeout=5, repeat_reads=False), OURS)
MESSAGES = f"{BASE}/2010-04-01/Accounts/{ACCOUNT}/Messages"
SINCE = datetime(2026, 11, 28, 0, 10, tzinfo=UTC)
SMS = OutgoingMessage("mes_1", Channel.SMS, CUSTOMER, "Please pay", "7K2F")
WHATSAPP = replace(SMS, channel=Channel.WHATSAPP, window_open=True)
S = MessageStatus


def at(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S +0000")


def form_of(request: requests.PreparedRequest) -> dict[str, str]:
    assert isinstance(request.body, bytes)
    return dict(parse_qsl(request.body.decode()))


def query_of(request: requests.PreparedRequest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True))


@pytest.mark.parametrize(
    ("status", "body", "kind", "failure", "reason"),
    [
        (400, {"code": 21610}, MessageRefused, "opted_out", "21610"),
        (404, {"code": 20404}, MessageRefused, "refused", "20404"),
        (400, {}, MessageRefused, "refused", ""),
        (401, {"code": 20003}, KeyRefused, "account", "20003"),
        (401, {}, KeyRefused, "account", ""),
        (403, {"code": 20003}, MessageRefused, "account", "20003"),
        (429, {"code": 20429}, NotSent, None, None),
        (429, "<html>", NotSent, None, None),
        (500, {"code": 20500, "sid": "SM1"}, PerhapsSent, None, None),
        (400, "<html>", PerhapsSent, None, None),
        (200, "[]", PerhapsSent, None, None),
        (200, "[" * 100_000, PerhapsSent, None, None),
        (201, {"sid": ""}, PerhapsSent, None, None),
        (201, {"status": "queued"}, PerhapsSent, None, None),
        # Nothing was sent: it may be sent again.
        (0, requests.ConnectTimeout(), NotSent, None, None),
        (0, requests.ReadTimeout(), PerhapsSent, None, None),
    ],
)
def test_what_went_wrong_is_known_by_status_and_code(
    status: int, body: object, kind: type[MessengerError], failure: str | None, reason: str | None
) -> None:
    with responses.RequestsMock() as mocked:
        given: dict[str, Any] = {"body": body} if isinstance(body, str | Exception) else {"json": body}
        mocked.post(f"{MESSAGES}.json", status=status, **given)
        with pytest.raises(MessengerError) as raised:
            TWILIO.send(SMS)
    found = raised.value
    assert (type(found), getattr(found, "failure", None), getattr(found, "reason", None)) == (kind, failure, reason)


@pytest.mark.parametrize(
    ("row", "report"),
    [
        ({"status": "queued"}, MessageReport("SM1", S.ACCEPTED)),
        ({"status": "scheduled", "error_code": None}, MessageReport("SM1", S.ACCEPTED)),
        ({"status": "sent"}, MessageReport("SM1", S.SENT)),
        ({"status": "partially_delivered"}, MessageReport("SM1", S.DELIVERED)),
        ({"status": "read"}, MessageReport("SM1", S.READ)),
        ({"status": "undelivered", "error_code": 30003}, MessageReport("SM1", S.FAILED, "phone_off", "30003")),
        ({"status": "failed"}, MessageReport("SM1", S.FAILED, "refused", None)),
        ({"status": "canceled"}, MessageReport("SM1", S.FAILED, "refused", None)),
        # A code beside what did not fail is a warning.
        ({"status": "delivered", "error_code": 30003}, MessageReport("SM1", S.DELIVERED, None, "30003")),
        # A status of tomorrow says that Twilio has the message, and no more.
        ({"status": "of tomorrow"}, MessageReport("SM1", S.ACCEPTED)),
        ({}, MessageReport("SM1", S.ACCEPTED)),
    ],
)
def test_a_message_is_where_its_status_says(row: dict[str, Any], report: MessageReport) -> None:
    with responses.RequestsMock() as mocked:
        mocked.get(f"{MESSAGES}/SM1.json", json={"sid": "SM1", **row})
        assert TWILIO.read_report("SM1") == report


@pytest.mark.parametrize(
    ("fields", "news"),
    [
        ({"MessageStatus": "sent"}, []),
        ({"MessageSid": "SM1"}, []),
        ({"MessageSid": "SM1", "MessageStatus": "of tomorrow"}, []),
        ({"MessageSid": "SM1", "MessageStatus": "queued"}, [MessageReport("SM1", S.ACCEPTED, message_id="mes_1")]),
        ({"MessageSid": "SM1", "MessageStatus": "sent"}, [MessageReport("SM1", S.SENT, message_id="mes_1")]),
        (
            {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": "30003"},
            [MessageReport("SM1", S.FAILED, "phone_off", "30003", "mes_1")],
        ),
        (
            {"MessageSid": "SM1", "MessageStatus": "delivered", "ErrorCode": "30003"},
            [MessageReport("SM1", S.DELIVERED, None, "30003", "mes_1")],
        ),
        # What a customer wrote has a status of its own.
        (
            {"MessageSid": "SM1", "MessageStatus": "received", "Body": "", "From": f"+{CUSTOMER}"},
            [Reply("SM1", Channel.SMS, CUSTOMER, "")],
        ),
        ({"MessageSid": "SM1", "Body": "STOP"}, []),
        # Twilio acts on its own words, and leaves whoever writes another one without an answer.
        (
            {"MessageSid": "SM1", "From": f"+{CUSTOMER}", "Body": " Unsubscribe "},
            [Reply("SM1", Channel.SMS, CUSTOMER, " Unsubscribe ", carrier_confirms=True)],
        ),
        (
            {"MessageSid": "SM1", "From": f"+{CUSTOMER}", "Body": "Arrêt"},
            [Reply("SM1", Channel.SMS, CUSTOMER, "Arrêt")],
        ),
        (
            {
                "MessageSid": "SM1", "From": f"whatsapp:+{CUSTOMER}", "Body": "Pay", "ButtonPayload": "pay:1",
                "OriginalRepliedMessageSid": "SM0",
            },
            [Reply("SM1", Channel.WHATSAPP, CUSTOMER, "Pay", payload="pay:1", in_reply_to="SM0")],
        ),
        (
            {"MessageSid": "SM1", "From": f"whatsapp:+{CUSTOMER}", "Body": "Stop", "OptOutType": "STOP"},
            [Reply("SM1", Channel.WHATSAPP, CUSTOMER, "Stop", opt="STOP", carrier_confirms=True)],
        ),
        (
            {"MessageSid": "SM1", "From": f"+{CUSTOMER}", "ButtonPayload": "", "OptOutType": ""},
            [Reply("SM1", Channel.SMS, CUSTOMER, "")],
        ),
    ],
)  # fmt: skip
def test_a_webhook_is_a_report_or_what_a_customer_wrote(fields: dict[str, str], news: list[object]) -> None:
    url, token = f"{HOOK}?message=mes_1", Secret("token")
    request = requests.Request("POST", url, data=fields).prepare()
    headers = {"x-twilio-signature": signature_of(url, list(fields.items()), token.value)}
    raw = str(request.body).encode()
    assert TWILIO.read_webhook(raw, headers, url=url, secrets=(token,)) == news


def test_a_report_without_our_name_in_its_address_names_no_message_of_ours() -> None:
    fields, token = {"MessageSid": "SM1", "MessageStatus": "sent"}, Secret("token")
    headers = {"X-Twilio-Signature": signature_of(HOOK, list(fields.items()), token.value)}
    (report,) = TWILIO.read_webhook(b"MessageSid=SM1&MessageStatus=sent", headers, url=HOOK, secrets=(token,))
    assert report == report_of_message({"sid": "SM1", "status": "sent"})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"messages": []}, None),
        (401, {"code": 20003}, KeyRefused),
        # An account that the key does not know.
        (404, {"code": 20404}, KeyRefused),
        (400, {"code": 20001}, MessageRefused),
        (500, {}, PerhapsSent),
    ],
)
def test_a_key_is_tried_by_reading(status: int, body: dict[str, Any], kind: type[MessengerError] | None) -> None:
    with responses.RequestsMock() as mocked:
        mocked.get(f"{MESSAGES}.json", status=status, json=body)
        if kind is None:
            TWILIO.try_key()
        else:
            with pytest.raises(MessengerError) as raised:
                TWILIO.try_key()
            assert type(raised.value) is kind
        assert query_of(mocked.calls[0].request) == {"PageSize": "1"}
        assert "Content-Type" not in mocked.calls[0].request.headers


@pytest.mark.parametrize(("status", "is_taken"), [(200, True), (401, False), (404, False)])
def test_a_token_is_tried_as_the_account_itself(status: int, is_taken: bool) -> None:
    with responses.RequestsMock() as mocked:
        mocked.get(f"{MESSAGES}.json", status=status, json={})
        assert TWILIO.takes_token(Secret("token")) is is_taken
        given = mocked.calls[0].request.headers["Authorization"]
    assert given == f"Basic {base64.b64encode(b'AC1:token').decode()}"


def test_of_a_token_nothing_is_said_where_twilio_cannot_be_asked() -> None:
    with responses.RequestsMock() as mocked:
        mocked.get(f"{MESSAGES}.json", status=500, json={})
        with pytest.raises(PerhapsSent):
            TWILIO.takes_token(Secret("token"))


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (messenger.BASE_URL, "https://content.twilio.com/v1/Content/HX1"),
        (BASE, f"{BASE}/v1/Content/HX1"),
    ],
)
def test_another_product_is_read_at_its_own_host(base: str, url: str) -> None:
    with responses.RequestsMock() as mocked:
        mocked.get(url, json={"sid": "HX1"})
        one = replace(TWILIO, of=replace(OURS, base_url=base))
        assert one.read_elsewhere("content", "/v1/Content/HX1") == {"sid": "HX1"}

"""A sender is said to be wrong only where Twilio says so: what it does not say, or does not show to this key, is no finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import responses

from payment_core.domain.enums import Channel
from payment_core.messengers.twilio.sender_check import check_sender
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.twilio.test_reading_answers import ACCOUNT, BASE, HOOK, SERVICE, TWILIO

NUMBER = "27870000000"
NUMBERS = f"{BASE}/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json?PhoneNumber=%2B{NUMBER}"
SENDERS = f"{BASE}/v2/Channels/Senders?Channel=whatsapp&PageSize=50"
OF_SERVICE = f"{BASE}/v1/Services/{SERVICE}"
Answers = dict[str, tuple[int, dict[str, Any]]]
NOT_SENT_TO_US = "What customers write to {} is not sent to us."


def said(channel: Channel, sender: str, answers: Answers) -> list[str]:
    """Return what is wrong with a sender where Twilio answers so, and nothing else is asked for."""
    with responses.RequestsMock() as mocked:
        for url, (status, body) in answers.items():
            mocked.get(url, status=status, json=body)
        merchant = replace(MERCHANT, senders={channel: sender})
        return [one.problem for one in check_sender(TWILIO, merchant, channel, HOOK)]


def items(*found: dict[str, Any], more: str | None = None) -> tuple[int, dict[str, Any]]:
    return 200, {"meta": {"key": "senders", "next_page_url": more}, "senders": list(found)}


@pytest.mark.parametrize("sender", ["Karoo", f"+{NUMBER}", NUMBER])
def test_a_sender_of_letters_is_shown_by_no_api_and_a_number_may_have_its_plus(sender: str) -> None:
    asked: Answers = {} if sender == "Karoo" else {NUMBERS: (500, {})}
    assert said(Channel.SMS, sender, asked) == []


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, {"incoming_phone_numbers": [{"sms_url": HOOK, "sms_method": "POST"}]}, None),
        (200, {"incoming_phone_numbers": [{"sms_url": HOOK}]}, None),
        (200, {"incoming_phone_numbers": [{"sms_url": HOOK, "sms_method": "GET"}]}, NOT_SENT_TO_US),
        (200, {"incoming_phone_numbers": [{"sms_url": "https://x", "sms_method": "POST"}]}, NOT_SENT_TO_US),
        (200, {"incoming_phone_numbers": []}, "The sender ending 0000 is no number of this account."),
        (200, {}, None),
        (403, {}, None),
    ],
)
def test_a_number_is_ours_and_posts_to_us(status: int, body: dict[str, Any], problem: str | None) -> None:
    found = said(Channel.SMS, NUMBER, {NUMBERS: (status, body)})
    assert found == ([problem.format("the number ending 0000")] if problem else [])


ONLINE = {"sender_id": f"whatsapp:+{NUMBER}", "status": "ONLINE", "webhook": {"callback_url": HOOK}}
REASONS = [{"code": 1, "message": "a"}, {"code": 2, "message": "b"}]
CANNOT = "The WhatsApp sender ending 0000 cannot send: "


@pytest.mark.parametrize(
    ("answer", "problems"),
    [
        (items(ONLINE), []),
        (items(ONLINE | {"status": "ONLINE:UPDATING"}), []),
        (items(ONLINE | {"status": "OFFLINE"}), [f"{CANNOT}offline."]),
        (items(ONLINE | {"status": None}), [f"{CANNOT}no status."]),
        (
            items(ONLINE | {"status": "PENDING_X", "offline_reasons": REASONS}),
            [f"{CANNOT}pending x (1 a; 2 b)."],
        ),
        (items(ONLINE | {"webhook": None}), [NOT_SENT_TO_US.format("the WhatsApp sender ending 0000")]),
        (items(ONLINE | {"webhook": {}}), [NOT_SENT_TO_US.format("the WhatsApp sender ending 0000")]),
        (items(ONLINE | {"sender_id": "whatsapp:+1"}), ["The WhatsApp sender ending 0000 is not registered with this account."]),
        ((200, {}), ["The WhatsApp sender ending 0000 is not registered with this account."]),
        ((500, {}), []),
    ],
)  # fmt: skip
def test_a_whatsapp_sender_is_registered_online_and_posts_to_us(answer: tuple[int, Any], problems: list[str]) -> None:
    assert said(Channel.WHATSAPP, NUMBER, {SENDERS: answer}) == problems


def test_a_list_is_read_by_its_path_alone_to_its_last_page() -> None:
    """Else our key would be sent to whichever host an answer names."""
    following = f"{BASE}/v2/Channels/Senders?Page=1"
    answers = {SENDERS: items(more="https://evil.example/v2/Channels/Senders?Page=1"), following: items(ONLINE)}
    assert said(Channel.WHATSAPP, NUMBER, answers) == []


SMS_POOLS = ("PhoneNumbers", "AlphaSenders", "ShortCodes")


@pytest.mark.parametrize(
    ("service", "problems"),
    [
        ((200, {"inbound_request_url": HOOK}), []),
        ((200, {"inbound_request_url": "https://x", "use_inbound_webhook_on_number": True}), []),
        ((200, {"inbound_request_url": None}), [NOT_SENT_TO_US.format("the messaging service")]),
    ],
)
def test_a_service_posts_to_us_or_leaves_that_to_its_numbers(service: tuple[int, Any], problems: list[str]) -> None:
    pools: Answers = {f"{OF_SERVICE}/{one}?PageSize=50": items({"sid": "1"}) for one in SMS_POOLS}
    assert said(Channel.SMS, SERVICE, {OF_SERVICE: service, **pools}) == problems


@pytest.mark.parametrize(("status", "is_named"), [(404, True), (500, False)])
def test_a_service_is_unknown_only_where_twilio_refuses_it(status: int, is_named: bool) -> None:
    found = said(Channel.SMS, SERVICE, {OF_SERVICE: (status, {})})
    assert found == (["The messaging service is unknown to this account."] if is_named else [])


@pytest.mark.parametrize("filled", [*SMS_POOLS, None])
def test_a_service_may_send_an_sms_by_a_sender_of_any_kind(filled: str | None) -> None:
    pools: Answers = {
        f"{OF_SERVICE}/{one}?PageSize=50": items(*([{"sid": "1"}] if one == filled else [])) for one in SMS_POOLS
    }
    found = said(Channel.SMS, SERVICE, {OF_SERVICE: (200, {"inbound_request_url": HOOK}), **pools})
    assert found == ([] if filled else ["The messaging service has no sender for sms."])


@pytest.mark.parametrize(
    ("pool", "listed", "problems"),
    [
        # Where its replies go is the service's own matter.
        (items({"sender": f"whatsapp:+{NUMBER}"}), items(ONLINE | {"webhook": None}), []),
        (items({"sender": f"whatsapp:+{NUMBER}"}), items(ONLINE | {"status": "OFFLINE"}), [f"{CANNOT}offline."]),
        (items({"sender": "messenger:1"}, {"sender": None}, {}), None, ["The messaging service has no sender for whatsapp."]),
        ((500, {}), None, []),
    ],
)  # fmt: skip
def test_a_service_sends_by_whatsapp_where_a_sender_of_it_can(
    pool: tuple[int, Any], listed: tuple[int, Any] | None, problems: list[str]
) -> None:
    answers = {OF_SERVICE: (200, {"inbound_request_url": HOOK}), f"{OF_SERVICE}/ChannelSenders?PageSize=50": pool}
    assert said(Channel.WHATSAPP, SERVICE, answers | ({SENDERS: listed} if listed else {})) == problems

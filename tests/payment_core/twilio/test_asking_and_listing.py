"""What leaves for Twilio is asked in its own words, and what its lists hold is read to the end."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import responses

from payment_core.domain.enums import Channel
from payment_core.messengers.messenger import MessageRefused, MessageReport, OutgoingMessage, PerhapsSent, Reply
from payment_core.messengers.twilio import messenger
from tests.payment_core.twilio.test_reading_answers import (
    ACCOUNT,
    CUSTOMER,
    HOOK,
    MESSAGES,
    OURS,
    SENDERS,
    SERVICE,
    SINCE,
    SMS,
    TWILIO,
    WHATSAPP,
    S,
    at,
    form_of,
    query_of,
)


@pytest.mark.parametrize(
    ("message", "senders", "form"),
    [
        (SMS, SENDERS, {"To": f"+{CUSTOMER}", "From": "+27870000000", "Body": "Please pay"}),
        (replace(SMS, to=f"+{CUSTOMER}"), SENDERS, {"To": f"+{CUSTOMER}", "From": "+27870000000", "Body": "Please pay"}),
        (
            WHATSAPP,
            {Channel.WHATSAPP: "+27870000001"},
            {"To": f"whatsapp:+{CUSTOMER}", "From": "whatsapp:+27870000001", "Body": "Please pay"},
        ),
        (SMS, {Channel.SMS: "Karoo"}, {"To": f"+{CUSTOMER}", "From": "Karoo", "Body": "Please pay"}),
        (SMS, {Channel.SMS: SERVICE}, {"To": f"+{CUSTOMER}", "MessagingServiceSid": SERVICE, "Body": "Please pay"}),
        (
            WHATSAPP,
            SENDERS,
            {"To": f"whatsapp:+{CUSTOMER}", "From": "whatsapp:+27870000001", "Body": "Please pay"},
        ),
        (
            replace(WHATSAPP, window_open=False, template="HX1", variables={"1": "a"}, valid_seconds=60),
            SENDERS,
            {
                "To": f"whatsapp:+{CUSTOMER}", "From": "whatsapp:+27870000001", "ContentSid": "HX1",
                "ContentVariables": json.dumps({"1": "a"}),
            },
        ),
        (
            replace(SMS, template="HX1"),
            SENDERS,
            {"To": f"+{CUSTOMER}", "From": "+27870000000", "ContentSid": "HX1", "ContentVariables": "{}"},
        ),
    ],
)  # fmt: skip
def test_a_message_is_asked_for_in_twilios_words(
    message: OutgoingMessage, senders: dict[Channel, str], form: dict[str, str]
) -> None:
    with responses.RequestsMock() as mocked:
        mocked.post(f"{MESSAGES}.json", status=201, json={"sid": "SM1", "status": "queued"})
        report = replace(TWILIO, of=replace(OURS, senders=senders)).send(message)
        request = mocked.calls[0].request
    assert form_of(request) == {
        **form, "StatusCallback": f"{HOOK}?message=mes_1",
    }  # fmt: skip
    assert request.headers["Authorization"] == f"Basic {base64.b64encode(b'SK1:key').decode()}"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert report == MessageReport("SM1", S.ACCEPTED, message_id="mes_1")


@pytest.mark.parametrize(
    ("seconds", "period"),
    [(None, None), (0, "1"), (-5, "1"), (1, "1"), (300, "300"), (36_000, "36000"), (36_001, "36000")],
)
def test_an_sms_waits_as_long_as_its_link_lives_and_no_longer_than_twilio_lets_it(
    seconds: int | None, period: str | None
) -> None:
    """https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource"""
    with responses.RequestsMock() as mocked:
        mocked.post(f"{MESSAGES}.json", status=201, json={"sid": "SM1"})
        TWILIO.send(replace(SMS, valid_seconds=seconds))
        sent = form_of(mocked.calls[0].request)
    assert sent.get("ValidityPeriod") == period


@pytest.mark.parametrize(
    ("message", "senders", "failure"),
    [
        (SMS, {}, "no_sender"),
        (SMS, {Channel.SMS: ""}, "no_sender"),
        (replace(WHATSAPP, window_open=False), SENDERS, "template"),
        (replace(WHATSAPP, window_open=False, free=True), SENDERS, "window_closed"),
    ],
)
def test_what_twilio_would_only_fail_later_never_leaves(
    message: OutgoingMessage, senders: dict[Channel, str], failure: str
) -> None:
    with responses.RequestsMock(), pytest.raises(MessageRefused) as refused:
        replace(TWILIO, of=replace(OURS, senders=senders)).send(message)
    assert refused.value.failure == failure


def listed(sid: str, body: str | None, created: datetime | str | None) -> dict[str, Any]:
    stamp = at(created) if isinstance(created, datetime) else created
    return {"sid": sid, "body": body, "date_created": stamp, "status": "sent"}


@pytest.mark.parametrize(
    ("rows", "known", "found"),
    [
        ([], (), None),
        ([listed("SM1", "pay 7K2F now", SINCE)], (), "SM1"),
        ([listed("SM1", "pay 8888 now", SINCE)], (), None),
        ([listed("SM1", None, SINCE)], (), None),
        # By how much Twilio's clock may be behind ours.
        ([listed("SM1", "7K2F", SINCE - timedelta(minutes=5))], (), "SM1"),
        ([listed("SM1", "7K2F", SINCE - timedelta(minutes=5, seconds=1))], (), None),
        ([listed("SM1", "7K2F", None)], (), "SM1"),
        # The newest comes first; what is known is another message's.
        ([listed("SM2", "7K2F", SINCE), listed("SM1", "7K2F", SINCE)], (), "SM1"),
        ([listed("SM2", "7K2F", SINCE), listed("SM1", "7K2F", SINCE)], ("SM1",), "SM2"),
        ([listed("SM2", "7K2F", SINCE), listed("SM1", "7K2F", SINCE)], ("SM1", "SM2"), None),
    ],
)
def test_a_message_whose_answer_was_lost_is_found_by_what_it_says(
    rows: list[dict[str, Any]], known: tuple[str, ...], found: str | None
) -> None:
    with responses.RequestsMock() as mocked:
        mocked.get(f"{MESSAGES}.json", json={"messages": rows})
        report = TWILIO.find(Channel.WHATSAPP, CUSTOMER, "7K2F", since=SINCE, known=known)
        # The day before, too: the message may have been sent around midnight.
        assert query_of(mocked.calls[0].request) == {
            "To": f"whatsapp:+{CUSTOMER}", "DateSent>": "2026-11-27", "PageSize": "200",
        }  # fmt: skip
    assert (report.provider_id if report else None) == found


def arrived(sid: str, when: datetime, **more: Any) -> dict[str, Any]:
    return {
        "sid": sid, "direction": "inbound", "from": f"+{CUSTOMER}", "body": "STOP", "date_sent": at(when),
        "date_created": at(when - timedelta(days=9)), **more,
    }  # fmt: skip


def test_what_customers_wrote_is_read_page_by_page_until_it_is_older() -> None:
    one = replace(TWILIO, of=replace(OURS, senders={Channel.SMS: "+27870000000"}))
    newest, older = SINCE + timedelta(minutes=2), SINCE + timedelta(minutes=1)
    too_old = SINCE - timedelta(minutes=6)
    following = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1"
    with responses.RequestsMock() as mocked:
        mocked.get(
            f"{MESSAGES}.json",
            json={
                "messages": [arrived("SM1", newest), arrived("SM3", newest, direction="outbound-api")],
                "next_page_uri": following,
            },
        )
        mocked.get(
            f"{MESSAGES}.json",
            json={"messages": [arrived("SM2", older), arrived("SM4", too_old)], "next_page_uri": following},
        )
        found = one.replies(since=SINCE)
        first, second = (query_of(one.request) for one in mocked.calls)
    assert [(reply.provider_id, reply.occurred_at) for reply in found] == [("SM2", older), ("SM1", newest)]
    assert first == {"DateSent>": "2026-11-28", "PageSize": "500", "To": "+27870000000"}
    assert second == {"Page": "1"}


def test_a_list_is_read_to_its_last_page() -> None:
    one = replace(TWILIO, of=replace(OURS, senders={Channel.WHATSAPP: "27870000001"}))
    with responses.RequestsMock() as mocked:
        empty = {"messages": [], "next_page_uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1"}
        mocked.get(f"{MESSAGES}.json", json=empty)
        mocked.get(f"{MESSAGES}.json", json={"messages": [arrived("SM1", SINCE)], "next_page_uri": None})
        assert [reply.provider_id for reply in one.replies(since=SINCE)] == ["SM1"]


def test_more_than_can_be_read_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of it would be left out for ever: the search is made again."""
    monkeypatch.setattr(messenger, "_MOST_PAGES", 2)
    one = replace(TWILIO, of=replace(OURS, senders={Channel.SMS: "27870000000"}))
    page = {
        "messages": [arrived("SM1", SINCE)],
        "next_page_uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1",
    }
    with responses.RequestsMock() as mocked:
        mocked.get(f"{MESSAGES}.json", json=page)
        with pytest.raises(PerhapsSent):
            one.replies(since=SINCE)
        assert len(mocked.calls) == 2


@pytest.mark.parametrize("is_turned", [False, True])
def test_what_was_written_to_several_numbers_is_read_in_the_order_of_its_times(is_turned: bool) -> None:
    """Of a STOP to one number and a START to the other, the later counts; one of no time is as old as may be."""
    minute = timedelta(minutes=1)
    lists = [
        [arrived("SM4", SINCE + 4 * minute), arrived("SM2", SINCE + 2 * minute)],
        [arrived("SM3", SINCE + 3 * minute), arrived("SM0", SINCE) | {"date_sent": None, "date_created": None}],
    ]
    with responses.RequestsMock() as mocked:
        for rows in lists[::-1] if is_turned else lists:
            mocked.get(f"{MESSAGES}.json", json={"messages": rows})
        found = replace(TWILIO, of=replace(OURS, senders=SENDERS)).replies(since=SINCE)
    assert [reply.provider_id for reply in found] == ["SM0", "SM2", "SM3", "SM4"]


@pytest.mark.parametrize(
    ("senders", "asked"),
    [
        (SENDERS, ["+27870000000", "whatsapp:+27870000001"]),
        # What arrived at any number of a service is listed, so nobody is asked for.
        ({Channel.SMS: SERVICE, Channel.WHATSAPP: "27870000001"}, [None]),
        ({Channel.SMS: "Karoo"}, []),
        ({}, []),
    ],
)
def test_what_arrived_is_asked_for_at_every_number_that_can_be_written_to(
    senders: dict[Channel, str], asked: list[str | None]
) -> None:
    one = replace(TWILIO, of=replace(OURS, senders=senders))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        mocked.get(f"{MESSAGES}.json", json={"messages": []})
        assert one.replies(since=SINCE) == []
        found = [query_of(one.request).get("To") for one in mocked.calls]
    assert sorted(found, key=str) == asked


@pytest.mark.parametrize(
    ("row", "reply"),
    [
        ({}, Reply("SM1", Channel.SMS, CUSTOMER, "STOP", occurred_at=SINCE, carrier_confirms=True)),
        ({"from": None, "body": None}, Reply("SM1", Channel.SMS, "", "", occurred_at=SINCE)),
        (
            {"from": f"whatsapp:+{CUSTOMER}"},
            Reply("SM1", Channel.WHATSAPP, CUSTOMER, "STOP", payload_unknown=True, occurred_at=SINCE),
        ),
        # One of no time keeps nobody from the others.
        ({"date_sent": None, "date_created": None}, Reply("SM1", Channel.SMS, CUSTOMER, "STOP", carrier_confirms=True)),
        (
            {"date_sent": None, "date_created": at(SINCE)},
            Reply("SM1", Channel.SMS, CUSTOMER, "STOP", occurred_at=SINCE, carrier_confirms=True),
        ),
    ],
)
def test_what_a_customer_wrote_is_read_from_a_list(row: dict[str, Any], reply: Reply) -> None:
    one = replace(TWILIO, of=replace(OURS, senders={Channel.SMS: SERVICE}))
    with responses.RequestsMock() as mocked:
        mocked.get(f"{MESSAGES}.json", json={"messages": [arrived("SM1", SINCE) | row]})
        assert one.replies(since=SINCE) == [reply]

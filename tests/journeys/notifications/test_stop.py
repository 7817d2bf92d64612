"""STOP: a customer's own word closes a channel for that number in that tenant, in whatever order words arrive."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import insert

from connector.domain.payments.payment import Channel
from connector.store.requests import opt_outs
from connector.store.schema.tables import stopped_numbers
from tests.factories import OTHER_PHONE, PHONE, long_id, moment
from tests.journeys.requesting.recipients.test_consent import FIELD, timeline
from tests.journeys.world import Page, World

STOP, START = "RECIPIENT_OPTED_OUT", "RECIPIENT_OPTED_IN"
TOLD = "The customer replied STOP to SMS messages. Only a START from the same phone opens this channel again."


def word(world: World, status: str = STOP, *, after: float = 0, **changes: Any) -> dict[str, Any]:
    """The core's news of a customer's word."""
    body = {
        "transactionStatus": status,
        "endUserMobileNumber": PHONE,
        "senderNumber": "27870000000",
        "channel": "sms",
        "timestamp": moment(world.clock() + timedelta(seconds=after)),
        "environment": "SANDBOX",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def heard(world: World, *words: dict[str, Any], **how: Any) -> str:
    """Tell the connector and drain; return the last verdict."""
    for one in words:
        assert world.callback(one, kind="transaction-status", **how).status_code == 200
        world.drain()
    return str(world.rows("inbox")[-1]["verdict"])


def refused(world: World, page: Page, **changes: Any) -> bool:
    answer = world.send(page, **changes)
    if answer.status_code == 201:
        return False
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "channel_refused")
    return True


def said_to_customer(world: World, page: Page) -> list[str]:
    return [one["id"] for one in world.look(page)["payment_requests"][0]["say"]]


def test_closes_the_channel_for_the_number_whatever_is_ticked_or_recorded(world: World) -> None:
    world.tenant(mapping={"consents": {"sms": {**FIELD, "unknown": "ask"}}})
    page = world.open(world.order(SMS_Consent__c="OptIn"))
    assert heard(world, word(world)) == "applied"
    answer = world.send(page, customer_agreed=True)
    assert answer.json["error"]["fields"] == {"channel": [TOLD]}
    assert world.core.sends == world.rows("payment_requests") == []


def test_leaves_the_other_channel_and_another_number_open(world: World, page: Page) -> None:
    heard(world, word(world))
    assert refused(world, page)
    assert not refused(world, page, channel="whatsapp", phone=PHONE)
    assert not refused(world, world.open(world.order()), phone=OTHER_PHONE)


def test_keeps_no_number_in_the_clear(world: World) -> None:
    heard(world, word(world))
    row = world.row("stopped_numbers")
    assert (row["tenant_id"], row["channel"], row["stopped"]) == ("acme", "sms", True)
    assert PHONE.encode() not in row["phone_digest"]


def test_an_open_page_follows_it_where_the_channel_was_refused_before(world: World) -> None:
    world.tenant(mapping={"consents": {"sms": {**FIELD, "unknown": "ask"}}})
    page = world.open(world.order(SMS_Consent__c="OptOut"))
    shown = world.client.get(f"/api/orders/{page.order_id}", headers=page.headers)
    assert shown.json["consents"]["sms"]["sentence"]["id"] == "channel_refused"
    heard(world, word(world))
    headers = {**page.headers, "If-None-Match": shown.headers["ETag"]}
    answer = world.client.get(f"/api/orders/{page.order_id}", headers=headers)
    assert (answer.status_code, answer.json["consents"]["sms"]["sentence"]["id"]) == (200, "channel_stopped")


def test_an_open_page_follows_it_and_a_start(world: World, page: Page) -> None:
    etag = world.client.get(f"/api/orders/{page.order_id}", headers=page.headers).headers["ETag"]
    heard(world, word(world))
    answer = world.client.get(f"/api/orders/{page.order_id}", headers={**page.headers, "If-None-Match": etag})
    assert answer.status_code == 200
    assert answer.json["consents"]["sms"] == {
        "state": "refused",
        "sentence": {"id": "channel_stopped", "values": {"channel": "SMS"}},
        "other_number": {"state": "fine", "sentence": None},
    }
    assert heard(world, word(world, START, after=1)) == "applied"
    assert world.look(page)["consents"]["sms"]["state"] == "fine"
    assert not refused(world, page)


def test_an_older_word_that_comes_late_changes_nothing(world: World, page: Page) -> None:
    heard(world, word(world, START, after=10))
    assert heard(world, word(world, STOP, after=5)) == "stale"
    assert not refused(world, page)


@pytest.mark.parametrize("said", [STOP, START])
def test_the_same_word_of_the_same_moment_is_known(world: World, page: Page, said: str) -> None:
    assert heard(world, word(world, said), word(world, said) | {"traceId": 2}) == "stale"


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_any_order_of_arrival_ends_the_same(world: World, order: Any) -> None:
    told = [word(world, STOP), word(world, START, after=3), word(world, STOP, after=6), word(world, START, after=6)]
    heard(world, *[told[place] for place in order])
    row = world.row("stopped_numbers")
    assert (row["stopped"], row["said_at"]) == (True, world.clock() + timedelta(seconds=6))


def test_another_tenant_is_not_affected(world: World, page: Page) -> None:
    other = {"org_id": long_id("00Dxx0000009zZz"), "callback_key": "another-callback-key"}
    world.tenant(tenant_id="other", **other)
    assert heard(world, word(world), key="another-callback-key") == "applied"
    assert world.row("stopped_numbers")["tenant_id"] == "other"
    assert world.look(page)["consents"]["sms"]["state"] == "fine"
    assert not refused(world, page)


def test_counts_for_its_own_tenant_even_where_two_digests_are_alike(world: World, page: Page) -> None:
    world.sent(page)
    heard(world, word(world))
    digest = world.row("stopped_numbers")["phone_digest"]
    with world.services.store.read() as work:
        stopped = {tenant: opt_outs.channels_stopped(work, tenant, [digest]) for tenant in ("acme", "globex")}
        live = {tenant: opt_outs.live_requests_to(work, tenant, [digest], [Channel.SMS]) for tenant in stopped}
    assert stopped == {"acme": {Channel.SMS}, "globex": set()}
    assert (len(live["acme"]), live["globex"]) == (1, {})


def test_the_live_request_to_this_number_tells_it_and_salesforce_is_not_bothered(world: World, page: Page) -> None:
    world.sent(page)
    world.settle()
    version = world.row("orders")["version"]
    heard(world, word(world, channel="whatsapp"))
    assert "timeline_customer_stopped" not in {line["id"] for line in timeline(world, page)}
    heard(world, word(world, after=1))
    assert timeline(world, page)[-1]["id"] == "timeline_customer_stopped"
    assert world.row("orders")["version"] == version
    assert world.push() == 0


def test_no_message_is_promised_to_who_wants_none_until_a_start(world: World, page: Page) -> None:
    link = world.sent(page)
    assert said_to_customer(world, page) == ["say_message_coming", "say_check_number"]
    heard(world, word(world))
    assert said_to_customer(world, page) == ["say_stopped"]
    heard(world, word(world, START, after=1))
    assert said_to_customer(world, page) == ["say_message_coming", "say_check_number"]
    heard(world, word(world, after=2))
    world.told(link, "PAYMENT_RECEIVED")
    assert said_to_customer(world, page) == ["say_paid_stopped"]


def test_a_stop_after_the_payment_takes_the_promise_of_a_receipt_back(world: World, page: Page) -> None:
    link = world.sent(page)
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.told(link, "PAYMENT_RECEIVED")
    assert said_to_customer(world, page) == ["say_paid"]
    seen = world.row("orders")["revision"]
    heard(world, word(world, after=1))
    assert world.row("orders")["revision"] > seen, "open pages ask for orders that changed"
    assert said_to_customer(world, page) == ["say_paid_stopped"]
    heard(world, word(world, START, after=2))
    assert said_to_customer(world, page) == ["say_paid"]


def test_is_told_on_every_page_on_which_it_counts(world: World, page: Page) -> None:
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    other = world.open(world.order())
    world.sent(other)
    heard(world, word(world, after=1))
    assert [timeline(world, one)[-1]["id"] for one in (page, other)] == ["timeline_customer_stopped"] * 2


def test_is_told_where_it_is_news_and_not_again_where_a_newer_word_is_known(world: World, page: Page) -> None:
    world.sent(page)
    heard(world, word(world))
    assert heard(world, word(world, channel=None, after=-1)) == "applied", "it is news of the other channel"
    assert [line["id"] for line in timeline(world, page)].count("timeline_customer_stopped") == 1


def test_with_a_references_of_a_link_it_is_about_the_number_all_the_same(world: World, page: Page) -> None:
    link = world.sent(page)
    told = word(world, paymentLinkRef=link["paymentLinkRef"], additionalData=link["additionalData"])
    assert heard(world, told) == "applied"
    assert world.look(page)["payment_requests"][0]["status"] == "sent"
    assert world.look(page)["consents"]["sms"]["state"] == "refused"


def test_without_a_channel_it_is_about_every_channel(world: World, page: Page) -> None:
    heard(world, word(world, channel=None))
    assert {row["channel"] for row in world.rows("stopped_numbers")} == {"sms", "whatsapp"}


UNREAD = [{"endUserMobileNumber": None}, {"endUserMobileNumber": "12"}, {"channel": "pigeon"}]


@pytest.mark.parametrize("change", UNREAD)
def test_that_cannot_be_read_is_evidence_and_a_finding(world: World, lines: list[Any], change: dict[str, Any]) -> None:
    assert heard(world, word(world, **change)) == "unreadable"
    assert world.rows("stopped_numbers") == []
    assert [line["inbox"] for line in lines if line["event"] == "opt_out_unread"]
    finding = world.row("findings")
    assert (finding["check"], finding["level"], finding["tenant_id"]) == ("stop_unread", "wrong", "acme")


@pytest.mark.parametrize("change", UNREAD)
def test_a_start_that_cannot_be_read_opens_nothing_and_alarms_nobody(
    world: World, page: Page, change: dict[str, Any]
) -> None:
    world.sent(page)
    assert heard(world, word(world, START, **change)) == "unreadable"
    assert world.rows("findings") == world.rows("stopped_numbers") == []


def test_of_another_environment_is_an_anomaly(world: World) -> None:
    assert heard(world, word(world, environment="PRODUCTION")) == "anomaly"
    assert world.rows("stopped_numbers") == []


@pytest.mark.parametrize("change", UNREAD)
@pytest.mark.parametrize("name", ["paymentLinkRef", "additionalData"])
def test_that_cannot_be_read_counts_for_the_link_that_it_names(
    world: World, page: Page, change: dict[str, Any], name: str
) -> None:
    link = world.sent(page)
    assert heard(world, word(world, **{name: link[name]}, **change)) == "applied"
    listed = {"paymentLinkRef": link["paymentLinkRef"], "additionalData": link["additionalData"]["reference"]}
    assert listed[name] in (world.row("inbox")["link_reference"], world.row("inbox")["reference"])
    assert world.look(page)["consents"]["sms"]["state"] == "refused"
    assert world.rows("findings") == []
    assert timeline(world, page)[-1]["id"] == "timeline_customer_stopped"
    assert {row["channel"] for row in world.rows("stopped_numbers")} == {"sms"}


BROKEN = {
    "cut off": lambda text: text[:-30],
    "in single quotes": lambda text: text.replace('"', "'"),
    "with a comma too many": lambda text: text[:-1] + ",}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_in_a_body_that_is_no_json_counts_for_the_link_that_it_names(world: World, page: Page, name: str) -> None:
    link = world.sent(page)
    told = {"paymentLinkRef": link["paymentLinkRef"], **word(world)}
    world.callback(BROKEN[name](json.dumps(told)).encode())
    world.drain()
    assert world.row("inbox")["verdict"] == "applied"
    assert world.look(page)["consents"]["sms"]["state"] == "refused"


@pytest.mark.parametrize("name", BROKEN)
def test_in_a_body_that_is_no_json_and_names_nobody_is_a_finding(world: World, name: str) -> None:
    world.callback(BROKEN[name](json.dumps(word(world))).encode())
    world.drain()
    assert world.row("inbox")["verdict"] == "unreadable"
    assert world.row("findings")["check"] == "stop_unread"


def test_that_quotes_a_link_of_ours_in_a_text_only_is_no_answer_to_it(world: World, page: Page) -> None:
    reference = world.sent(page)["additionalData"]["reference"]
    said = word(world, endUserMobileNumber=None, text=f"I never got {reference}")
    assert (heard(world, said), world.rows("stopped_numbers")) == ("unreadable", [])


def test_that_names_two_links_of_ours_counts_for_neither(world: World, page: Page) -> None:
    first, second = world.sent(page), world.sent(world.open(world.order()), phone=f"+{OTHER_PHONE}")
    told = word(world, endUserMobileNumber="12", paymentLinkRef=first["paymentLinkRef"],
                additionalData=second["additionalData"])  # fmt: skip
    assert heard(world, told) == "unreadable"
    assert world.rows("stopped_numbers") == []


def test_is_not_taken_back_by_a_start_that_names_no_number(world: World, page: Page) -> None:
    link = world.sent(page)
    heard(world, word(world))
    start = word(world, START, endUserMobileNumber="12", paymentLinkRef=link["paymentLinkRef"])
    assert heard(world, start) == "unreadable"
    assert world.row("stopped_numbers")["stopped"]


def test_that_names_a_link_of_ours_and_a_send_without_one_counts_for_neither(world: World, page: Page) -> None:
    link = world.sent(page)
    world.core.drop_answers = True
    world.send(world.open(world.order()), phone=f"+{OTHER_PHONE}")
    told = word(world, endUserMobileNumber="12", paymentLinkRef=link["paymentLinkRef"],
                additionalData=world.core.last()["additionalData"])  # fmt: skip
    assert heard(world, told) == "unreadable"
    assert world.rows("stopped_numbers") == []


def test_that_names_a_send_of_ours_and_a_link_of_nobody_counts_for_neither(world: World, page: Page) -> None:
    told = word(world, endUserMobileNumber="12", paymentLinkRef="5b0e0c5e-0000",
                additionalData=world.sent(page)["additionalData"])  # fmt: skip
    assert heard(world, told) == "unreadable"
    assert world.rows("stopped_numbers") == []


def test_that_names_a_link_of_nobody_is_evidence(world: World) -> None:
    assert heard(world, word(world, endUserMobileNumber="12", paymentLinkRef="5b0e0c5e-0000")) == "unreadable"
    assert world.row("findings")["check"] == "stop_unread"


# (as it was sent to, as the core says it)
SPELLINGS = [
    ("+55 31 99688-3193", "553196883193"),
    ("+55 31 9688-3193", "5531996883193"),
    ("+54 9 11 5234-5672", "541152345672"),
    ("+54 11 5234-5672", "5491152345672"),
    ("+54 9 11 5234-5672", "54111552345672"),
    ("+52 55 1234 5671", "5215512345671"),
    ("+52 1 55 1234 5671", "525512345671"),
    ("+52 55 1234 5671", "+52 1 55 1234 5671"),
    ("+27 83 555 0305", "0835550305"),
    ("+27 83 555 0305", "835550305"),
    ("+27 83 555 0305", "0027835550305"),
    ("+27 83 555 0305", "+27 (0)83 555 0305"),
    ("+225 07 07 12 34 56", "22507123456"),
    ("+229 01 90 12 34 56", "22990123456"),
    ("+84 32 123 4567", "841621234567"),
    ("+241 66 03 12 34", "24106031234"),
    ("+237 6 71 23 45 67", "23771234567"),
    ("+593 99 123 4567", "59391234567"),
]


@pytest.mark.parametrize(("sent_to", "said"), SPELLINGS)
def test_is_one_for_all_spellings_of_a_number(world: World, page: Page, sent_to: str, said: str) -> None:
    world.sent(page, phone=sent_to)
    assert heard(world, word(world, endUserMobileNumber=said)) == "applied"
    assert timeline(world, page)[-1]["id"] == "timeline_customer_stopped"
    assert refused(world, world.open(world.order()), phone=sent_to)
    assert heard(world, word(world, START, after=1, endUserMobileNumber=said)) == "applied"
    assert not refused(world, world.open(world.order()), phone=sent_to)


@pytest.mark.both_databases
def test_kept_before_spellings_were_one_still_holds_until_a_start(world: World, page: Page) -> None:
    """Rows of an older version hold the digest of the spelling that came."""
    old = hmac.new(b"number-key-of-acme", b"5215512345671", hashlib.sha256).digest()
    kept = {"tenant_id": "acme", "phone_digest": old, "channel": "sms", "stopped": True, "said_at": world.clock()}
    with world.services.store.database.write() as connection:
        connection.execute(insert(stopped_numbers), kept)
    number = "+52 55 1234 5671"
    assert refused(world, page, phone=number)
    assert heard(world, word(world, START, after=-5, endUserMobileNumber="525512345671")) == "stale"
    assert refused(world, page, phone=number)
    assert world.row("stopped_numbers")["phone_digest"] != old
    assert heard(world, word(world, START, after=5, endUserMobileNumber="525512345671")) == "applied"
    assert not refused(world, page, phone=number)


def test_that_comes_between_our_check_and_our_commit_still_refuses(world: World, page: Page) -> None:
    def says_stop() -> None:
        """The order was read, no STOP was known, and Salesforce is asked whether the customer agrees."""
        if "Consent__c" in world.org.queries[-1][1]:
            assert heard(world, word(world)) == "applied"

    world.org.before_query = says_stop
    world.tenant(mapping={"consents": {"sms": {"query": "SELECT A FROM Consent__c", "yes": ["y"], "unknown": "allow"}}})
    world.org.answers["Consent__c"] = []
    assert refused(world, page)
    assert world.core.sends == world.rows("payment_requests") == []


def test_known_to_the_core_alone_refuses_with_the_same_sentence_and_is_remembered(world: World, page: Page) -> None:
    world.core.refuse = (409, "RECIPIENT_OPTED_OUT")
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["fields"]) == (422, {"channel": [TOLD]})
    assert world.row("stopped_numbers")["stopped"] is True
    assert world.look(page)["payment_requests"][0]["status"] == "rejected"
    assert timeline(world, page)[-1]["id"] == "timeline_customer_stopped"
    world.core.refuse = None
    assert refused(world, page)
    assert world.core.sends == []
    assert heard(world, word(world, START)) == "applied"
    assert not refused(world, page)

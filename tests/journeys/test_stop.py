"""STOP: a customer's own word closes a channel for that number in that tenant, in whatever order words arrive."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.factories import OTHER_PHONE, PHONE, long_id, moment
from tests.journeys.test_consent import FIELD, timeline
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


@pytest.fixture
def page(world: World) -> Page:
    return world.open(world.order())


def test_closes_the_channel_for_the_number_whatever_is_ticked_or_recorded(world):
    world.tenant(mapping={"consents": {"sms": {**FIELD, "unknown": "ask"}}})
    page = world.open(world.order(SMS_Consent__c="OptIn"))
    assert heard(world, word(world)) == "applied"
    answer = world.send(page, customer_agreed=True)
    assert answer.json["error"]["fields"] == {"channel": [TOLD]}
    assert world.core.sends == world.rows("payment_requests") == []


def test_leaves_the_other_channel_and_another_number_open(world, page):
    heard(world, word(world))
    assert refused(world, page)
    assert not refused(world, page, channel="whatsapp", phone=PHONE)
    assert not refused(world, world.open(world.order()), phone=OTHER_PHONE)


def test_keeps_no_number_in_the_clear(world):
    heard(world, word(world))
    row = world.row("stopped_numbers")
    assert (row["tenant_id"], row["channel"], row["stopped"]) == ("acme", "sms", True)
    assert PHONE.encode() not in row["phone_digest"]


def test_an_open_page_follows_it_and_a_start(world, page):
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


def test_an_older_word_that_comes_late_changes_nothing(world, page):
    heard(world, word(world, START, after=10))
    assert heard(world, word(world, STOP, after=5)) == "stale"
    assert not refused(world, page)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_any_order_of_arrival_ends_the_same(world, order):
    told = [word(world, STOP), word(world, START, after=3), word(world, STOP, after=6), word(world, START, after=6)]
    heard(world, *[told[place] for place in order])
    row = world.row("stopped_numbers")
    assert (row["stopped"], row["said_at"]) == (True, world.clock() + timedelta(seconds=6))


def test_another_tenant_is_not_affected(world, page):
    other = {"org_id": long_id("00Dxx0000009zZz"), "callback_key": "another-callback-key"}
    world.tenant(tenant_id="other", **other)
    assert heard(world, word(world), key="another-callback-key") == "applied"
    assert world.row("stopped_numbers")["tenant_id"] == "other"
    assert world.look(page)["consents"]["sms"]["state"] == "fine"
    assert not refused(world, page)


def test_the_live_request_to_this_number_tells_it_and_salesforce_is_not_bothered(world, page):
    world.sent(page)
    world.settle()
    version = world.row("orders")["version"]
    heard(world, word(world, channel="whatsapp"))
    assert "timeline_customer_stopped" not in {line["id"] for line in timeline(world, page)}
    heard(world, word(world, after=1))
    assert timeline(world, page)[-1]["id"] == "timeline_customer_stopped"
    assert world.row("orders")["version"] == version
    assert world.push() == 0


def test_with_a_references_of_a_link_it_is_about_the_number_all_the_same(world, page):
    link = world.sent(page)
    told = word(world, paymentLinkRef=link["paymentLinkRef"], additionalData=link["additionalData"])
    assert heard(world, told) == "applied"
    assert world.look(page)["payment_requests"][0]["status"] == "sent"
    assert world.look(page)["consents"]["sms"]["state"] == "refused"


def test_without_a_channel_it_is_about_every_channel(world, page):
    heard(world, word(world, channel=None))
    assert {row["channel"] for row in world.rows("stopped_numbers")} == {"sms", "whatsapp"}


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"endUserMobileNumber": None}, "unreadable"),
        ({"endUserMobileNumber": "12"}, "unreadable"),
        ({"channel": "pigeon"}, "unreadable"),
        ({"environment": "PRODUCTION"}, "anomaly"),
    ],
)
def test_a_word_that_cannot_be_placed_is_kept_as_evidence(world, change, verdict):
    assert heard(world, word(world, **change)) == verdict
    assert world.rows("stopped_numbers") == []


def test_that_comes_between_our_look_and_our_commit_still_refuses(world, page):
    world.org.before_query = lambda: heard(world, word(world))
    world.tenant(mapping={"consents": {"sms": {"query": "SELECT A FROM Consent__c", "yes": ["y"], "unknown": "allow"}}})
    world.org.answers["Consent__c"] = []
    assert refused(world, page)
    assert world.core.sends == world.rows("payment_requests") == []


def test_known_to_the_core_alone_refuses_with_the_same_sentence_and_is_remembered(world, page):
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

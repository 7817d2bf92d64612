"""Consent per channel: read from Salesforce at the moment of sending, and a refused channel is never used."""

from __future__ import annotations

from typing import Any

import pytest

from connector.journeys.requesting import check_consent
from tests.factories import OTHER_PHONE, PHONE
from tests.journeys.keys import KeyHolder
from tests.journeys.world import SENTENCES, Page, World, fields_of, once

FIELD = {"field": "SMS_Consent__c", "yes": ["OptIn"], "no": ["OptOut"]}
QUERY = {
    "query": "SELECT PrivacyConsentStatus FROM ContactPointTypeConsent WHERE PartyId = '{account_id}'",
    "yes": ["OptIn"],
    "no": ["OptOut"],
}
BY_NUMBER = {**QUERY, "query": "SELECT Status FROM MessagingEndUser WHERE MessagingPlatformKey = '+{phone}'"}
NO = "The customer does not want SMS messages."


def opened(world: World, unknown: str = "ask", *, rule: dict[str, Any] = FIELD, **fields: Any) -> Page:
    """An open page on an order of a tenant with one consent rule for SMS."""
    world.tenant(mapping={"consents": {"sms": {**rule, "unknown": unknown}}})
    return world.open(world.order(**fields))


def refused(world: World, page: Page, **changes: Any) -> str:
    """Press Send, be refused, and return the code; nothing went out and nothing was written down."""
    answer = world.send(page, **changes)
    assert answer.status_code == 422, answer.text
    assert world.core.sends == world.rows("payment_requests") == world.rows("payment_events") == []
    return str(answer.json["error"]["code"])


def test_a_channel_without_a_rule_is_sent_as_allowed_at_the_time_of_the_check(world: World) -> None:
    page = world.open(world.order())
    world.org.before_query = once(lambda: world.clock.pass_by(seconds=2))  # Salesforce takes its time
    world.sent(page)
    row = world.row("payment_requests")
    assert (row["consent_basis"], row["consent_at"]) == ("allowed", world.clock())


def test_a_recorded_yes_is_the_ground_of_the_send(world: World) -> None:
    page = opened(world, SMS_Consent__c="OptIn")
    assert world.look(page)["consents"]["sms"]["state"] == "fine"
    answer = world.send(page)
    assert answer.json["consent"] == {"basis": "recorded", "at": "2026-11-21T10:42:07.000Z"}


def test_a_no_refuses_and_no_tick_overrides_it(world: World) -> None:
    page = opened(world, "allow", SMS_Consent__c="OptOut")
    answer = world.send(page, customer_agreed=True)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "channel_refused")
    assert answer.json["error"]["fields"] == {"channel": [NO]}
    assert refused(world, page) == "channel_refused"
    shown = world.look(page)["consents"]
    assert shown["sms"]["state"] == shown["sms"]["other_number"]["state"] == "refused"
    assert shown["sms"]["sentence"] == {"id": "channel_refused", "values": {"channel": "SMS"}}
    assert shown["whatsapp"]["state"] == "fine"
    world.sent(page, channel="whatsapp")


def test_a_no_of_this_moment_counts_and_the_open_page_follows(world: World) -> None:
    page = opened(world, SMS_Consent__c="OptIn")
    world.org.orders[page.order_id]["SMS_Consent__c"] = "OptOut"
    before = world.client.get(f"/api/orders/{page.order_id}", headers=page.headers).headers["ETag"]
    assert refused(world, page) == "channel_refused"
    after = world.client.get(f"/api/orders/{page.order_id}", headers={**page.headers, "If-None-Match": before})
    assert (after.status_code, after.json["consents"]["sms"]["state"]) == (200, "refused")


def test_what_nobody_knows_needs_the_customers_word_on_the_call(world: World) -> None:
    page = opened(world)
    assert world.look(page)["consents"]["sms"]["state"] == "ask"
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "consent_needed")
    assert fields_of(answer) == {"customer_agreed"}
    assert refused(world, page, customer_agreed=False) == "consent_needed"
    world.clock.pass_by(seconds=9)
    sent = world.send(page, customer_agreed=True)
    assert (sent.status_code, sent.json["consent"]["basis"]) == (201, "on_call")
    row = world.row("payment_requests")
    assert (row["consent_basis"], row["consent_at"]) == ("on_call", world.clock())


def test_no_flow_says_that_a_customer_has_agreed(world: World) -> None:
    page = opened(world)
    answer = KeyHolder(world, "flow").flow("send", order_id=page.order_id, idempotency_key="interview-1")
    assert (answer.status_code, answer.json["outcome"]) == (200, "refused")
    assert world.core.sends == world.rows("payment_requests") == []


def test_who_said_so_and_when_stays_in_the_history(world: World) -> None:
    page = opened(world)
    world.sent(page, customer_agreed=True)
    (line,) = [one for one in world.rows("payment_events") if one["event"] == "customer_agreed"]
    assert (line["person"], line["occurred_at"]) == ("Thandi", world.clock())
    (told,) = [one for one in timeline(world, page) if one["id"] == "timeline_customer_agreed"]
    assert told["values"] == {"channel": "SMS", "agent": "Thandi"}


def test_salesforce_is_told_the_ground(world: World) -> None:
    world.sent(opened(world), customer_agreed=True)
    world.settle()
    told = {(one["Consent_Basis__c"], one["Consent_At__c"]) for one in world.org.pushed if "Consent_Basis__c" in one}
    assert told == {("on_call", "2026-11-21T10:42:07.000Z")}


def test_a_send_that_another_link_stops_keeps_neither_word_nor_number(world: World) -> None:
    page = opened(world)
    world.core.down = True
    world.send(page, customer_agreed=True, key="key-00001")
    world.core.down = False
    world.sent(page, customer_agreed=True)
    kept = world.rows("payment_requests"), world.rows("payment_events")
    answer = world.send(page, customer_agreed=True, key="key-00001")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "another_live")
    assert (world.rows("payment_requests"), world.rows("payment_events")) == kept


@pytest.mark.parametrize(("unknown", "basis"), [("allow", "allowed"), ("ask", "on_call")])
def test_a_tick_is_a_ground_only_where_it_was_asked_for(world: World, unknown: str, basis: str) -> None:
    world.sent(opened(world, unknown), customer_agreed=True)
    assert world.row("payment_requests")["consent_basis"] == basis
    agreed = [one for one in world.rows("payment_events") if one["event"] == "customer_agreed"]
    assert [one["person"] for one in agreed] == ["Thandi"] * (basis == "on_call")


def test_what_nobody_knows_is_refused_where_the_admin_says_so(world: World) -> None:
    page = opened(world, "refuse")
    assert refused(world, page, customer_agreed=True) == "channel_refused"
    assert world.look(page)["consents"]["sms"]["sentence"]["id"] == "channel_not_known"


def test_a_yes_says_nothing_of_another_number(world: World) -> None:
    page = opened(world, SMS_Consent__c="OptIn")
    assert world.look(page)["consents"]["sms"]["other_number"]["state"] == "ask"
    assert refused(world, page, phone=OTHER_PHONE) == "consent_needed"
    world.sent(page, phone=OTHER_PHONE, customer_agreed=True)
    assert world.row("payment_requests")["consent_basis"] == "on_call"


@pytest.mark.parametrize("value", ["yes", 1, "true", "", []])
def test_only_true_and_false_are_a_customers_word(world: World, value: int | list[Any] | str) -> None:
    answer = world.send(opened(world), customer_agreed=value)
    assert (answer.status_code, fields_of(answer)) == (422, {"customer_agreed"})


def test_the_same_key_with_and_without_the_tick_are_two_requests(world: World) -> None:
    page = opened(world)
    world.sent(page, customer_agreed=True, key="key-00001")
    answer = world.send(page, key="key-00001")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")


def test_the_same_key_may_be_used_again_once_the_customer_has_agreed(world: World) -> None:
    page = opened(world)
    assert world.send(page, key="key-00001").status_code == 422
    world.sent(page, customer_agreed=True, key="key-00001")


# --- queries -------------------------------------------------------------------------------------------------------------


def asked(world: World) -> list[tuple[str, str]]:
    return [(token, soql) for token, soql in world.org.queries if "ContactPoint" in soql or "MessagingEndUser" in soql]


def test_a_query_is_asked_as_ourselves_at_the_launch_and_again_at_the_send(world: World) -> None:
    world.org.answers["ContactPointTypeConsent"] = [{"attributes": {"type": "x"}, "PrivacyConsentStatus": "OptIn"}]
    page = opened(world, rule=QUERY)
    assert world.look(page)["consents"]["sms"]["state"] == "fine"
    world.sent(page)
    assert world.row("payment_requests")["consent_basis"] == "recorded"
    assert [token.startswith("integration-") for token, _ in asked(world)] == [True, True]
    assert all("PartyId = '001xx000003DGb2AAG'" in soql for _, soql in asked(world))


def test_what_a_query_says_again_is_not_written_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each send would lock the order once more than it must."""
    world.org.answers["ContactPointTypeConsent"] = [{"PrivacyConsentStatus": "OptIn"}]
    page, kept = opened(world, rule=QUERY), list[Any]()
    monkeypatch.setattr(check_consent, "save_order", lambda **given: kept.append(given))
    world.sent(page)
    assert kept == []


@pytest.mark.parametrize(
    ("rule", "to"),
    [(QUERY, {}), (BY_NUMBER, {}), (QUERY, {"phone": OTHER_PHONE})],
    ids=["about the account", "about the order's own number", "about the account, and sent to another number"],
)
def test_a_query_that_says_no_by_the_time_of_the_send_refuses_and_the_page_follows(
    world: World, rule: dict[str, Any], to: dict[str, str]
) -> None:
    yes, no = ({"PrivacyConsentStatus": word, "Status": word} for word in ("OptIn", "OptOut"))
    world.org.answers.update(ContactPointTypeConsent=[yes], MessagingEndUser=[yes])
    page = opened(world, rule=rule)
    world.org.answers.update(ContactPointTypeConsent=[yes, no], MessagingEndUser=[yes, no])
    assert refused(world, page, customer_agreed=True, **to) == "channel_refused"
    assert world.look(page)["consents"]["sms"]["state"] == "refused"


def test_a_query_about_the_number_is_asked_about_the_number_that_is_written_to(world: World) -> None:
    world.org.answers["MessagingEndUser"] = [{"Status": "OptIn"}]
    page = opened(world, "refuse", rule=BY_NUMBER)
    world.org.answers["MessagingEndUser"] = [{"Status": "OptOut"}]
    assert world.send(page, phone=OTHER_PHONE).status_code == 422
    assert world.look(page)["consents"]["sms"]["state"] == "fine", "of the order's own number nothing was said"
    world.org.answers["MessagingEndUser"] = [{"Status": "OptIn"}]
    world.sent(page, phone=OTHER_PHONE)
    assert world.row("payment_requests")["consent_basis"] == "recorded"
    assert [soql.rsplit("'+")[1].rstrip("'") for _, soql in asked(world)] == [PHONE, OTHER_PHONE, OTHER_PHONE]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("unknown", "code"), [("refuse", "channel_refused"), ("ask", "consent_needed"), ("allow", None)]
)
def test_a_query_that_salesforce_refuses_says_nothing_and_the_admin_hears_of_it(
    world: World, lines: list[Any], unknown: str, code: str | None
) -> None:
    world.org.answers["ContactPointTypeConsent"] = "INVALID_FIELD"
    page = opened(world, unknown, rule=QUERY)
    assert (refused(world, page) if code else world.send(page).status_code) == (code or 201)
    finding = world.row("findings")
    assert (finding["check"], finding["subject"], finding["level"]) == ("consent_unreadable", "sms", "wrong")
    assert "INVALID_FIELD" in finding["wrong"]
    assert [line for line in lines if line["event"] == "consent_unreadable"]
    world.org.answers["ContactPointTypeConsent"] = []
    world.send(page)
    assert world.rows("findings") == []


def test_a_query_that_nobody_answers_just_now_stops_the_send_and_not_the_launch(world: World) -> None:
    world.org.answers["ContactPointTypeConsent"] = "REQUEST_LIMIT_EXCEEDED"
    page = opened(world, "allow", rule=QUERY)
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "salesforce_unavailable")
    assert world.core.sends == world.rows("payment_requests") == []
    world.org.answers["ContactPointTypeConsent"] = []
    assert world.send(page).status_code == 201


def timeline(world: World, page: Page) -> list[dict[str, Any]]:
    """The lines of the newest request's history."""
    lines = world.look(page)["payment_requests"][0]["timeline"]
    assert all(line["id"] in SENTENCES for line in lines)
    return list(lines)

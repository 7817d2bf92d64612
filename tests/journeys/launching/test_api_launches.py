"""A launch that Apex opens: key, org, user and order must all belong together, and the org is asked again and again."""

from __future__ import annotations

from typing import Any

import pytest

from connector import metrics
from connector.salesforce.metadata.custom_permissions import permission_label
from connector.web.callers.launch_token import read
from connector.web.schemas import response_schemas
from tests.factories import ORG, ORG_SHORT, SIPHO, THANDI, long_id
from tests.journeys.keys import KeyHolder
from tests.journeys.world import Clock, Page, World, fields_of

OTHER_ORG = long_id("00Dxx0000009999")


@pytest.fixture
def apex(world: World) -> KeyHolder:
    return KeyHolder(world, "apex")


def page_of(apex: KeyHolder, order_id: str, user_id: str = THANDI.user_id) -> Page:
    answer = apex.launch(order_id, user_id)
    assert answer.status_code == 200, answer.text
    return Page(answer.json, answer.json["launch_token"], answer.json["order"]["order_id"])


def renew(world: World, page: Page) -> int:
    answer = world.client.post("/api/launches/renew", headers=page.headers)
    if answer.status_code == 200:
        page.token = answer.json["launch_token"]
    return answer.status_code


def test_answers_what_the_page_would_show(world: World, apex: KeyHolder) -> None:
    order_id = world.order()
    answer = apex.launch(order_id)
    assert response_schemas.LAUNCH.validate(answer.json) == {}
    assert answer.json["expires_at"] == "2026-11-21T10:57:07.000Z"
    assert answer.json["order"] == world.open(order_id).data["order"]


def test_opens_a_page_that_sends_cancels_and_follows(world: World, apex: KeyHolder) -> None:
    page = page_of(apex, world.order())
    world.sent(page)
    assert world.row("payment_requests")["requested_by_name"] == "Thandi"
    assert world.look(page)["payment_requests"][0]["status"] == "sent"
    told = world.cancel(page, world.row("payment_requests")["reference"])
    assert told.json["outcome"] == "cancelled"


def test_speaks_the_users_language_and_not_the_orgs(world: World, apex: KeyHolder) -> None:
    world.org.languages[THANDI.user_id] = "de"
    page = page_of(apex, world.order())
    assert page.data["order"]["phone_reading"]["country_name"] == "Südafrika"
    assert world.look(page)["phone_reading"]["country_name"] == "Südafrika"


def test_keeps_the_users_locale_as_a_launch_in_canvas_does(world: World, apex: KeyHolder, clock: Clock) -> None:
    world.org.languages[THANDI.user_id] = "de_CH"
    token = read(page_of(apex, world.order()).token, keys=world.services.settings.launch_keys, now=clock())
    assert (token.language, token.locale) == ("de_CH", "de_CH")


def test_shows_times_in_the_users_zone(world: World, apex: KeyHolder, clock: Clock) -> None:
    page = page_of(apex, world.order())
    token = read(page.token, keys=world.services.settings.launch_keys, now=clock())
    assert token.time_zone == "Africa/Johannesburg"


def test_shows_what_the_customer_has_chosen_without_a_send(world: World, apex: KeyHolder) -> None:
    query = "SELECT PrivacyConsentStatus FROM ContactPointTypeConsent WHERE PartyId = '{account_id}'"
    rule = {"query": query, "yes": ["OptIn"], "no": ["OptOut"], "unknown": "allow"}
    world.tenant(mapping={"consents": {"sms": rule}})
    world.org.answers["ContactPointTypeConsent"] = [{"PrivacyConsentStatus": "OptOut"}]
    page = page_of(apex, world.order())
    assert world.look(page)["consents"]["sms"]["state"] == "refused"


def test_reads_everything_as_the_integration_user(world: World, apex: KeyHolder) -> None:
    world.sent(page_of(apex, world.order()))
    assert {token for token, _ in world.org.queries} == {"integration-1"}


def test_takes_ids_of_15_characters(world: World, apex: KeyHolder) -> None:
    order_id = world.order()
    assert apex.launch(order_id[:15], THANDI.user_id[:15], org=ORG_SHORT).json["order"]["order_id"] == order_id


@pytest.mark.parametrize("org", [None, "", "nonsense", OTHER_ORG, OTHER_ORG[:15], ORG[:15].lower()])
def test_from_another_org_or_from_none_is_refused_loudly(
    world: World, apex: KeyHolder, lines: list[Any], org: Any
) -> None:
    before = sum(metrics.registry.counts(metrics.WRONG_ORG).values())
    answer = apex.launch(world.order(), org=org)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "wrong_org")
    assert world.org.calls == 0
    assert [line["log_level"] for line in lines if line["event"] == "wrong_org"] == ["error"]
    assert sum(metrics.registry.counts(metrics.WRONG_ORG).values()) == before + 1
    named = [OTHER_ORG] if org and org.startswith(OTHER_ORG[:15]) else []
    assert [row["subject"] for row in world.rows("findings") if row["check"] == "cloned_org"] == named
    assert [row["check"] for row in world.rows("looks_due")] == ["org_id"] * len(named)


@pytest.mark.parametrize(
    ("field", "value"),
    [("order_id", THANDI.user_id), ("order_id", "801' OR Id != '1"), ("user_id", "801xx0000012345"), ("user_id", 5)],
)
def test_with_an_id_of_the_wrong_kind_names_the_field(world: World, apex: KeyHolder, field: str, value: Any) -> None:
    body = {"order_id": world.order(), "user_id": THANDI.user_id, field: value}
    answer = apex.post("/api/launches", body, **{"X-Salesforce-Org-Id": ORG})
    assert (answer.status_code, fields_of(answer)) == (422, {field})
    assert world.org.calls == 0


@pytest.mark.parametrize(
    "lacks", ["no such user", "no such order", "not active", "no access", "order unseen by us", "ids of another org"]
)
def test_whose_user_and_order_do_not_belong_together_finds_nothing(world: World, apex: KeyHolder, lacks: str) -> None:
    order_id, user_id = world.order(), THANDI.user_id
    world.order(SIPHO)
    match lacks:
        case "no such user":
            user_id = long_id("005xx000001X9Zz")
        case "no such order":
            order_id = long_id("801xx0000099999")
        case "not active":
            world.org.inactive.add(user_id)
        case "no access":
            user_id = SIPHO.user_id
        case "order unseen by us":
            del world.org.orders[order_id]
        case "ids of another org":
            world.org.answers["UserRecordAccess"] = "INVALID_CROSS_REFERENCE_KEY"
    answer = apex.launch(order_id, user_id)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
    assert answer.json["error"]["message"] == "There is nothing here for you."
    assert world.rows("launches") == []


def test_for_who_may_only_look_at_the_order_shows_it_and_sends_nothing(world: World, apex: KeyHolder) -> None:
    world.org.only_look.add(THANDI.user_id)
    page = page_of(apex, world.order())
    assert (page.data["order"]["can_send"], page.data["order"]["send_off"]["id"]) == (False, "order_read_only")
    assert world.send(page).status_code == 403


def test_who_lacks_the_permission_beside_edit_access_reads_both(world: World, apex: KeyHolder) -> None:
    world.tenant(policy={})
    world.org.only_look.add(THANDI.user_id)
    order_id = world.order()
    assert page_of(apex, order_id).data["order"]["send_off"] == {
        "id": "order_read_only_no_right",
        "values": {"admin": "Naledi in IT", "permission": permission_label("send")},
    }
    world.org.permissions[THANDI.user_id] = {"Chat2Pay_Send"}
    assert page_of(apex, order_id).data["order"]["send_off"]["id"] == "order_read_only"


def test_holds_the_rights_of_the_users_permissions(world: World, apex: KeyHolder) -> None:
    world.tenant(policy={})
    order_id = world.order()
    assert page_of(apex, order_id).data["order"]["can_send"] is False
    world.org.permissions[THANDI.user_id] = {"Chat2Pay_Send"}
    assert page_of(apex, order_id).data["order"]["can_send"] is True


def test_whose_user_lost_access_sends_nothing_at_once_and_is_renewed_no_more(
    world: World, apex: KeyHolder, clock: Clock
) -> None:
    page = page_of(apex, world.order())
    world.org.seen_by[THANDI.token].clear()
    assert world.send(page).json["error"]["code"] == "no_access"
    clock.pass_by(minutes=15)
    assert renew(world, page) == 401


def test_whose_user_may_no_longer_edit_is_renewed_to_look(world: World, apex: KeyHolder, clock: Clock) -> None:
    page = page_of(apex, world.order())
    world.org.only_look.add(THANDI.user_id)
    clock.pass_by(minutes=15)
    assert renew(world, page) == 200
    assert world.look(page)["send_off"]["id"] == "order_read_only"
    renewed = read(page.token, keys=world.services.settings.launch_keys, now=clock())
    assert (renewed.read_only, set(renewed.lacking)) == (True, {"capture", "reverse", "supervise"})


def test_whose_user_left_is_renewed_no_more(world: World, apex: KeyHolder, clock: Clock) -> None:
    page = page_of(apex, world.order())
    world.org.inactive.add(THANDI.user_id)
    clock.pass_by(minutes=15)
    assert renew(world, page) == 401


def test_is_over_after_twelve_hours_like_every_other(world: World, apex: KeyHolder, clock: Clock) -> None:
    page = page_of(apex, world.order())
    for _ in range(12 * 4 - 1):
        clock.pass_by(minutes=15)
        assert renew(world, page) == 200
    clock.pass_by(minutes=15, seconds=1)
    world.sweep()
    assert renew(world, page) == 401
    assert world.rows("launches") == []


@pytest.mark.parametrize("switch", ["down", "limit"])
def test_while_salesforce_cannot_serve_is_503(world: World, apex: KeyHolder, switch: str) -> None:
    order_id = world.order()
    setattr(world.org, switch, True)
    answer = apex.launch(order_id)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "salesforce_unavailable")


def test_of_a_disabled_tenant_open_nothing_and_ask_nobody(world: World, apex: KeyHolder) -> None:
    order_id = world.order()
    world.disable()
    calls = world.org.calls
    answer = apex.launch(order_id)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "tenant_disabled")
    assert (world.org.calls, world.rows("launches")) == (calls, [])


def test_whose_rights_cannot_be_read_opens_to_look(world: World, apex: KeyHolder) -> None:
    world.tenant(policy={})
    world.org.setup_refused = "INSUFFICIENT_ACCESS"
    page = page_of(apex, world.order())
    assert page.data["order"]["send_off"]["id"] == "rights_unread"


@pytest.mark.parametrize("worn", [str.upper, str.lower])
def test_ids_of_a_system_that_lost_their_case_are_the_same_ids(world: World, apex: KeyHolder, worn: Any) -> None:
    order_id = world.order()
    answer = apex.launch(worn(order_id), user_id=worn(THANDI.user_id), org=worn(ORG))
    assert (answer.status_code, answer.json["order"]["order_id"]) == (200, order_id)


def test_are_deleted_when_they_are_over_and_signed_requests_stay_used(
    world: World, apex: KeyHolder, clock: Clock
) -> None:
    order_id = world.order()
    signed, launched = world.open(order_id), page_of(apex, order_id)
    clock.pass_by(hours=11)
    world.sweep()
    assert len(world.rows("launches")) == 2
    clock.pass_by(hours=2)
    world.sweep()
    (kept,) = world.rows("launches")
    assert (kept["user_id"], kept["agent_token"]) == (THANDI.user_id, None)
    assert not kept["launch_id"].startswith("api:")
    assert [renew(world, page) for page in (signed, launched)] == [401, 401]

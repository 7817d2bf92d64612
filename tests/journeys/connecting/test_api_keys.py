"""API keys: what each scope opens, how a key gives way to the next one, and what nobody learns by trying."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

import manifests
from connector.domain.tenants.api_key import Scope
from connector.errors import TooMany
from connector.journeys.connecting.rotate_api_key import end_api_keys
from connector.languages.catalogues import catalogue
from connector.web.callers.api_key_rate import MOST, ApiKeyRateLimit
from connector.web.schemas import outcome_schemas, response_schemas
from tests.factories import CALLBACK_KEY, ORG, OTHER_PHONE, SIPHO, THANDI, long_id
from tests.journeys.keys import ORG_HEADER, KeyHolder
from tests.journeys.played_once import played_once
from tests.journeys.world import Clock, World, fields_of

BODY = {"channel": "sms"}


def doors(order_id: str, reference: str) -> list[tuple[str, str, str]]:
    """Every door for a key: (scope, method, path)."""
    one = f"/api/payment-requests/{reference}"
    return [
        ("apex", "POST", "/api/launches"),
        ("flow", "POST", "/api/payment-requests"),
        ("flow", "POST", f"{one}/cancel"),
        ("flow", "POST", f"{one}/replace"),
        ("capture", "POST", f"{one}/capture"),
        ("capture", "POST", f"{one}/reverse"),
        ("flow", "POST", "/flow/send"),
        ("flow", "POST", "/flow/status"),
        ("flow", "POST", "/flow/cancel"),
        ("read", "GET", one),
        ("read", "GET", "/api/payment-requests"),
        ("read", "POST", f"{one}/refresh"),
    ]


@pytest.fixture
@played_once
def sent(world: World) -> tuple[str, str]:
    """An order and the reference of its live link."""
    page = world.open(world.order())
    world.sent(page)
    return page.order_id, world.row("payment_requests")["reference"]


def test_have_the_scopes_of_the_manifest() -> None:
    assert tuple(scope.value for scope in Scope) == manifests.load("connector.json")["scopes"]


def test_are_kept_as_a_digest_alone(world: World) -> None:
    holder = KeyHolder(world, "read")
    row = world.row("api_keys")
    assert holder.text.startswith("c2p_api_")
    assert len(holder.text) >= len("c2p_api_") + 43, "256 bits in base64"
    assert row["key_digest"] == hashlib.sha256(holder.text.encode()).digest()
    assert holder.text not in repr(row)
    assert holder.text not in repr(holder.key)


@pytest.mark.parametrize("scope", Scope)
def test_open_the_doors_of_their_scope_and_no_other(world: World, sent: tuple[str, str], scope: Any) -> None:
    holder = KeyHolder(world, scope)
    for needed, method, path in doors(*sent):
        answer = world.client.open(path, method=method, headers=holder.headers, json={})
        if needed == scope:
            assert answer.status_code not in (401,), path
            assert answer.json.get("error", {}).get("code") != "forbidden", path
        else:
            assert (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden"), path
    assert world.core.cancels == ([] if scope != "flow" else ["link-0001"])


@pytest.mark.parametrize("kind", ["none", "unknown", "over", "a launch token", "basic"])
def test_that_do_not_count_are_all_answered_alike(world: World, sent: tuple[str, str], clock: Clock, kind: str) -> None:
    over = KeyHolder(world, *Scope, name="over", lasts=timedelta(days=1))
    page = world.open(sent[0])
    texts = {
        "none": None,
        "unknown": f"Bearer c2p_api_{'x' * 43}",
        "over": f"Bearer {over.text}",
        "a launch token": f"Bearer {page.token}",
        "basic": "Basic YTpi",
    }
    for_both = {"/api/payment-requests", f"/api/payment-requests/{sent[1]}"} | {
        path for _, _, path in doors(*sent) if path.startswith("/api/payment-requests/")
    }
    clock.pass_by(days=1)
    headers = {"Authorization": texts[kind]} if texts[kind] else {}
    for _, method, path in doors(*sent):
        if kind == "a launch token" and path in for_both and (method, path) != ("GET", "/api/payment-requests"):
            continue
        answer = world.client.open(path, method=method, headers=headers, json={})
        assert (answer.status_code, answer.json["error"]["code"]) == (401, "unauthenticated"), path


def test_do_not_open_the_doors_of_a_page(world: World, sent: tuple[str, str]) -> None:
    holder = KeyHolder(world, *Scope)
    assert holder.get(f"/api/orders/{sent[0]}").status_code == 401
    assert holder.post("/api/launches/renew").status_code == 401


def test_give_way_to_the_next_one_after_an_overlap(world: World, clock: Clock) -> None:
    old = KeyHolder(world, "read")
    new = KeyHolder(world, "read", overlap=timedelta(hours=2), lasts=timedelta(days=1))
    other = KeyHolder(world, "read", name="another name")
    clock.pass_by(hours=1, minutes=59)
    assert [one.get("/api/payment-requests").status_code for one in (old, new, other)] == [200, 200, 200]
    clock.pass_by(minutes=1)
    assert [one.get("/api/payment-requests").status_code for one in (old, new, other)] == [401, 200, 200]


def test_that_end_soon_are_not_kept_alive_by_a_longer_overlap(world: World, clock: Clock) -> None:
    old = KeyHolder(world, "read", lasts=timedelta(hours=1))
    KeyHolder(world, "read", overlap=timedelta(hours=9))
    clock.pass_by(hours=1)
    assert old.get("/api/payment-requests").status_code == 401


@pytest.mark.both_databases
@pytest.mark.parametrize(("newest_stays", "statuses"), [(True, [401, 200]), (False, [401, 401])])
def test_are_ended_at_once(world: World, newest_stays: bool, statuses: list[Any]) -> None:
    old = KeyHolder(world, "read")
    world.clock.pass_by(seconds=1)
    keys = [old, KeyHolder(world, "read", overlap=timedelta(hours=9))]
    end_api_keys(tenant=world.acme, name="CRM", newest_stays=newest_stays, store=world.services.store)
    assert [one.get("/api/payment-requests").status_code for one in keys] == statuses


def test_take_over_the_scopes_of_the_key_before(world: World) -> None:
    KeyHolder(world, "read", "flow")
    assert KeyHolder(world).key.scopes == {Scope.READ, Scope.FLOW}


def test_note_their_use_once_a_minute(world: World, clock: Clock) -> None:
    holder = KeyHolder(world, "read")
    used = []
    for _ in range(4):
        holder.get("/api/payment-requests")
        used.append(world.row("api_keys")["last_used_at"])
        clock.pass_by(seconds=20)
    assert used[0] == used[1] == used[2] < used[3]


def test_that_call_too_often_wait_for_the_next_minute(world: World, clock: Clock) -> None:
    holder, other = KeyHolder(world, "read"), KeyHolder(world, "read", name="another")
    rate = world.app.extensions
    holder.get("/api/payment-requests")
    for _ in range(MOST - 1):
        rate["chat2pay_key_rate"].count(holder.key.key_id, now=clock())
    answer = holder.get("/api/payment-requests")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "53")
    assert other.get("/api/payment-requests").status_code == 200
    clock.pass_by(minutes=1)
    assert holder.get("/api/payment-requests").status_code == 200


def test_have_one_rate_for_all_processes_together(world: World, clock: Clock) -> None:
    holder = KeyHolder(world, "read")
    processes = [ApiKeyRateLimit(world.services.store.api_keys.take_calls) for _ in range(3)]
    let_through = 0
    with suppress(TooMany):
        for place in range(10 * MOST):
            processes[place % 3].count(holder.key.key_id, now=clock())
            let_through += 1
    assert MOST - 3 * 10 < let_through <= MOST
    assert holder.get("/api/payment-requests").status_code == 429


def test_are_held_to_their_rate_by_a_process_whose_clock_is_behind(world: World, clock: Clock) -> None:
    holder = KeyHolder(world, "read")
    behind, ahead = (ApiKeyRateLimit(world.services.store.api_keys.take_calls) for _ in range(2))
    late = clock() - timedelta(seconds=30)
    for _ in range(MOST // 2):
        ahead.count(holder.key.key_id, now=clock())
        behind.count(holder.key.key_id, now=late)
    with pytest.raises(TooMany):
        behind.count(holder.key.key_id, now=late)


def test_send_to_the_number_that_salesforce_has(world: World) -> None:
    order_id = world.order()
    answer = KeyHolder(world, "flow").post("/api/payment-requests", {**BODY, "order_id": order_id[:15]})
    assert answer.status_code == 201, answer.text
    assert response_schemas.REQUEST.validate(answer.json) == {}
    assert answer.json["requested_by"]["name"] == "CRM"
    assert answer.json["requested_by"]["id"].startswith("key_")
    assert (world.core.sends[0]["endUserMobileNumber"], world.core.sends[0]["totalAmount"]) == ("27831234567", 115)


def test_send_to_another_number_only_where_the_tenant_allows_it(world: World) -> None:
    holder, order_id = KeyHolder(world, "flow"), world.order()
    body = {**BODY, "order_id": order_id, "phone": OTHER_PHONE}
    answer = holder.post("/api/payment-requests", body)
    assert (answer.status_code, fields_of(answer)) == (422, {"phone"})
    world.tenant(policy={"flow_may_give_phone": True})
    assert holder.post("/api/payment-requests", body).status_code == 201
    assert world.core.sends[0]["endUserMobileNumber"] == OTHER_PHONE


def test_send_for_a_user_whom_the_org_lets(world: World) -> None:
    holder, order_id = KeyHolder(world, "flow"), world.order(THANDI, SIPHO)
    body = {**BODY, "order_id": order_id, "user_id": SIPHO.user_id[:15]}
    assert holder.post("/api/payment-requests", body).status_code == 422
    world.tenant(policy={"rights_from": "order_access", "flow_may_name_user": True})
    assert holder.post("/api/payment-requests", body).json["requested_by"] == {"id": SIPHO.user_id, "name": "Sipho"}


@pytest.mark.parametrize("lacks", ["the order", "edit access", "an active user", "the permission", "existence"])
def test_send_for_no_user_whom_the_org_does_not_let(world: World, lacks: str) -> None:
    holder = KeyHolder(world, "flow")
    order_id = world.order(*((THANDI,) if lacks == "the order" else (THANDI, SIPHO)))
    world.order(SIPHO)
    user_id = "005xx000001X9ZzAAK" if lacks == "existence" else SIPHO.user_id
    if lacks == "edit access":
        world.org.only_look.add(SIPHO.user_id)
    if lacks == "an active user":
        world.org.inactive.add(SIPHO.user_id)
    rights = {} if lacks == "the permission" else {"rights_from": "order_access"}
    world.tenant(policy={**rights, "flow_may_name_user": True})
    answer = holder.post("/api/payment-requests", {**BODY, "order_id": order_id, "user_id": user_id})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_right")
    assert world.rows("payment_requests") == world.core.sends == []


def test_follow_the_rules_of_idempotency(world: World) -> None:
    holder = KeyHolder(world, "flow")
    body = {**BODY, "order_id": world.order()}
    first = holder.post("/api/payment-requests", body, **{"Idempotency-Key": "key-00001"})
    world.org.orders[body["order_id"]]["BillToContact"]["MobilePhone"] = f"+{OTHER_PHONE}"
    world.org.down = True
    second = holder.post("/api/payment-requests", {**body, "idempotency_key": "key-00001"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["reference"] == second.json["reference"]
    other = holder.post("/api/payment-requests", {**body, "channel": "whatsapp", "idempotency_key": "key-00001"})
    assert (other.status_code, other.json["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(world.core.sends) == 1


def test_hold_an_amount_against_the_orders_own_currency(world: World) -> None:
    holder = KeyHolder(world, "flow")
    yen = {"Currency__c": "JPY", "Grand_Total__c": 1000, "Tax__c": 0, "Sub_Total__c": 1000}
    order_id = world.order(**yen)
    answer = holder.post("/api/payment-requests", {**BODY, "order_id": order_id, "expected_total": "1000.50"})
    assert answer.json["error"]["code"] == "order_changed"  # as yen it is 1001
    answer = holder.post("/api/payment-requests", {**BODY, "order_id": order_id, "amount": "1000.50"})
    assert (answer.status_code, answer.json["error"]["fields"]) == (422, {"amount": ["JPY has no decimals."]})
    answer = holder.post("/api/payment-requests", {**BODY, "order_id": order_id, "expected_total": "1000"})
    assert answer.status_code == 201


def test_that_say_an_amount_of_an_order_that_is_known_ask_salesforce_no_more_often(world: World) -> None:
    holder, calls = KeyHolder(world, "flow"), []
    for said in ({}, {}, {"expected_total": "115.00"}):
        body = {**BODY, **said, "order_id": world.open(world.order()).order_id}
        before = world.org.calls
        assert holder.post("/api/payment-requests", body).status_code == 201
        calls.append(world.org.calls - before)
    assert calls[1] == calls[2]


@pytest.mark.parametrize("nothing", [0, "0"], ids=["a number", "a text"])
def test_that_ask_for_nothing_read_that_it_must_be_more(world: World, nothing: Any) -> None:
    world.tenant(parts_allowed=True)
    body = {**BODY, "order_id": world.order(), "amount": nothing}
    answer = KeyHolder(world, "flow").post("/api/payment-requests", body)
    assert (answer.status_code, answer.json["error"]["fields"]) == (422, {"amount": ["Ask for more than zero."]})


def test_of_a_disabled_tenant_send_nothing_and_still_read(world: World, sent: tuple[str, str]) -> None:
    holder = KeyHolder(world, "flow", "read", "apex")
    world.disable()
    answer = holder.post("/api/payment-requests", {**BODY, "order_id": world.order()})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "tenant_disabled")
    assert holder.launch(sent[0]).status_code == 503
    assert holder.get("/api/payment-requests").status_code == 200


@pytest.mark.parametrize(("org", "status"), [(None, 201), (ORG, 201), (long_id("00Dxx0000009999"), 403)])
def test_that_say_where_they_call_from_must_call_from_their_own_org(world: World, org: Any, status: int) -> None:
    headers = {ORG_HEADER: org} if org else {}
    answer = KeyHolder(world, "flow").post("/api/payment-requests", {**BODY, "order_id": world.order()}, **headers)
    assert answer.status_code == status
    assert len(world.core.sends) == (status == 201)


def test_close_a_link_and_are_noted_as_who_did(world: World, sent: tuple[str, str]) -> None:
    told = KeyHolder(world, "flow").post(f"/api/payment-requests/{sent[1]}/cancel").json
    assert outcome_schemas.CANCELLED.validate(told) == {}
    assert (told["outcome"], told["payment_request"]["handled_by"]["name"]) == ("cancelled", "CRM")


def test_are_answered_in_the_tenants_language(world: World, sent: tuple[str, str]) -> None:
    world.tenant(language="fr")
    told = KeyHolder(world, "flow").post(f"/api/payment-requests/{sent[1]}/cancel").json
    assert told["sentence"] == catalogue("fr")["cancelled_told"]


def test_never_stand_in_a_log_line(world: World, sent: tuple[str, str], lines: list[Any]) -> None:
    holder = KeyHolder(world, *Scope)
    for _, method, path in doors(*sent):
        world.client.open(path, method=method, headers=holder.headers, json={})
    assert holder.text not in repr(lines)


@pytest.mark.parametrize(
    ("path", "headers", "challenge"),
    [
        ("/flow/status", {}, 'Bearer realm="chat2pay"'),
        ("/flow/status", {"Authorization": "Bearer c2p_api_x"}, 'Bearer realm="chat2pay", error="invalid_token"'),
        ("/api/payment-requests", {}, 'Bearer realm="chat2pay"'),
        (f"/callbacks/{CALLBACK_KEY}/payment-status", {}, 'Basic realm="chat2pay-callbacks", charset="UTF-8"'),
        ("/callbacks/nobodys/payment-status", {}, 'Basic realm="chat2pay-callbacks", charset="UTF-8"'),
    ],
)
def test_a_401_says_which_credential_is_asked_for(
    world: World, path: str, headers: dict[str, Any], challenge: str
) -> None:
    answer = world.client.post(path, json={}, headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, challenge)

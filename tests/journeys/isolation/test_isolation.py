"""Two tenants: nothing of the one is found, changed or even confirmed with whatever the other one holds, on any door.

The doors are the app's own list, so a new one fails here until it is said what the other tenant may try on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import responses
from sqlalchemy import event
from werkzeug.test import TestResponse

from connector.domain.tenants.api_key import Scope
from connector.domain.tenants.tenant import Tenant
from tests.factories import CALLBACK_KEY, HOST, PHONE, THANDI, Agent, envelope, long_id, sign
from tests.journeys.keys import ORG_HEADER, KeyHolder
from tests.journeys.played_once import played_once
from tests.journeys.world import Page, World, page_data
from tests.peers.org import FakeOrg

OTHER_HOST, OTHER_ORG = "https://globex.my.salesforce.com", long_id("00Dxx0000009999")
LERATO = Agent("Lerato", "005xx000009X8Uz")
NOWHERE = {"order": long_id("801xx0000088888"), "user": long_id("005xx000008X8Uz"), "reference": f"c2p_{'0' * 26}"}


@dataclass
class Rival:
    """The other tenant, with everything that it can hold."""

    tenant: Tenant
    org: FakeOrg
    page: Page
    keys: dict[str, KeyHolder]


@pytest.fixture
@played_once
def victim(world: World) -> dict[str, str]:
    """What may be known of Acme: its order, its agent, its live payment request."""
    page = world.open(world.order())
    world.sent(page)
    return {"order": page.order_id, "user": THANDI.user_id, "reference": world.row("payment_requests")["reference"]}


@pytest.fixture
def rival(world: World, victim: dict[str, str]) -> Iterator[Rival]:
    """Globex: an org of its own, an open page, a key of each scope."""
    org = FakeOrg(OTHER_HOST, OTHER_ORG)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        for peer in (world.org, world.core, org):
            peer.register(wire)
        tenant = world.tenant(
            tenant_id="globex",
            org_id=OTHER_ORG,
            callback_key="callback-key-of-globex",
            salesforce={"host_url": OTHER_HOST, "client_id": "client", "frame_origins": [OTHER_HOST]},
        )
        order_id = org.add_order(long_id("801xx0000077777"), LERATO)
        # The first call would be the slow one, whatever it asks.
        world.services.salesforce.may_edit(tenant, user_id=LERATO.user_id, order_id=order_id)
        yield Rival(tenant, org, _page(world, order_id), _keys(world, tenant))


def _page(world: World, order_id: str) -> Page:
    content = envelope(order_id, LERATO, client={"oauthToken": LERATO.token, "instanceUrl": OTHER_HOST})
    content["context"]["organization"]["organizationId"] = OTHER_ORG
    data = page_data(world.post_launch(sign(content)).text)
    return Page(data, data["launch_token"], order_id)


def _keys(world: World, tenant: Tenant) -> dict[str, KeyHolder]:
    return {scope: KeyHolder(world, scope, tenant=tenant, name=scope) for scope in Scope}


Ids = dict[str, str]
Body = Callable[[Ids, Rival], dict[str, Any] | None]


def _no_body(_ids: Ids, _rival: Rival) -> None:
    return None


# What can be tried on each door with ids of another tenant. A body is built of the ids; None sends none.
TRIED: dict[tuple[str, str], list[Body]] = {
    ("GET", "/api/orders/<order_id>"): [_no_body],
    ("GET", "/api/payment-requests/<reference>"): [_no_body],
    ("POST", "/api/payment-requests/<reference>/cancel"): [_no_body],
    ("POST", "/api/payment-requests/<reference>/refresh"): [_no_body],
    ("POST", "/api/payment-requests/<reference>/replace"): [_no_body, lambda ids, _: {"user_id": ids["user"]}],
    ("POST", "/api/payment-requests/<reference>/capture"): [_no_body, lambda ids, _: {"user_id": ids["user"]}],
    ("POST", "/api/payment-requests/<reference>/reverse"): [_no_body, lambda ids, _: {"user_id": ids["user"]}],
    ("POST", "/api/payment-requests/<reference>/release"): [
        lambda ids, _: {"reason": "The core has been down since noon"},
        lambda ids, _: {"reason": "The core has been down since noon", "user_id": ids["user"]},
    ],
    ("POST", "/api/payment-requests"): [
        lambda ids, _: {"channel": "sms", "phone": PHONE, "order_id": ids["order"]},
        lambda ids, _: {"channel": "sms", "order_id": ids["order"]},
        lambda ids, rival: {"channel": "sms", "order_id": rival.page.order_id, "user_id": ids["user"]},
    ],
    ("POST", "/api/launches"): [
        lambda ids, _: {"order_id": ids["order"], "user_id": ids["user"]},
        lambda ids, _: {"order_id": ids["order"], "user_id": LERATO.user_id},
        lambda ids, rival: {"order_id": rival.page.order_id, "user_id": ids["user"]},
    ],
    **{
        ("POST", f"/api/payment-requests/<reference>/{verb}"): [lambda _, __: {}]
        for verb in ("show-receipt", "send-receipt", "copy-link")
    },
    ("POST", "/flow/send"): [
        lambda ids, rival: {"org_id": rival.tenant.org_id, "order_id": ids["order"]},
    ],
    ("POST", "/flow/cancel"): [
        lambda ids, rival: {"org_id": rival.tenant.org_id, "reference": ids["reference"]},
        lambda ids, rival: {"org_id": rival.tenant.org_id, "reference": ids["reference"], "user_id": ids["user"]},
    ],
    ("POST", "/flow/status"): [
        lambda ids, rival: {"org_id": rival.tenant.org_id, "reference": ids["reference"]},
    ],
}
# Doors that take ids and answer with what is the caller's own: another tenant's id finds nothing, in an answer of 200.
FOUND_EMPTY = {
    ("GET", "/api/payment-requests"): "a filter by another tenant's ids finds nothing",
}
_CALLBACKS = "/callbacks/<callback_key>/<any('transaction-status','payment-status','settings'):kind>"
# Doors that take no id of a tenant's order, user or request, and why another tenant cannot use them.
NO_IDS = {
    ("POST", "/flow/send-many"): "answers each item by itself; below",
    ("POST", "/launch"): "the tenant is the one that signed; tests/journeys/launching/test_launch.py",
    ("GET", "/launch"): "a static page",
    ("POST", "/api/launches/renew"): "the token says everything",
    ("POST", "/api/phone-readings"): "the token says which order, and the number is the caller's",
    ("POST", "/api/order-notes"): "the token says which order",
    ("POST", "/api/order-phone"): "the token says which order",
    ("POST", "/api/message-previews"): "the token says which order, and the text is about no customer",
    (
        "POST",
        _CALLBACKS,
    ): "the key finds the tenant, its proof opens; below, and test_callbacks_door.py",
    ("GET", "/health/live"): "knows no tenant",
    ("GET", "/health/ready"): "knows no tenant",
    ("GET", "/metrics"): "for the operator; tests/operating/test_metrics.py",
    ("GET", "/static/<path:filename>"): "files of the product",
    ("GET", "/openapi.json"): "a document of the product",
    ("GET", "/openapi-salesforce.json"): "a document of the product",
}


def test_every_door_of_the_app_is_tried(world: World) -> None:
    doors = {
        (method, rule.rule)
        for rule in world.app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    assert doors - set(TRIED) - set(FOUND_EMPTY) - set(NO_IDS) == set(), "say what another tenant may try on this door"
    assert (set(TRIED) | set(FOUND_EMPTY)) - doors == set(), "these doors are gone"


@pytest.mark.parametrize(("method", "rule"), TRIED, ids=[" ".join(door) for door in TRIED])
def test_a_door_answers_another_tenants_id_as_one_that_nobody_has(
    world: World, victim: dict[str, str], rival: Rival, method: Any, rule: Any
) -> None:
    before = _belongings(world)
    questions = len(world.org.queries), len(world.core.questions)
    for body in TRIED[method, rule]:
        statuses = set()
        for headers in (rival.page.headers, *(key.headers for key in rival.keys.values())):
            theirs, nobodys = (_try(world, rival, method, rule, headers, body, ids) for ids in (victim, NOWHERE))
            statuses.add(theirs.status)
            assert (theirs.status, theirs.text) == (nobodys.status, nobodys.text)
            assert theirs.work == nobodys.work, "as many statements and calls: no time tells more either"
            assert not [word for word in _telling(victim) if word in theirs.text]
        # 401 and 422: a caller that this door, or this body, is not for.
        assert statuses & {403, 404}
        assert statuses <= {401, 403, 404, 422}
    assert _belongings(world) == before
    assert (len(world.org.queries), len(world.core.questions)) == questions, "nobody asked Acme's own peers"
    assert world.core.cancels == []


def test_the_list_shows_another_tenants_requests_to_nobody(world: World, victim: dict[str, str], rival: Rival) -> None:
    reader = rival.keys["read"]
    for query in ({}, {"order_id": victim["order"]}, {"agent": victim["user"]}, {"since": "2020-01-01T00:00:00Z"}):
        answer = reader.get("/api/payment-requests", **query)
        assert answer.json == {"payment_requests": [], "next_cursor": None}


def test_a_cursor_of_another_tenant_opens_nothing_of_theirs(world: World, victim: dict[str, str], rival: Rival) -> None:
    world.told(world.core.last(), "PAYMENT_LINK_EXPIRED")
    world.sent(world.open(victim["order"]))
    ours = KeyHolder(world, "read")
    cursor = ours.get("/api/payment-requests", limit=1).json["next_cursor"]
    assert len(ours.get("/api/payment-requests", cursor=cursor).json["payment_requests"]) == 1
    assert rival.keys["read"].get("/api/payment-requests", cursor=cursor).json["payment_requests"] == []


def test_a_flow_that_names_another_tenants_user_or_order_learns_nothing(
    world: World, victim: dict[str, str], rival: Rival
) -> None:
    flow = rival.keys["flow"]
    told = [
        flow.flow("send", order_id=rival.page.order_id, user_id=one).json for one in (victim["user"], NOWHERE["user"])
    ]
    assert told[0] == told[1]
    assert told[0]["outcome"] == "refused"
    told = [flow.flow("status", order_id=one).json for one in (victim["order"], NOWHERE["order"])]
    assert told[0] == told[1]
    assert told[0]["outcome"] == "not_requested"
    assert len(world.core.sends) == 1


def test_a_flow_that_names_another_tenants_orders_among_its_own_learns_nothing(
    world: World, victim: dict[str, str], rival: Rival
) -> None:
    orders = (victim["order"], NOWHERE["order"], rival.page.order_id)
    items = [{"order_id": one, "idempotency_key": f"run-0000{place}"} for place, one in enumerate(orders)]
    theirs, nobodys, own = rival.keys["flow"].flow("send-many", items=items).json["results"]
    assert theirs == nobodys
    assert (theirs["outcome"], theirs["reference"], own["outcome"]) == ("refused", None, "sent")
    assert len([row for row in world.rows("payment_requests") if row["tenant_id"] == "acme"]) == 1


def test_a_key_with_another_tenants_org_id_is_refused_like_with_any_other(
    world: World, victim: dict[str, str], rival: Rival
) -> None:
    apex, flow = rival.keys["apex"], rival.keys["flow"]
    acme = world.acme
    answers = [
        apex.launch(rival.page.order_id, LERATO.user_id, org=one) for one in (acme.org_id, long_id("00Dxx0000008888"))
    ]
    answers += [flow.post("/flow/send", {"org_id": acme.org_id, "order_id": victim["order"]})]
    assert {(answer.status_code, answer.json["error"]["code"]) for answer in answers} == {(403, "wrong_org")}
    assert len({answer.json["error"]["message"] for answer in answers}) == 1


def test_an_idempotency_key_of_another_tenant_is_simply_new(world: World, rival: Rival) -> None:
    page = world.open(world.order())
    world.sent(page, key="key-00001")
    body = {"channel": "sms", "order_id": rival.page.order_id, "idempotency_key": "key-00001"}
    assert rival.keys["flow"].post("/api/payment-requests", body).status_code == 201
    assert len({row["reference"] for row in world.rows("payment_requests")}) == 3


def test_another_tenants_proof_opens_no_callback_door(world: World, victim: dict[str, str], rival: Rival) -> None:
    world.tenant(tenant_id="globex", org_id=OTHER_ORG, callback_key="callback-key-of-globex", proofs=False)
    news = world.core.happen(world.core.last(), "PAYMENT_RECEIVED")
    assert world.callback(news, key="callback-key-of-globex").status_code == 200
    world.drain()
    assert world.row("payment_requests")["money"] == "none", "news that came to Globex moves nothing of Acme"
    assert world.callback(news, key=CALLBACK_KEY, headers={}).status_code == 401


# --- how it is tried -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What a door said, and how much work that was."""

    status: int
    text: str
    work: tuple[int, int]


def _try(world: World, rival: Rival, method: str, rule: str, headers: dict[str, str], body: Body, ids: Ids) -> Told:
    path = rule.replace("<order_id>", ids["order"]).replace("<reference>", ids["reference"])
    sent = body(ids, rival)
    with _counted(world) as statements:
        calls = rival.org.calls
        answer = world.client.open(
            path,
            method=method,
            headers={**headers, ORG_HEADER: rival.tenant.org_id},
            **({"json": sent} if sent is not None else {}),
        )
    return Told(answer.status_code, _text(answer, ids), (len(statements), rival.org.calls - calls))


@contextmanager
def _counted(world: World) -> Iterator[list[str]]:
    """Every statement; that a key was used is written once a minute, whatever is asked."""
    said: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("UPDATE api_keys", "BEGIN", "COMMIT")):
            said.append(statement)

    engine = world.services.store.database.engine
    world.services.store.tenants.by_id("globex")  # remembered, as in a running server
    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def _text(answer: TestResponse, ids: Ids) -> str:
    """The answer without what differs between any two requests, the asked-for ids among them."""
    body = json.loads(answer.text)
    body.get("error", {}).pop("request_id", None)
    text = json.dumps(body)
    for name, value in ids.items():
        text = text.replace(value, name)
    return text


def _telling(victim: dict[str, str]) -> list[str]:
    return [PHONE, PHONE[-4:], "Thandi", "0000102", "115.00", HOST, "link-0001", "acme"]


def _belongings(world: World) -> dict[str, list[dict[str, Any]]]:
    tables = ("payment_requests", "payment_events", "orders", "launches", "outbox")
    found = {name: [row for row in world.rows(name) if row["tenant_id"] == "acme"] for name in tables}
    assert found["payment_requests"]
    return found

"""The documents against the app that serves them: every door is told, and no door is invented."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from connector.web.openapi.document import ENDPOINTS
from tests.journeys.keys import KeyHolder
from tests.journeys.world import World
from tests.openapi.documented import DOCUMENT, template_of

PLACES = {
    "{reference}": "c2p_0",
    "{order_id}": "801xx0000000001AAA",
    "{callback_key}": "some-key",
    "{kind}": "settings",
}
# Routes that no document tells, and why.
UNTOLD = {"/static/<path:filename>": "the files of the agent's page"}
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing here asks the database


def filled(path: str) -> str:
    for place, value in PLACES.items():
        path = path.replace(place, value)
    return path


def routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (template_of(rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in UNTOLD
    }


def test_every_route_is_told_and_every_operation_is_a_route(world: World) -> None:
    told = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert told == routes(world.app)


def test_every_place_in_a_path_is_a_parameter(world: World) -> None:
    for rule in world.app.url_map.iter_rules():
        for operation in DOCUMENT["paths"].get(template_of(rule), {}).values():
            told = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
            assert told == rule.arguments, rule.rule


def test_what_is_left_out_is_still_a_route(world: World) -> None:
    assert set(UNTOLD) <= {rule.rule for rule in world.app.url_map.iter_rules()}


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi-salesforce.json"])
class TestADocument:
    def test_is_served_with_a_tag_and_may_be_kept_for_minutes(self, world: World, path: Any) -> None:
        answer = world.client.get(path)
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        again = world.client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")

    def test_names_the_address_of_this_deployment(self, world: World, path: Any) -> None:
        world.restart(public_url="https://pay.other.example")
        assert world.client.get(path).json["servers"] == [{"url": "https://pay.other.example"}]

    def test_holds_nothing_of_a_tenant(self, world: World, path: Any) -> None:
        text = world.client.get(path).text
        assert 'Acme"' not in text
        assert "acme.my.salesforce.com" not in text


def test_the_served_document_is_the_one_that_answers_are_held_against(world: World) -> None:
    assert world.client.get("/openapi.json").json == DOCUMENT


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_a_method_that_is_not_told_is_405_and_allow_names_those_that_are(world: World, path: Any) -> None:
    told = {method.upper() for method in DOCUMENT["paths"][path]}
    allowed = told | {"OPTIONS"} | ({"HEAD"} if "GET" in told else set())
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - told:
        answer = world.client.open(filled(path), method=method)
        assert answer.status_code == 405
        if path != "/launch":  # whoever comes there by mistake is a person
            assert answer.json["error"]["code"] == "method_not_allowed"
        assert {one.strip() for one in answer.headers["Allow"].split(",")} == allowed


def scoped() -> list[Any]:
    return [
        pytest.param(door, caller.scopes, id=f"{door.name}-{','.join(caller.scopes)}")
        for door in ENDPOINTS
        for caller in door.callers
        if caller.scopes
    ]


def call(holder: KeyHolder, door: Any) -> Any:
    return holder.get(filled(door.path)) if door.method == "get" else holder.post(filled(door.path), {})


@pytest.mark.parametrize(("door", "scopes"), scoped())
def test_a_scope_that_is_told_opens_the_door_and_the_others_do_not(world: World, door: Any, scopes: Any) -> None:
    others = {"apex", "flow", "read", "capture"} - {one for caller in door.callers for one in caller.scopes}
    assert call(KeyHolder(world, *others), door).json["error"]["code"] == "forbidden"
    opened = call(KeyHolder(world, *scopes), door)
    assert opened.status_code == 200 or opened.json["error"]["code"] not in ("forbidden", "unauthenticated")


@pytest.mark.parametrize("door", ENDPOINTS, ids=lambda door: door.name)
def test_a_door_that_asks_for_a_credential_opens_to_nobody_without(world: World, door: Any) -> None:
    if any(caller.schemes == () for caller in door.callers):
        return
    assert world.client.open(filled(door.path), method=door.method.upper()).status_code == 401

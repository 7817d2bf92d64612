"""Whatever stands in an agent's way: they read what it is and who mends it, and never "reload" for what no reload mends."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from connector.web.wording.sentences import places_of
from foundation.secret import Secret
from tests.factories import THANDI, envelope, sign
from tests.journeys.keys import KeyHolder
from tests.journeys.world import SENTENCES, Answer, Page, World, sentence_on

ADMIN = "Naledi in IT"
# What code calls things: UPPER_CASE words, field names, our own ids.
MACHINE = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\w+__[cr]\b|\b[a-z]+_[a-z_]+\b|[{}]")
OTHER_KEY = (Secret(base64.urlsafe_b64encode(b"o" * 32).decode()),)
Break = Callable[[World], Any]


def fill(sentence: str, **values: str) -> str:
    """A sentence as it stands on the page, all its places filled."""
    assert places_of(sentence) <= {"admin", *values}
    text = SENTENCES[sentence]
    for name, value in {"admin": ADMIN, **values}.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def assert_framed(answer: TestResponse, sentence: str, *, admin: str = ADMIN) -> None:
    """A page that Salesforce may frame, and one sentence on it."""
    assert answer.mimetype == "text/html"
    assert "salesforce.com" in answer.headers["Content-Security-Policy"] or ".force.com" in str(answer.headers)
    assert sentence_on(answer) == fill(sentence).replace(ADMIN, admin)
    assert not MACHINE.search(sentence_on(answer))


def assert_told(answer: Answer, sentence: str, **values: str) -> None:
    """An answer that the page shows as this sentence, and that code reads as its text."""
    error = answer.json["error"]
    shown = {"admin": ADMIN} if "admin" in places_of(sentence) else {}
    assert error["sentence"]["id"] == sentence
    assert shown.items() <= error["sentence"]["values"].items()
    text = fill(sentence, **values)
    assert error["message"] == text or not MACHINE.search(error["message"])
    assert not MACHINE.search(text)
    assert "reload" not in text.lower()


def refuse_session(world: World) -> None:
    world.org.sessions_over.add(THANDI.token)


def refuse_query(code: str) -> Break:
    return lambda world: world.org.answers.update(Order=code)


def misaddress(world: World) -> None:
    world.tenant(salesforce={"host_url": "https://evil.example", "client_id": "client", "frame_origins": []})


def break_code(world: World) -> None:
    def fall(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    world.org.before_query = fall


@pytest.mark.parametrize(
    ("broken", "status", "sentence"),
    [
        (refuse_session, 403, "agent_not_accepted"),
        (refuse_query("INVALID_FIELD"), 403, "fields_hidden"),
        (refuse_query("INVALID_TYPE"), 403, "fields_hidden"),
        (refuse_query("API_DISABLED_FOR_ORG"), 403, "api_off"),
        (refuse_query("SOMETHING_NEW"), 403, "salesforce_refused"),
        (lambda world: setattr(world.org, "limit", True), 503, "salesforce_limit"),
        (lambda world: setattr(world.org, "down", True), 503, "salesforce_down"),
        (lambda world: world.disable(), 403, "tenant_disabled"),
        (misaddress, 503, "setup_wrong"),
    ],
    ids=["ip rules", "field", "object", "api off", "unheard of", "limit", "down", "disabled", "address"],
)
def test_a_launch_that_opens_nothing_says_why_in_the_frame(
    world: World, broken: Break, status: int, sentence: str
) -> None:
    signed = sign(envelope(world.order()))
    broken(world)
    answer = world.post_launch(signed)
    assert answer.status_code == status
    assert_framed(answer, sentence)
    assert "reload" not in sentence_on(answer).lower()


def test_a_wrong_encryption_key_is_told_in_the_frame_and_at_every_door(world: World) -> None:
    page = world.open(world.order())
    world.restart(encryption_keys=OTHER_KEY)
    answer = world.post_launch(sign(envelope(page.order_id)))
    assert answer.status_code == 503
    assert_framed(answer, "keys_unreadable", admin=SENTENCES["admin_unknown"])  # nothing is proven without the secrets
    for answer in (
        world.send(page),
        world.client.get(f"/api/orders/{page.order_id}", headers=page.headers),
        world.client.post("/api/launches/renew", headers=page.headers),
    ):
        assert answer.status_code == 503
        assert_told(answer, "keys_unreadable")


@pytest.mark.parametrize(
    ("ask", "status", "sentence"),
    [
        (lambda client: client.put("/launch"), 405, "not_an_order"),
        (lambda client: client.delete("/launch"), 405, "not_an_order"),
        (lambda client: client.post("/launch", data={"signed_request": "x" * 140_000}), 413, "launch_too_large"),
        (lambda client: client.post("/launch", data={"signed_request": "x" * 70_000}), 403, "launch_too_large"),
        (lambda client: client.post("/launch"), 403, "launch_unreadable"),
    ],
    ids=["put", "delete", "far too large", "too large", "empty"],
)
def test_what_nobody_signed_is_answered_by_a_page_too(
    world: World, ask: Callable[[Any], Answer], status: int, sentence: str
) -> None:
    answer = ask(world.client)
    assert answer.status_code == status
    assert_framed(answer, sentence, admin=SENTENCES["admin_unknown"])


def test_a_fault_of_ours_is_a_page(world: World) -> None:
    signed = sign(envelope(world.order()))
    break_code(world)
    answer = world.post_launch(signed)
    assert answer.status_code == 500
    assert_framed(answer, "internal_error", admin=SENTENCES["admin_unknown"])


def test_a_database_that_is_away_is_a_page_or_told_and_doubted_until_it_is_checked_again(
    world: World, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubted: list[bool] = []
    monkeypatch.setattr(world.services.write_check, "doubt", lambda: doubted.append(True))

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(world.services.store.tenants, "by_id", away)
    monkeypatch.setattr(world.services.store.tenants, "by_org", away)
    framed, told = world.post_launch(sign(envelope(page.order_id))), world.send(page)
    assert (framed.status_code, told.status_code, told.json["error"]["retryable"]) == (503, 503, True)
    assert_framed(framed, "database_away", admin=SENTENCES["admin_unknown"])
    assert told.json["error"]["sentence"]["id"] == "database_away"
    assert doubted == [True, True], "readiness goes by no check of before"


def offers(world: World, **changes: Any) -> None:
    """The core offers something else now, and nobody has told us."""
    world.core.configuration.update({"channels": ["sms", "whatsapp"], "currencies": ["ZAR", "JPY"], **changes})


def refuses(status: int, code: str, **changes: Any) -> Break:
    def broken(world: World) -> None:
        world.core.refuse = (status, code)
        offers(world, **changes)

    return broken


def application(status: str | None) -> list[dict[str, str]]:
    return [{"applicationUuid": "app-uuid", "status": status}] if status else []


def test_an_open_page_of_an_org_that_is_switched_off_says_so_before_anybody_presses(world: World) -> None:
    page = world.open(world.order())
    world.disable()
    now = world.look(page)
    assert (now["can_send"], now["send_off"]["id"]) == (False, "org_disabled")


@pytest.mark.parametrize(
    ("broken", "sentence", "values"),
    [
        (refuses(401, "INVALID_API_KEY"), "core_key_refused", {}),
        (refuses(403, "FORBIDDEN"), "core_key_refused", {}),
        (refuses(400, "VALIDATION_FAILED", currencies=["USD"]), "currency_not_offered", {"currency": "ZAR"}),
        (refuses(400, "VALIDATION_FAILED", channels=["whatsapp"]), "channel_not_offered", {"channel": "SMS"}),
        (refuses(400, "VALIDATION_FAILED", channels=[]), "no_channel", {}),
        (refuses(409, "APPLICATION_DISABLED", applications=application("DEACTIVATED")), "application_off", {}),
        (refuses(404, "APPLICATION_NOT_FOUND", applications=application(None)), "application_gone", {}),
        (refuses(422, "WHATEVER", applications=application("DEACTIVATED")), "application_off", {}),
        (refuses(422, "WHATEVER", applications=application(None)), "application_gone", {}),
        (refuses(422, "WHATEVER", applications=application("ACTIVATED")), "core_refused", {}),
    ],
    ids=[
        "key", "key 403", "currency", "channel", "channels", "application off by its code", "application gone by its code",
        "application off", "application gone", "else",
    ],
)  # fmt: skip
def test_a_send_that_the_core_refuses_names_what_changed_there(
    world: World, broken: Break, sentence: str, values: dict[str, str]
) -> None:
    page = world.open(world.order())
    broken(world)
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "core_refused")
    assert_told(answer, sentence, **values)
    assert "internal words" not in answer.text


def test_a_send_of_less_than_the_core_takes_by_now_names_its_least(world: World) -> None:
    page = world.open(world.order())
    refuses(422, "WHATEVER", minimumAmounts={"ZAR": "200.00"})(world)
    said = world.send(page).json["error"]["sentence"]
    least = {"amount": "200.00", "currency": "ZAR"}
    assert (said["id"], said["values"]["minimum"]) == ("amount_below_minimum", least)


def test_what_the_core_took_away_is_known_before_the_next_send(world: World) -> None:
    page = world.open(world.order())
    refuses(400, "VALIDATION_FAILED", currencies=["USD"])(world)
    world.send(page)
    shown = world.look(page)
    assert shown["can_send"] is False
    assert [(one["field"], one["sentence"]["id"]) for one in shown["problems"]] == [
        ("Currency__c", "currency_not_offered")
    ]
    calls = len(world.core.sends)
    answer = world.send(page)
    assert_told(answer, "currency_not_offered", currency="ZAR")
    assert (answer.json["error"]["code"], len(world.core.sends)) == ("order_not_payable", calls)
    offers(world)
    world.callback({"event": "CURRENCY_ADDED"}, kind="settings")
    world.drain()
    assert world.look(page)["can_send"] is True


def at_once(configuration: dict[str, Any]) -> Break:
    offered = {"channels": ["sms"], "currencies": ["ZAR"], "merchant_name": None, "delivery_reports": []}
    return lambda world: world.tenant(configuration={**offered, **configuration})


@pytest.mark.parametrize(
    ("broken", "status", "sentence", "values"),
    [
        (at_once({"channels": ["whatsapp"]}), 422, "channel_not_offered", {"channel": "SMS"}),
        (at_once({"currencies": ["USD"]}), 422, "currency_not_offered", {"currency": "ZAR"}),
        (lambda world: world.disable(), 503, "tenant_disabled", {}),
        (lambda world: setattr(world.org, "limit", True), 503, "salesforce_limit", {}),
        (lambda world: setattr(world.org, "down", True), 503, "salesforce_unavailable", {}),
        (refuse_query("INVALID_FIELD"), 503, "fields_hidden", {}),
        (lambda world: setattr(world.core, "down", True), 503, "core_unavailable", {}),
        (lambda world: world.org.seen_by[THANDI.token].clear(), 422, "no_access", {}),
    ],
    ids=["channel", "currency", "disabled", "limit", "down", "field", "core down", "no access"],
)
def test_a_send_that_cannot_be_made_names_what_stands_in_its_way(
    world: World, broken: Break, status: int, sentence: str, values: dict[str, str]
) -> None:
    page = world.open(world.order())
    broken(world)
    answer = world.send(page)
    assert answer.status_code == status, answer.text
    assert_told(answer, sentence, **values)
    assert world.core.links == {}


def test_a_locked_integration_user_is_named_where_it_is_needed(world: World) -> None:
    page = world.open(world.order())
    refuse_session(world)  # so that the connector must look with its own eyes
    world.org.sessions_over.add("integration-1")  # and log in anew
    world.org.login_refused = "invalid_grant"
    answer = world.send(page)
    assert_told(answer, "salesforce_login_refused")
    assert "invalid_grant" not in answer.text


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (lambda world: world.org.seen_by[THANDI.token].clear(), "no_access"),
        (lambda world: world.disable(), "tenant_disabled"),
    ],
    ids=["no access", "disabled"],
)
def test_a_page_that_may_not_go_on_says_why(world: World, broken: Break, sentence: str) -> None:
    page = world.open(world.order())
    world.clock.pass_by(minutes=14)
    page = renewed(world, page)
    broken(world)
    world.clock.pass_by(minutes=14)
    answer = world.client.post("/api/launches/renew", headers=page.headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "launch_expired")
    assert_told(answer, sentence)


def renewed(world: World, page: Page) -> Page:
    answer = world.client.post("/api/launches/renew", headers=page.headers)
    return Page(page.data, answer.json["launch_token"], page.order_id)


def test_a_flow_reads_the_same_sentence(world: World) -> None:
    flow = KeyHolder(world, "flow")
    refuses(409, "APPLICATION_DISABLED", applications=application("DEACTIVATED"))(world)
    answer = flow.flow("send", order_id=world.order())
    assert (answer.json["outcome"], answer.json["sentence"]) == ("refused", fill("application_off"))

"""A launch: what opens the agent's page, and what does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from threading import Barrier, Event, Semaphore
from typing import Any

import pytest

from foundation.secret import Secret
from tests.factories import (
    CANVAS_SECRET,
    OLD_CANVAS_SECRET,
    ORG,
    ORG_SHORT,
    ORIGINS,
    PHONE,
    SIPHO,
    THANDI,
    envelope,
    long_id,
    make_tenant,
    sign,
)
from tests.journeys.world import SENTENCES, Clock, World, page_data, sentence_on

GLOBEX, NOBODYS = long_id("00Dxx0000009999"), long_id("00Dxx0000008888")
FORM = "application/x-www-form-urlencoded"
ANY_ORG = ("https://*.lightning.force.com", "https://*.vf.force.com", "https://*.my.salesforce.com")


def frame_ancestors(answer: Any) -> tuple[str, ...]:
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    return tuple(policy["frame-ancestors"].split())


def reasons(lines: list[Any]) -> list[str]:
    return [line["reason"] for line in lines if line["event"] == "launch_refused"]


def assert_refused(answer: Any, world: World, *, status: int, sentence: str, origins: tuple[str, ...]) -> None:
    assert answer.status_code == status
    admin = "Naledi in IT" if origins == ORIGINS else SENTENCES["admin_unknown"]
    assert sentence_on(answer) == SENTENCES[sentence].replace("{admin}", admin)
    assert frame_ancestors(answer) == origins
    assert "<script" not in answer.text
    for order in world.org.orders.values():
        assert order["OrderNumber"] not in answer.text
        assert order["Id"] not in answer.text
    assert "115.0" not in answer.text
    assert PHONE not in answer.text


def test_serves_the_page_with_the_orders_data(world: World) -> None:
    order_id = world.order()
    answer = world.post_launch(sign(envelope(order_id)))
    data = page_data(answer.text)
    order = data["order"]
    assert answer.status_code == 200
    assert (data["environment"], data["server_now"]) == ("SANDBOX", "2026-11-21T10:42:07.000Z")
    assert data["user"] == {"id": THANDI.user_id, "name": "Thandi"}
    assert {name: order[name] for name in ("order_number", "total", "tax", "sub_total", "currency", "phone")} == {
        "order_number": "0000102",
        "total": "115.00",
        "tax": "15.00",
        "sub_total": "100.00",
        "currency": "ZAR",
        "phone": PHONE,
    }
    assert order["can_send"] is True
    assert frame_ancestors(answer) == ORIGINS


def test_reads_the_order_in_exactly_one_call_with_the_agents_own_token(world: World) -> None:
    """The first launch of an hour asks beforehand, as ourselves, which country fields the org has."""
    world.open(world.order())
    before = world.org.calls, world.org.logins
    world.org.queries.clear()
    world.open(world.order(SIPHO), SIPHO)
    assert [token for token, _ in world.org.queries] == [SIPHO.token]
    assert (world.org.calls, world.org.logins) == (before[0] + 1, before[1])


def test_reads_the_standard_profile_where_the_custom_total_is_empty(world: World) -> None:
    fields = dict.fromkeys(("Grand_Total__c", "Tax__c", "Sub_Total__c", "Currency__c"))
    page = world.open(world.order(TotalAmount=250.5, **fields))
    assert (page.data["order"]["total"], page.data["order"]["tax"]) == ("250.50", None)


def test_says_which_field_is_wrong_and_who_can_fix_it(world: World) -> None:
    order = world.open(world.order(Grand_Total__c=0)).data["order"]
    (problem,) = order["problems"]
    assert order["can_send"] is False
    assert problem["field"] == "Grand_Total__c"
    assert problem["sentence"]["id"] == "amount_zero"
    assert problem["sentence"]["values"]["admin"] == "Naledi in IT"


def test_follows_an_order_that_somebody_fixes(world: World, clock: Clock) -> None:
    page = world.open(world.order(Grand_Total__c=0))
    world.org.orders[page.order_id]["Grand_Total__c"] = 115.0
    assert world.look(page)["can_send"] is False
    clock.pass_by(seconds=10)
    assert world.look(page)["can_send"] is True


@pytest.mark.parametrize("fault", ["down", "limit"])
def test_polls_of_a_problem_order_ask_a_salesforce_that_does_not_answer_once_in_ten_seconds(
    world: World, clock: Clock, fault: str
) -> None:
    page = world.open(world.order(Grand_Total__c=0))
    setattr(world.org, fault, True)
    clock.pass_by(seconds=11)
    calls = world.org.calls
    for _ in range(9):
        world.look(page)
        clock.pass_by(seconds=1)
    assert world.org.calls == calls + 1
    setattr(world.org, fault, False)
    world.org.orders[page.order_id]["Grand_Total__c"] = 115.0
    clock.pass_by(seconds=1)
    assert world.look(page)["can_send"] is True


def test_a_poll_that_waited_in_vain_for_salesforce_is_followed_by_ten_seconds_without_one(
    world: World, clock: Clock
) -> None:
    page = world.open(world.order(Grand_Total__c=0))
    clock.pass_by(seconds=11)
    world.org.answers["Order"] = "SERVER_UNAVAILABLE"
    world.org.before_query = lambda: clock.pass_by(seconds=20)
    world.look(page)
    calls = world.org.calls
    clock.pass_by(seconds=9.9)
    world.look(page)
    assert world.org.calls == calls
    clock.pass_by(seconds=0.1)
    world.look(page)
    assert world.org.calls == calls + 1


def test_polls_of_a_problem_order_spend_no_allowance_that_is_nearly_used_up(world: World, clock: Clock) -> None:
    page = world.open(world.order(Grand_Total__c=0))
    clock.pass_by(seconds=11)
    world.services.salesforce.limits.note("acme", "api-usage=81/100", now=clock())
    calls = world.org.calls
    world.look(page)
    assert world.org.calls == calls


def test_takes_ids_of_15_and_of_18_characters_alike(world: World) -> None:
    long = world.order()
    content = envelope(long[:15])
    content["context"]["organization"]["organizationId"] = ORG_SHORT
    content["context"]["user"]["userId"] = THANDI.user_id[:15]
    data = page_data(world.post_launch(sign(content)).text)
    assert data["order"]["order_id"] == world.open(long).order_id == long
    assert data["user"]["id"] == THANDI.user_id


def test_takes_parameters_that_come_as_text(world: World) -> None:
    order_id = world.order()
    content = envelope(None)
    content["context"]["environment"]["parameters"] = f'{{"orderId": "{order_id}"}}'
    assert page_data(world.post_launch(sign(content)).text)["order"]["order_id"] == order_id


def test_takes_both_secrets_during_a_rotation(world: World) -> None:
    order_id = world.order()
    assert world.post_launch(sign(envelope(order_id))).status_code == 200
    assert world.post_launch(sign(envelope(order_id), OLD_CANVAS_SECRET)).status_code == 200


def test_a_person_who_comes_by_mistake_gets_help(world: World) -> None:
    answer = world.client.get("/launch")
    assert answer.status_code == 200
    assert SENTENCES["not_an_order"] in answer.text
    assert frame_ancestors(answer) == ANY_ORG


@pytest.mark.parametrize(
    ("order_id", "sentence", "reason"),
    [
        (None, "no_order_id", "no_order_id"),
        ("nonsense", "not_an_order", "not_an_order"),
        (long_id("001xx000003DGb2"), "not_an_order", "not_an_order"),
        ("801' OR Id != '", "not_an_order", "not_an_order"),
        (long_id("801xx000003DGb2")[:-1], "not_an_order", "not_an_order"),
        (long_id("801xx0000099999"), "no_access", "no_access"),
    ],
    ids=["no record id", "not an id", "an account", "an injection", "17 characters", "no such order"],
)
def test_without_a_usable_order_shows_a_sentence_and_asks_for_nothing_else(
    world: World, lines: list[Any], order_id: Any, sentence: str, reason: str
) -> None:
    world.order()
    answer = world.post_launch(sign(envelope(order_id)))
    assert_refused(answer, world, status=403, sentence=sentence, origins=ORIGINS)
    assert reasons(lines) == [reason]
    assert len(world.org.queries) == (reason == "no_access")


def test_of_an_agent_without_access_shows_no_data(world: World, lines: list[Any]) -> None:
    order_id = world.order(THANDI)
    world.order(SIPHO)
    answer = world.post_launch(sign(envelope(order_id, SIPHO)))
    assert_refused(answer, world, status=403, sentence="no_access", origins=ORIGINS)
    assert reasons(lines) == ["no_access"]


def _broken(name: str, order_id: str) -> str:
    match name:
        case "unknown_org":
            content = envelope(order_id)
            content["context"]["organization"]["organizationId"] = long_id("00Dxx0000009999")
            return sign(content, "a-strangers-secret")
        case "wrong_signature":
            return sign(envelope(order_id), "another secret")
        case "no signature":
            return "." + sign(envelope(order_id)).partition(".")[2]
        case "wrong_algorithm":
            return sign(envelope(order_id, algorithm="HMACSHA1"))
        case "incomplete":
            return sign(envelope(order_id, client={}))
        case "too_large":
            return sign(envelope(order_id, padding="x" * 70_000))
        case "altered":
            signature = sign(envelope(order_id)).partition(".")[0]
            return f"{signature}.{sign(envelope(order_id)).partition('.')[2]}"
        case _:
            return "not.signed"


@pytest.mark.parametrize(
    ("name", "sentence", "reason"),
    [
        ("unknown_org", "unknown_org", "unknown_org"),
        ("wrong_signature", "unknown_org", "wrong_signature"),
        ("no signature", "unknown_org", "wrong_signature"),
        ("altered", "unknown_org", "wrong_signature"),
        ("wrong_algorithm", "launch_unreadable", "wrong_algorithm"),
        ("incomplete", "launch_unreadable", "incomplete"),
        ("too_large", "launch_too_large", "too_large"),
        ("malformed", "launch_unreadable", "malformed"),
    ],
)
def test_that_proves_nothing_shows_its_sentence_to_any_salesforce_frame(
    world: World, lines: list[Any], name: str, sentence: str, reason: str
) -> None:
    answer = world.post_launch(_broken(name, world.order()))
    assert_refused(answer, world, status=403, sentence=sentence, origins=ANY_ORG)
    assert reasons(lines) == [reason]
    assert world.org.calls == 0


def test_tells_a_stranger_nothing_about_which_orgs_are_connected(world: World) -> None:
    """Whoever has one org's secret, or none, names an org that is connected and one that is not."""
    order_id = world.order()
    _connect_globex(world)
    for secret in (CANVAS_SECRET, "a-secret-of-nobody"):
        connected, unheard_of = (world.post_launch(sign(_from(org, order_id), secret)) for org in (GLOBEX, NOBODYS))
        assert (connected.status_code, sentence_on(connected)) == (unheard_of.status_code, sentence_on(unheard_of))
        assert frame_ancestors(connected) == frame_ancestors(unheard_of)


def test_of_an_org_whose_own_secret_it_is_not_signed_with_but_anothers_is_told_to_that_other(world: World) -> None:
    _connect_globex(world)
    answer = world.post_launch(sign(_from(GLOBEX, world.order())))
    assert_refused(answer, world, status=403, sentence="wrong_environment", origins=ANY_ORG)
    (finding,) = world.rows("findings")
    assert (finding["tenant_id"], finding["subject"]) == ("acme", GLOBEX)


@pytest.mark.parametrize(
    ("user", "shown"),
    [
        ({"fullName": "Thandi \ud800\x00M"}, ("Thandi M", "en-US", "Africa/Johannesburg")),
        ({"timeZone": "Africa"}, ("Thandi", "en-US", "UTC")),
        ({"timeZone": "../../etc/passwd"}, ("Thandi", "en-US", "UTC")),
        ({"timeZone": "\ud800"}, ("Thandi", "en-US", "UTC")),
        ({"language": "\x00\x00"}, ("Thandi", "en", "Africa/Johannesburg")),
        ({"language": "../"}, ("Thandi", "en", "Africa/Johannesburg")),
        ({"language": "fil"}, ("Thandi", "en", "Africa/Johannesburg")),
    ],
)
def test_by_somebody_with_an_odd_name_zone_or_language_opens_all_the_same(
    world: World, user: dict[str, Any], shown: Any
) -> None:
    content = envelope(world.order())
    content["context"]["user"].update(user)
    data = page_data(world.post_launch(sign(content)).text)
    assert (data["user"]["name"], data["locale"], data["time_zone"]) == shown


@pytest.mark.parametrize("parameters", ["[" * 20_000, "9" * 5_000, "{"], ids=["nested", "a long number", "cut off"])
def test_whose_browser_sends_parameters_that_nobody_can_read_names_no_order(
    world: World, lines: list[Any], parameters: Any
) -> None:
    content = envelope(None)
    content["context"]["environment"]["parameters"] = parameters
    assert_refused(world.post_launch(sign(content)), world, status=403, sentence="no_order_id", origins=ORIGINS)
    assert reasons(lines) == ["no_order_id"]


def test_on_an_id_that_salesforce_itself_refuses_finds_no_order(world: World, lines: list[Any]) -> None:
    order_id = world.order()
    world.org.answers["Order"] = "INVALID_QUERY_FILTER_OPERATOR"
    answer = world.post_launch(sign(envelope(order_id)))
    assert_refused(answer, world, status=403, sentence="no_access", origins=ORIGINS)
    assert reasons(lines) == ["no_access"]


def test_holds_half_of_the_threads_at_most_however_slowly_forms_arrive(world: World, lines: list[Any]) -> None:
    """The others answer the core and the open pages."""
    signed, room, begun, goes_on = sign(envelope(world.order())), 2, Semaphore(0), Event()
    assert world.services.settings.threads == 2 * room
    with ThreadPoolExecutor(room) as pool:
        held = [
            pool.submit(
                world.client.post,
                "/launch",
                input_stream=_SlowForm(begun, goes_on),
                content_length=9,
                content_type=FORM,
            )
            for _ in range(room)
        ]
        assert all(begun.acquire(timeout=20) for _ in held)
        answer = world.post_launch(signed)
        assert world.client.get("/health/live").status_code == 200
        goes_on.set()
    assert_refused(answer, world, status=503, sentence="try_later", origins=ANY_ORG)
    assert reasons(lines)[0] == "too_many_at_once"
    assert [one.result().status_code for one in held] == [403] * room
    assert world.post_launch(signed).status_code == 200


class _SlowForm(BytesIO):
    """A body whose sender waits."""

    def __init__(self, begun: Semaphore, goes_on: Event) -> None:
        super().__init__(b"nothing=1")
        self._begun, self._goes_on = begun, goes_on

    def readinto(self, buffer: Any, /) -> int:
        self._begun.release()
        assert self._goes_on.wait(60)
        return super().readinto(buffer)


def _connect_globex(world: World) -> None:
    other = make_tenant("globex", org_id=GLOBEX, callback_key="key-of-globex")
    access = replace(other.salesforce, canvas_secrets=(Secret("canvas-secret-of-globex"),))
    world.services.store.tenants.add(replace(other, salesforce=access), now=world.clock())


def _from(org_id: str, order_id: str) -> dict[str, Any]:
    content = envelope(order_id)
    content["context"]["organization"]["organizationId"] = org_id
    return content


def test_of_a_disabled_tenant_says_so(world: World, lines: list[Any]) -> None:
    order_id = world.order()
    world.disable()
    answer = world.post_launch(sign(envelope(order_id)))
    assert_refused(answer, world, status=403, sentence="tenant_disabled", origins=ORIGINS)
    assert reasons(lines) == ["tenant_disabled"]
    assert world.org.calls == 0


def test_with_a_session_that_salesforce_does_not_accept_from_us_names_who_fixes_it(
    world: World, lines: list[Any]
) -> None:
    order_id = world.order()
    world.org.sessions_over.add(THANDI.token)
    answer = world.post_launch(sign(envelope(order_id)))
    assert_refused(answer, world, status=403, sentence="agent_not_accepted", origins=ORIGINS)
    assert reasons(lines) == ["agent_session_over"]


@pytest.mark.parametrize(
    ("switch", "sentence", "reason"),
    [("down", "salesforce_down", "salesforce_unavailable"), ("limit", "salesforce_limit", "salesforce_limit")],
)
def test_while_salesforce_cannot_serve_says_so_and_may_be_repeated(
    world: World, lines: list[Any], switch: str, sentence: str, reason: str
) -> None:
    signed = sign(envelope(world.order()))
    setattr(world.org, switch, True)
    assert_refused(world.post_launch(signed), world, status=503, sentence=sentence, origins=ORIGINS)
    assert reasons(lines) == [reason]
    setattr(world.org, switch, False)
    assert world.post_launch(signed).status_code == 200


def test_that_was_refused_does_not_use_its_request_up(world: World) -> None:
    order_id = world.order(SIPHO)
    signed = sign(envelope(order_id, THANDI))
    world.order(THANDI)
    assert world.post_launch(signed).status_code == 403
    world.org.seen_by[THANDI.token].add(order_id)
    assert world.post_launch(signed).status_code == 200


def test_a_replay_is_told_to_reload_the_browser_tab(world: World, lines: list[Any]) -> None:
    signed = sign(envelope(world.order()))
    assert world.post_launch(signed).status_code == 200
    asked = len(world.org.queries)
    answer = world.post_launch(signed)
    assert_refused(answer, world, status=403, sentence="launch_replayed", origins=ORIGINS)
    assert len(world.org.queries) == asked, "the token of a request that was used is not used again"
    assert "Reload this browser tab" in sentence_on(answer)
    assert reasons(lines) == ["replayed"]


def test_a_replay_is_refused_after_a_restart_and_after_the_agents_token_was_wiped(world: World, clock: Clock) -> None:
    signed = sign(envelope(world.order()))
    world.post_launch(signed)
    clock.pass_by(hours=13)
    world.sweep()
    world.restart()
    assert world.row("launches")["agent_token"] is None
    assert sentence_on(world.post_launch(signed)) == SENTENCES["launch_replayed"]


@pytest.mark.both_databases
def test_two_same_requests_at_once_open_one_page(world: World, lines: list[Any]) -> None:
    signed = sign(envelope(world.order()))
    meeting = Barrier(2)
    world.org.before_query = lambda: meeting.wait(60)  # both are past the first look
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(world.post_launch, [signed, signed]))
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    assert reasons(lines) == ["replayed"]
    assert len(world.rows("launches")) == 1


def test_the_page_keeps_no_secret_but_its_own_token(world: World) -> None:
    answer = world.post_launch(sign(envelope(world.order())))
    assert THANDI.token not in answer.text
    assert ORG not in page_data(answer.text)["launch_token"]


@pytest.mark.parametrize(("method", "status"), [("PUT", 405), ("DELETE", 405)])
def test_another_method_is_a_page_too(world: World, method: str, status: int) -> None:
    answer = world.client.open("/launch", method=method)
    assert answer.status_code == status

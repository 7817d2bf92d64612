"""A core that can send no proof: its callbacks are a reason to look, and nothing in them is believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.tenants.tenant import NoProof
from connector.journeys.connecting.rotate_callback_address import rotate_callback_address
from connector.journeys.connecting.secrets_after_step import RotationStep
from tests.factories import CALLBACK_KEY, OTHER_PHONE, PHONE, make_tenant, notification
from tests.journeys.notifications.test_stop import START, STOP, heard, word
from tests.journeys.played_once import played_once
from tests.journeys.world import Clock, Page, World


@pytest.fixture
@played_once
def page(world: World) -> Page:
    world.tenant(proofs=False)
    return world.open(world.order())


@pytest.fixture
@played_once
def link(world: World, page: Page) -> dict[str, Any]:
    made = world.sent(page)
    world.clock.pass_by(
        seconds=5
    )  # one second after the core's last word a body without a proof is no reason to ask again
    return made


def with_either(world: World) -> None:
    """Let callbacks come with a proof or without one."""
    world.tenant(proofs=True)
    proven = world.acme.core.proofs
    world.services.store.tenants.change(
        "acme", lambda kept: replace(kept, core=replace(kept.core, proofs=(*proven, NoProof()))), now=world.clock()
    )


def told(world: World, body: Any, *, kind: str = "payment-status") -> str:
    """The core tells without a proof; return the verdict."""
    assert world.callback(body, kind=kind, headers={}).status_code == 200
    world.drain()
    return str(world.rows("inbox")[-1]["verdict"])


def test_money_that_the_record_shows_is_taken_in(world: World, page: Page, link: dict[str, Any]) -> None:
    assert told(world, world.core.happen(link, "PAYMENT_RECEIVED")) == "applied"
    assert world.look(page)["payment_state"] == "paid"


@pytest.mark.parametrize(
    "said", ["PAYMENT_RECEIVED", "PAYMENT_LINK_CLICKED", "PAYMENT_LINK_EXPIRED", "PAYMENT_DECLINED"]
)
def test_what_the_record_does_not_show_changes_nothing_that_anybody_sees(
    world: World, page: Page, link: dict[str, Any], said: str
) -> None:
    before = world.look(page)
    body = notification(link, said, at=world.clock())
    assert told(world, body) != "applied"
    after = world.look(page)
    assert (after["payment_state"], after["can_send"]) == ("requested", False)
    assert after["payment_requests"][0]["sentences"] == before["payment_requests"][0]["sentences"]


def test_a_record_that_lags_behind_its_news_is_read_again_a_moment_later(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    assert told(world, notification(link, "PAYMENT_RECEIVED", at=world.clock())) == "awaiting confirmation"
    (waiting,) = world.rows("inbox")
    assert (waiting["reason"], waiting["attempts"]) == ("core_says_otherwise", 1)
    world.core.happen(link, "PAYMENT_RECEIVED")
    clock.pass_by(seconds=2)
    world.drain()
    assert [one["verdict"] for one in world.rows("inbox")] == ["applied"]
    assert world.look(page)["payment_state"] == "paid"


def test_even_a_click_is_read_in_the_record(world: World, page: Page, link: dict[str, Any]) -> None:
    asked = len(world.core.questions)
    assert told(world, world.core.happen(link, "PAYMENT_LINK_CLICKED"), kind="transaction-status") == "applied"
    assert len(world.core.questions) == asked + 1
    assert world.look(page)["payment_requests"][0]["status"] == "opened"


@pytest.mark.parametrize("is_proven", [True, False], ids=["proven", "unproven"])
def test_what_belongs_to_nobody_is_waited_for_an_hour_with_a_proof_and_two_minutes_without(
    world: World, page: Page, clock: Clock, *, is_proven: bool
) -> None:
    """Our own commit of the link may be late; bodies that anybody can send must not fill the inbox for an hour."""
    with_either(world)
    strange = {"paymentLinkRef": "nobodys-link", "transactionStatus": "PAYMENT_LINK_CLICKED"}
    world.callback(strange, headers=None if is_proven else {})
    verdicts = []
    begun = clock()
    for minutes in (1, 2, 59, 60):
        clock.at = begun + timedelta(minutes=minutes)
        world.drain()
        verdicts.append(world.row("inbox")["verdict"])
    assert verdicts == (["held", "held", "held", "orphan"] if is_proven else ["held", "orphan", "orphan", "orphan"])


def test_names_that_are_nobodys_cost_the_core_no_question(world: World, page: Page, link: dict[str, Any]) -> None:
    asked = len(world.core.questions)
    strange = notification(link, "PAYMENT_RECEIVED", at=world.clock()) | {
        "paymentLinkRef": "somebody-elses",
        "additionalData": {"reference": "c2p_nobodys"},
    }
    assert told(world, strange) in ("held", "orphan")
    assert len(world.core.questions) == asked


def test_many_about_one_link_are_one_question_a_second(world: World, page: Page, link: dict[str, Any]) -> None:
    asked = len(world.core.questions)
    for number in range(20):
        told(world, notification(link, "PAYMENT_RECEIVED", at=world.clock()) | {"traceId": number})
    assert len(world.core.questions) - asked <= 2


def test_the_core_is_asked_again_a_second_after_its_last_word(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    body = notification(link, "PAYMENT_LINK_CLICKED", at=world.clock())
    asked = []
    for number, seconds in enumerate((0, 0.9, 0.1)):
        clock.pass_by(seconds=seconds)
        told(world, body | {"traceId": number})
        asked.append(len(world.core.questions))
    assert [one - asked[0] for one in asked] == [0, 0, 1]


def test_one_beside_news_with_a_proof_spares_the_core_no_question(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    with_either(world)
    told(world, notification(link, "PAYMENT_RECEIVED", at=world.clock()))
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    world.callback(body | {"traceId": 1}, headers={})
    world.callback(body)
    world.drain()
    assert world.look(page)["payment_state"] == "paid", (
        "within the second in which another of its kind is not asked about"
    )


def test_more_than_a_tenant_may_need_is_refused_for_a_minute_and_then_taken(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    statuses = []
    for number in range(1200):
        body = notification(link, "PAYMENT_LINK_CLICKED", at=world.clock()) | {"traceId": number}
        statuses.append(world.callback(body, headers={}).status_code)
        if statuses[-1] != 200:
            break
    assert statuses[-1] == 429
    assert len(statuses) == 960 + 1, "eight for each of the 120 links that a minute may bring"
    answer = world.callback({"traceId": "more"}, headers={})
    assert answer.json["error"]["message"] == "Too many notifications without a proof."
    assert int(answer.headers["Retry-After"]) in range(1, 61)
    other = make_tenant("globex", callback_key="key-of-globex", org_id="00Dxx0000001gEiEAI", proofs=False)
    world.services.store.tenants.add(other, now=world.clock())
    assert world.callback({"traceId": "theirs"}, headers={}, key="key-of-globex").status_code == 200
    clock.pass_by(seconds=61)
    assert world.callback({"traceId": "later"}, headers={}).status_code == 200


def test_large_ones_use_up_the_minute_sooner(world: World, page: Page) -> None:
    large = {"transactionStatus": "PAYMENT_LINK_CLICKED", "filler": "x" * 40_960}
    statuses = [world.callback(large | {"traceId": number}, headers={}).status_code for number in range(150)]
    assert (statuses[0], statuses[-1]) == (200, 429)


def test_of_settings_are_a_few_readings_a_minute(world: World, page: Page, clock: Clock) -> None:
    heard_of = [told(world, {"traceId": number}, kind="settings") for number in range(8)]
    assert heard_of == ["applied"] * 6 + ["awaiting confirmation"] * 2
    assert world.rows("inbox")[-1]["reason"] == "settings_read_lately"
    assert timedelta(0) < world.rows("inbox")[-1]["due_at"] - clock() <= timedelta(minutes=1)
    clock.pass_by(minutes=1)
    world.drain()
    assert {row["verdict"] for row in world.rows("inbox")} == {"applied"}


def test_of_settings_wait_for_nothing_that_comes_with_a_proof(world: World, page: Page) -> None:
    for number in range(7):
        told(world, {"traceId": number}, kind="settings")
    with_either(world)
    world.callback({"traceId": 7}, kind="settings", headers={})
    world.callback({"traceId": 8}, kind="settings")
    world.drain()
    assert [row["verdict"] for row in world.rows("inbox")[7:]] == ["applied"] * 2


def test_a_stop_counts_where_a_live_link_went_to_the_number(world: World, page: Page, link: dict[str, Any]) -> None:
    assert heard(world, word(world, STOP), headers={}) == "applied"


def test_a_stop_that_names_a_link_of_ours_counts_while_that_link_is_live(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    """Its own number cannot be read, and once the link is dead nobody vouches for what it names."""
    names = {"paymentLinkRef": link["paymentLinkRef"], "endUserMobileNumber": "nobody's"}
    world.told(link, "PAYMENT_LINK_CANCELLED")
    assert heard(world, word(world, STOP, **names), headers={}) == "orphan"
    names["paymentLinkRef"] = world.sent(page)["paymentLinkRef"]
    world.clock.pass_by(seconds=5)
    asked = len(world.core.questions)
    assert heard(world, word(world, STOP, **names), headers={}) == "applied"
    assert len(world.core.questions) == asked, "a core that is away holds no STOP back"


def test_a_stop_for_another_number_counts_for_nothing_whatever_live_link_it_names(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    names = {"paymentLinkRef": link["paymentLinkRef"], "endUserMobileNumber": OTHER_PHONE}
    assert heard(world, word(world, STOP, **names), headers={}) == "orphan"
    assert world.rows("stopped_numbers") == []


def test_a_stop_on_a_channel_that_no_live_link_used_counts_only_where_it_names_one(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    assert heard(world, word(world, STOP, channel="whatsapp"), headers={}) == "orphan"
    named = word(world, STOP, after=1, channel="whatsapp", paymentLinkRef=link["paymentLinkRef"])
    assert heard(world, named, headers={}) == "applied"
    assert [row["channel"] for row in world.rows("stopped_numbers")] == ["whatsapp"]


def test_a_repeat_that_comes_with_a_proof_makes_it_proven_for_good(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    with_either(world)
    body = notification(link, "PAYMENT_RECEIVED", at=world.clock())
    assert [world.callback(body, headers={}).status_code, world.row("inbox")["proven"]] == [200, False]
    assert [world.callback(body).status_code, world.row("inbox")["proven"]] == [200, True]
    assert [world.callback(body, headers={}).status_code, world.row("inbox")["proven"]] == [200, True]


@pytest.mark.parametrize(("said", "named"), [(STOP, "STOP"), (START, "START")])
def test_a_word_of_a_number_without_a_live_link_is_a_finding_and_counts_for_nothing(
    world: World, page: Page, said: Any, named: str
) -> None:
    assert heard(world, word(world, said, endUserMobileNumber=PHONE), headers={}) == "orphan"
    assert world.rows("stopped_numbers") == []
    assert [(row["check"], row["subject"]) for row in world.rows("findings")] == [("word_unproven", named)]


def test_the_address_is_a_secret_that_can_be_changed(world: World, page: Page, link: dict[str, Any]) -> None:
    store = world.services.store
    fresh = rotate_callback_address(tenant_id="acme", step=RotationStep.BEGIN, store=store, now=world.clock())
    assert fresh not in (None, "", CALLBACK_KEY)
    body = world.core.happen(link, "PAYMENT_LINK_CLICKED")
    for number, key in enumerate((CALLBACK_KEY, fresh)):
        assert world.callback(body | {"traceId": number}, headers={}, key=key).status_code == 200
    rotate_callback_address(tenant_id="acme", step=RotationStep.FINISH, store=store, now=world.clock())
    assert world.callback(body | {"traceId": 3}, headers={}, key=CALLBACK_KEY).status_code == 401
    assert world.callback(body | {"traceId": 4}, headers={}, key=fresh).status_code == 200


def test_a_flood_at_the_old_address_leaves_the_new_one_open(world: World, page: Page) -> None:
    store = world.services.store
    fresh = rotate_callback_address(tenant_id="acme", step=RotationStep.BEGIN, store=store, now=world.clock())
    large = {"transactionStatus": "PAYMENT_LINK_CLICKED", "filler": "x" * 40_960}
    statuses = [world.callback(large | {"traceId": number}, headers={}).status_code for number in range(150)]
    assert statuses[-1] == 429
    assert fresh is not None
    assert world.callback({"traceId": "theirs"}, headers={}, key=fresh).status_code == 200

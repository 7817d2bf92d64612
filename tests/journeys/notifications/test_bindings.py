"""A link is bound to a request by the core's own record alone, and a binding that turned out wrong is healed by it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from connector.journeys.notifications.find_requests import find_attempted, find_requests
from connector.journeys.reconciling.reconcile_payment import Discrepancy, reconcile_payment
from connector.store.schema.tables import payment_requests
from tests.factories import notification
from tests.journeys.played_once import played_once
from tests.journeys.world import Page, World

WORDS = (
    "PAYMENT_LINK_CREATED",
    "PAYMENT_LINK_SENT",
    "PAYMENT_LINK_CLICKED",
    "PAYMENT_RECEIVED",
    "PAYMENT_LINK_EXPIRED",
)


@pytest.fixture
@played_once
def other(world: World) -> dict[str, Any]:
    """Another customer's link, on another order."""
    return world.sent(world.open(world.order()))


@pytest.fixture
@played_once
def unbound(world: World, page: Page) -> str:
    """A request whose answer was lost: nobody knows its link yet. Returns our reference."""
    world.core.lose_requests = True
    reference: str = world.send(page).json["reference"]
    world.core.lose_requests = False
    return reference


def test_news_of_a_link_of_ours_under_a_reference_of_nobody_is_about_that_links_request(
    world: World, other: dict[str, Any]
) -> None:
    mine = other["additionalData"]["reference"]
    named = [("of-another-system", other["paymentLinkRef"]), (mine.upper(), None), (None, "nobodys"), (mine, "nobodys")]
    found = find_requests(tenant=world.acme, named=named, store=world.services.store)
    assert [[one.reference for one in some] for some in found] == [[mine], [mine], [], [mine]]


def test_news_of_a_link_that_the_core_does_not_know_waits_and_holds_up_nothing(
    world: World, page: Page, other: dict[str, Any]
) -> None:
    link = world.sent(page)
    strange = {"paymentLinkRef": "gone-link", "transactionStatus": "PAYMENT_RECEIVED", "totalAmount": 115.0}
    world.callback({**notification(link, "PAYMENT_RECEIVED", at=world.clock()), **strange, "additionalData": {}})
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    world.drain()
    assert sorted(row["verdict"] for row in world.rows("inbox")) == ["applied", "held"]
    assert world.look(page)["payment_state"] == "paid"


def test_of_two_requests_that_news_names_the_one_by_our_reference_comes_first(
    world: World, other: dict[str, Any], unbound: str
) -> None:
    theirs, link = other["additionalData"]["reference"], other["paymentLinkRef"]
    named = [(unbound, link), (theirs, link.upper()), (None, link.upper())]
    found = find_requests(tenant=world.acme, named=named, store=world.services.store)
    assert [[one.reference for one in some] for some in found] == [[unbound, theirs], [theirs], [theirs]]
    for texts, references in (
        ([unbound, link], {unbound, theirs}),
        ([unbound, "a word"], {unbound}),
        ([link], {theirs}),
    ):
        attempted = find_attempted(tenant=world.acme, texts=texts, store=world.services.store)
        assert {one.reference for one in attempted} == references


def row_of(world: World, reference: str) -> dict[str, Any]:
    return next(row for row in world.rows("payment_requests") if row["reference"] == reference)


def tell(world: World, body: dict[str, Any]) -> None:
    assert world.callback(body).status_code == 200
    for _ in range(8):
        world.drain()
        world.clock.pass_by(seconds=20)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("gone", [(), ("orderNumber",), ("totalAmount",), ("orderNumber", "totalAmount")], ids=repr)
def test_a_body_with_our_reference_and_somebody_elses_link_binds_nothing(
    world: World, page: Page, other: dict[str, Any], unbound: str, word: str, gone: Any
) -> None:
    body = notification(other, word, at=world.clock()) | {"additionalData": {"reference": unbound}}
    tell(world, {name: value for name, value in body.items() if name not in gone})
    mine, theirs = row_of(world, unbound), row_of(world, other["additionalData"]["reference"])
    assert (mine["link_reference"], mine["link"], mine["money"]) == (None, "unknown", "none")
    assert (theirs["link_reference"], theirs["money"]) == (other["paymentLinkRef"], "none")
    assert {row["verdict"] for row in world.rows("inbox")} == {"anomaly"}


@pytest.mark.parametrize("word", WORDS)
def test_a_body_with_our_reference_and_a_link_that_nobody_knows_binds_nothing(
    world: World, page: Page, unbound: str, word: str
) -> None:
    tell(world, {"paymentLinkRef": "no-such-link", "paymentStatus": word, "additionalData": {"reference": unbound}})
    mine = row_of(world, unbound)
    assert (mine["link_reference"], mine["link"], mine["money"]) == (None, "unknown", "none")


@pytest.mark.parametrize("word", WORDS[:4])
def test_a_link_whose_record_carries_our_reference_is_bound(world: World, page: Page, word: Any) -> None:
    world.core.drop_answers = True
    reference = world.send(page).json["reference"]
    world.core.drop_answers = False
    link = world.core.last()
    tell(world, world.core.happen(link, word))
    assert row_of(world, reference)["link_reference"] == link["paymentLinkRef"]


def test_a_core_without_a_look_up_shows_in_the_named_links_record_whose_it_is(world: World, page: Page) -> None:
    world.core.drop_answers = True
    reference = world.send(page).json["reference"]
    world.core.drop_answers, world.core.looks_up = False, False
    link = world.core.last()
    tell(world, world.core.happen(link, "PAYMENT_RECEIVED"))
    assert (row_of(world, reference)["link_reference"], row_of(world, reference)["money"]) == ("link-0001", "paid")


def test_a_body_about_a_request_that_no_look_up_finds_is_put_aside_in_the_end(
    world: World, page: Page, other: dict[str, Any], unbound: str
) -> None:
    world.core.looks_up = False
    body = notification(other, "PAYMENT_RECEIVED", at=world.clock()) | {"additionalData": {"reference": unbound}}
    del body["paymentLinkRef"]
    tell(world, body)
    assert {row["verdict"] for row in world.rows("inbox")} == {"anomaly"}
    assert row_of(world, unbound)["money"] == "none"


def test_a_link_whose_record_carries_no_reference_binds_nothing(
    world: World, page: Page, other: dict[str, Any], unbound: str
) -> None:
    other["additionalData"] = {}
    body = notification(other, "PAYMENT_LINK_SENT", at=world.clock()) | {"additionalData": {"reference": unbound}}
    tell(world, body)
    assert row_of(world, unbound)["link_reference"] is None


def test_money_of_somebody_elses_link_under_our_reference_counts_for_the_links_own_request(
    world: World, page: Page, other: dict[str, Any], unbound: str
) -> None:
    body = world.core.happen(other, "PAYMENT_RECEIVED") | {"additionalData": {"reference": unbound}}
    tell(world, body)
    mine, theirs = row_of(world, unbound), row_of(world, other["additionalData"]["reference"])
    assert (mine["money"], mine["link_reference"], theirs["money"]) == ("none", None, "paid")


def test_news_with_only_a_link_that_is_not_bound_yet_finds_its_request_by_the_cores_record(
    world: World, page: Page
) -> None:
    world.core.drop_answers = True
    reference = world.send(page).json["reference"]
    world.core.drop_answers = False
    link = world.core.last()
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    world.callback({name: body[name] for name in ("paymentLinkRef", "paymentStatus")})
    world.drain()
    assert (row_of(world, reference)["money"], row_of(world, reference)["link_reference"]) == ("paid", "link-0001")


# --- healing -----------------------------------------------------------------------------------------------------------


def bind_wrongly(world: World, reference: str, link: str, **changes: Any) -> None:
    """What an older version has done."""
    with world.services.store.database.write() as connection:
        mine = payment_requests.c.reference == reference
        connection.execute(update(payment_requests).where(mine).values(link_reference=link, **changes))


def reconcile(world: World, reference: str) -> Any:
    return reconcile_payment(world.services.for_tenant(world.acme), request=world.request(reference))


@pytest.mark.parametrize("wrong", ["another's", "another's without a reference", "nobody's"])
def test_a_wrong_binding_is_healed_by_the_look_up_and_history_says_so(
    world: World, page: Page, other: dict[str, Any], wrong: str
) -> None:
    link = world.sent(page)
    reference = link["additionalData"]["reference"]
    bind_wrongly(world, reference, "gone-link" if wrong == "nobody's" else other["paymentLinkRef"])
    if wrong == "another's without a reference":
        other["additionalData"] = {}
    world.core.happen(link, "PAYMENT_LINK_CLICKED")
    assert reconcile(world, reference).finding is Discrepancy.HEALED
    mine = row_of(world, reference)
    assert (mine["link_reference"], mine["link"]) == (link["paymentLinkRef"], "opened")
    lines = {line["event"]: line["note"] for line in world.rows("payment_events") if line["reference"] == reference}
    assert lines["rebound"].endswith(f" → {link['paymentLinkRef']}")
    told = next(one for one in world.look(page)["payment_requests"] if one["reference"] == reference)
    assert "timeline_rebound" in [line["id"] for line in told["timeline"]]
    assert reconcile(world, reference).finding is Discrepancy.SAME


@pytest.mark.both_databases
def test_money_that_came_over_a_wrong_link_is_named_and_not_taken_back_in_silence(
    world: World, page: Page, other: dict[str, Any]
) -> None:
    link = world.sent(page)
    reference = link["additionalData"]["reference"]
    bind_wrongly(world, reference, other["paymentLinkRef"], money="paid", captured=Decimal("115.00"), live=False)
    told = reconcile(world, reference)
    assert told.finding is Discrepancy.UNEXPLAINED
    assert told.description == "we have it as paid, the payment core's record as none"
    mine = row_of(world, reference)
    assert (mine["link_reference"], str(mine["captured"])) == (link["paymentLinkRef"], "115.00")
    assert reconcile(world, reference).finding is Discrepancy.UNEXPLAINED


@pytest.mark.both_databases
def test_a_wrong_binding_without_a_look_up_stays_and_is_named(world: World, page: Page, other: dict[str, Any]) -> None:
    link = world.sent(page)
    reference = link["additionalData"]["reference"]
    bind_wrongly(world, reference, other["paymentLinkRef"])
    world.core.looks_up = False
    told = reconcile(world, reference)
    assert (told.finding, told.description) == (
        Discrepancy.UNEXPLAINED, "the payment core's record does not fit what we asked for: order number",
    )  # fmt: skip


def test_money_of_the_right_link_finds_a_request_that_is_bound_to_a_wrong_one(
    world: World, page: Page, other: dict[str, Any]
) -> None:
    link = world.sent(page)
    reference = link["additionalData"]["reference"]
    bind_wrongly(world, reference, other["paymentLinkRef"])
    tell(world, world.core.happen(link, "PAYMENT_RECEIVED"))
    mine = row_of(world, reference)
    assert (mine["money"], mine["link_reference"]) == ("paid", link["paymentLinkRef"])
    assert row_of(world, other["additionalData"]["reference"])["money"] == "none"

"""A send whose process was slow finds that it has been given up, found out, stopped or answered meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from connector.journeys.access.read_order_lines import read_order_lines
from connector.journeys.requesting import send_payment_request
from connector.store.requests import request_rows
from tests.factories import CORE, notification
from tests.journeys.money.conftest import OFFERED
from tests.journeys.world import Clock, Page, World, once
from tests.peers.answers import refused_connection


def test_that_counted_as_unknown_before_it_was_refused_a_connection_stays_unknown(
    world: World, page: Page, clock: Clock
) -> None:
    """Somebody may have been told already that it is unknown, and only the core's record decides from there."""

    def meanwhile(_sent: object) -> None:
        clock.pass_by(minutes=5)
        world.sweep()
        raise refused_connection(requests.Request("POST", CORE).prepare())

    world.core.on_send = meanwhile
    assert world.send(page).status_code == 503
    (request,) = world.look(page)["payment_requests"]
    assert (request["status"], request["live"]) == ("unknown", True)
    assert world.send(page).status_code == 409


def test_that_turns_out_to_have_arrived_while_it_is_given_up_is_not_given_up(
    world: World, page: Page, clock: Clock
) -> None:
    """The core's look-up lists no link yet; before that answer is taken in, news of the link binds it."""
    world.core.drop_answers = True
    assert world.send(page).status_code == 202
    world.core.drop_answers, world.core.hides = False, True
    link = world.core.last()
    clock.pass_by(minutes=26)

    def meanwhile() -> None:
        world.callback(notification(link, "PAYMENT_LINK_SENT", at=clock()), kind="transaction-status")
        world.drain()
        assert world.row("payment_requests")["link_reference"] == link["paymentLinkRef"]

    world.core.on_question = once(meanwhile)
    world.sweep()
    page = world.open(page.order_id)
    (request,) = world.look(page)["payment_requests"]
    assert (request["status"], request["reason"], request["live"]) == ("sent", None, True)
    assert "never_arrived" not in [row["event"] for row in world.rows("payment_events")]
    world.told(link, "PAYMENT_RECEIVED")
    assert not world.row("payment_requests")["money_after_close"]


def test_whose_link_becomes_known_while_it_is_given_up_is_not_given_up(world: World, page: Page, clock: Clock) -> None:
    """The reference alone is enough: money on the link would have no request any more."""
    world.core.lose_requests = True
    assert world.send(page).status_code == 202
    world.core.lose_requests = False
    request = world.request(world.row("payment_requests")["reference"])
    clock.pass_by(minutes=26)

    def meanwhile() -> None:
        with world.services.store.write() as work:
            request_rows.save(work, replace(request, link_reference="link-1"))

    world.core.on_question = once(meanwhile)
    world.sweep()
    present = world.row("payment_requests")
    assert (present["link"], present["live"], present["link_reference"]) == ("unknown", True, "link-1")
    assert "never_arrived" not in [row["event"] for row in world.rows("payment_events")]


@pytest.mark.parametrize("word", ["PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED"])
def test_beside_money_in_review_on_a_closed_link_is_409(world: World, page: Page, word: str) -> None:
    link = world.sent(page)
    world.told(link, "PAYMENT_REVIEW")
    world.told(link, word)
    answer = world.send(page)
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["error"]["code"] == "another_live"
    assert answer.json["error"]["reference"] == link["additionalData"]["reference"]
    assert len(world.core.sends) == 1


@pytest.fixture
def paid_late(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any], str], None]:
    """Let an expired link be paid in its last second, told while Salesforce is asked about the next one."""

    def prepare(link: dict[str, Any], word: str) -> None:
        world.told(link, "PAYMENT_LINK_EXPIRED")

        def slow(*given: Any) -> Any:
            world.told(link, word)
            return read_order_lines(*given)

        monkeypatch.setattr(send_payment_request, "read_order_lines", slow)

    return prepare


@pytest.mark.parametrize(
    ("word", "status"),
    [("PAYMENT_RECEIVED", 422), ("PAYMENT_AUTHORIZED", 422), ("PAYMENT_DECLINED", 201)],
)
def test_for_which_money_came_after_the_amount_was_chosen_is_not_sent(
    world: World, page: Page, paid_late: Callable[[dict[str, Any], str], None], word: str, status: int
) -> None:
    paid_late(world.sent(page), word)
    answer = world.send(page)
    assert answer.status_code == status
    assert len(world.core.sends) == (2 if status == 201 else 1)
    if status == 422:
        assert answer.json is not None
        assert (answer.json["error"]["code"], answer.json["error"]["sentence"]["id"]) == (
            "order_not_payable",
            "already_paid",
        )


def test_of_a_part_asks_for_no_more_than_another_part_left_meanwhile(
    world: World, page: Page, paid_late: Callable[[dict[str, Any], str], None]
) -> None:
    world.tenant(parts_allowed=True)
    paid_late(world.sent(page, amount="60.00", purpose="deposit"), "PAYMENT_RECEIVED")
    statuses = [world.send(page, amount=amount, purpose="part").status_code for amount in ("55.01", "55.00")]
    assert statuses == [422, 201], "of 115.00 are 55.00 due"


def test_beside_money_that_came_meanwhile_in_the_orders_old_currency_is_not_sent(
    world: World, page: Page, paid_late: Callable[[dict[str, Any], str], None]
) -> None:
    world.tenant(configuration=OFFERED)
    paid_late(world.sent(page), "PAYMENT_RECEIVED")
    world.org.orders[page.order_id].update({"Currency__c": "EUR", "Grand_Total__c": 100.0, "Tax__c": 0.0})
    page = world.open(page.order_id)
    assert world.send(page, expected_total="100.00", expected_currency="EUR").status_code == 422
    assert len(world.core.sends) == 1

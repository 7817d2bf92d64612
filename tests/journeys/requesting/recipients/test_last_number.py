"""The number that was last used for an order is offered first, until Salesforce has a newer one or the person is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.payments.status import Link, Message, States
from connector.journeys.forgetting.forget_person import PersonToForget, forget_person
from connector.journeys.requesting.find_last_number import find_last_number
from connector.store.orders.orders import StoredOrder
from foundation.phones.phone import Phone
from tests.factories import OTHER_PHONE, PHONE, THANDI, notification
from tests.journeys.played_once import played_once
from tests.journeys.world import Clock, Page, World
from tests.unit.examples import NOW, make_order, make_request

THIRD_PHONE = "27821112233"
FAILED: dict[str, Any] = {"states": States(link=Link.SENT, message=Message.FAILED)}


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page whose order's link went to another number than Salesforce has, and is over."""
    page = world.open(world.order())
    world.sent(page, phone=OTHER_PHONE)
    world.told(world.core.last(), "PAYMENT_LINK_EXPIRED")
    return page


def last(world: World, page: Page) -> dict[str, Any] | None:
    """What the page and the launch after it offer: the same."""
    offered = world.look(page)["last_number"]
    assert world.open(page.order_id).data["order"]["last_number"] == offered
    return dict(offered) if offered else None


def change(world: World, page: Page, number: str | None) -> None:
    """Let somebody change the number in Salesforce; the next launch reads it."""
    world.org.orders[page.order_id]["BillToContact"] = {"MobilePhone": number and f"+{number}"}
    world.open(page.order_id)


def test_is_offered_with_who_changed_it_and_when(world: World, page: Page, clock: Clock) -> None:
    offered = last(world, page)
    assert offered is not None
    assert (offered["reading"]["number"], offered["by"]) == (f"+{OTHER_PHONE}", THANDI.name)
    began = offered["at"]
    clock.pass_by(minutes=2)
    world.sent(page, phone=OTHER_PHONE)
    again = last(world, page)
    assert again is not None
    assert again["at"] == began  # who began to use it, not who sent last


def test_is_not_offered_where_the_last_one_is_salesforces_own(world: World, page: Page, clock: Clock) -> None:
    clock.pass_by(minutes=1)
    world.sent(page, phone=PHONE)
    assert last(world, page) is None


def test_gives_way_to_a_later_change_in_salesforce(world: World, page: Page, clock: Clock) -> None:
    clock.pass_by(minutes=1)
    change(world, page, THIRD_PHONE)
    assert last(world, page) is None
    clock.pass_by(minutes=1)
    world.sent(page, phone=OTHER_PHONE)
    assert last(world, page) is not None


def test_is_offered_where_salesforce_was_changed_before(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    change(world, page, THIRD_PHONE)
    clock.pass_by(minutes=1)
    world.sent(page, phone=OTHER_PHONE)
    assert last(world, page) is not None


def test_is_no_longer_offered_once_the_network_does_not_know_it(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    link = world.sent(page, phone=OTHER_PHONE)
    failed = notification(link, "MESSAGE_FAILED", at=clock(), shape="transaction")
    world.callback({**failed, "messageFailureCode": "unknown_number"}, kind="transaction-status")
    world.drain()
    assert world.look(page)["payment_requests"][0]["remedy"] == "other_number"
    assert last(world, page) is None


def test_is_forgotten_with_the_person(world: World, page: Page) -> None:
    context = world.services.for_tenant(world.acme)
    forget_person(context, PersonToForget(order=page.order_id), dry_run=False, on_step=lambda _read: None)
    world.open(page.order_id)  # which reads Salesforce's own number again
    assert last(world, world.open(page.order_id)) is None


@pytest.mark.parametrize(
    ("newest", "since", "is_offered"),
    [
        pytest.param({}, None, True, id="another number"),
        pytest.param({"phone": Phone(PHONE)}, None, False, id="Salesforce's own"),
        pytest.param({}, NOW, True, id="Salesforce was changed in that moment"),
        pytest.param({}, NOW + timedelta(seconds=1), False, id="Salesforce was changed later"),
        pytest.param({**FAILED, "message_failure": "landline"}, None, False, id="nobody can be reached by it"),
        pytest.param({**FAILED, "message_failure": "phone_off"}, None, True, id="it was switched off"),
        pytest.param({"forgotten": True}, None, False, id="erased, and no other"),
    ],
)
def test_is_that_of_the_newest_request_whose_number_is_known(
    newest: dict[str, Any], since: datetime | None, is_offered: bool
) -> None:
    stored = StoredOrder(make_order(), 1, 1, phone_since=since)
    oldest = make_request(reference="c2p_0", phone=Phone(THIRD_PHONE), forgotten=True)
    request = make_request(**{"phone": Phone(OTHER_PHONE), **newest})
    assert find_last_number(stored, [oldest, request]) == (request if is_offered else None)
    earlier = make_request(reference="c2p_00", phone=Phone(THIRD_PHONE))
    assert find_last_number(stored, [earlier, replace(request, forgotten=True)]) == (
        earlier if since is None or since <= NOW else None
    )

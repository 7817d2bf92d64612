"""A page and a link of an agent who may do everything, and what the order's money looks like from each side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import SIPHO, THANDI
from tests.journeys.played_once import played_once
from tests.journeys.world import Page, World

# What the payment core offers here.
OFFERED = {"channels": ["sms"], "currencies": ["ZAR", "EUR"], "merchant_name": "Acme", "delivery_reports": []}
ALL_RIGHTS = {"Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse"}


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page of Thandi, who may do everything, on an order of R115."""
    world.tenant(policy={}, configuration=OFFERED)
    world.org.permissions = {THANDI.user_id: ALL_RIGHTS, SIPHO.user_id: {"Chat2Pay_Send"}}
    return world.open(world.order(THANDI, SIPHO))


@pytest.fixture
@played_once
def link(world: World, page: Page) -> dict[str, Any]:
    """A live link for all of it."""
    return world.sent(page)


def order_state(world: World, page: Page) -> tuple[str | None, float | None, float | None]:
    """What Salesforce shows of the order: its payment state, what is due, what was paid."""
    order = world.org.orders[page.order_id]
    names = ("Payment_State", "Amount_Due", "Amount_Paid")
    return tuple(order.get(f"Chat2Pay_{name}__c") for name in names)  # type: ignore[return-value]


def page_state(world: World, page: Page) -> tuple[str, float, float]:
    """The same on the page."""
    order = world.look(page)
    return order["payment_state"], float(order["amount_due"]), float(order["amount_paid"])


def told(world: World, page: Page) -> list[str]:
    """The payment states of the order that were ever written to Salesforce, oldest first."""
    return [one["Chat2Pay_Payment_State__c"] for one in world.org.order_records(page.order_id)]

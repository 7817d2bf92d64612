"""The panel and the Canvas page on an order that changed beside its money: the same sentence, the same warning."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.panel.test_panel_beside_page import Shown, canvas, no_barriers_in, same, send, settled
from tests.browser.test_journey import pay, tap_the_link

CARD = "4111 1111 1111 1111"


def changed(stack: Stack, order: SandboxOrder, **values: Any) -> None:
    stack.org.request("PATCH", f"/sandbox/orders/{order.order_id}", json=values)


def warned(panel: Page, frame: FrameLocator, text: str) -> None:
    """Wait until both warn, and hold each line of the one against the other's."""
    expect(panel.locator("[data-id=warning]").first).to_contain_text(text)
    expect(frame.locator("#status-warning")).to_contain_text(text)
    ours = panel.locator("[data-id=warning]").all_text_contents()
    assert settled("".join(ours)) == settled(frame.locator("#status-warning").text_content())
    no_barriers_in(panel)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"Grand_Total__c": 100, "Sub_Total__c": 85}, "the order is now R100.00. R15.00 too much."),
        ({"Currency__c": "USD"}, "the order is now in USD. Hand to your supervisor."),
    ],
    ids=["lowered", "other currency"],
)
def test_a_paid_order_that_changed_warns_in_both(
    panel: Shown, page: Page, stack: Stack, order: SandboxOrder, values: dict[str, Any], text: str
) -> None:
    shown, frame = panel(), canvas(page, stack, order)
    send(shown)
    pay(tap_the_link(page, stack, order), CARD)
    same(shown, frame, None, "Paid", "Written to Salesforce")
    changed(stack, order, **values)
    shown.reload()
    warned(shown, canvas(page, stack, order), text)


def test_held_money_is_said_by_both(panel: Shown, page: Page, stack: Stack, order: SandboxOrder) -> None:
    shown, frame = panel(), canvas(page, stack, order)
    try:
        stack.core.request("PUT", "/sandbox/settings", json={"transaction_type": "AUTHORIZATION"})
        send(shown)
        pay(tap_the_link(page, stack, order), CARD)
        same(shown, frame, None, "Held", "Held, not taken, until")
    finally:
        stack.core.request("PUT", "/sandbox/settings", json={"transaction_type": "SALE"})
    changed(stack, order, Grand_Total__c=150, Sub_Total__c=135)
    shown.reload()
    warned(shown, canvas(page, stack, order), "Held R115.00 of the R150.00 that is due.")

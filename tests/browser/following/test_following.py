"""A page follows its order in Salesforce by itself, and its countdown goes by no clock of the agent's machine."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.test_journey import extension, no_barriers


def test_a_change_in_salesforce_is_on_the_page_and_costs_few_calls(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    frame = extension(page, stack, order)
    frame.locator("#phone").fill("083 999 8888")
    stack.org.request("DELETE", "/sandbox/calls", expect=(204,))
    change = {"Grand_Total__c": 230, "Tax__c": 30, "Sub_Total__c": 200}
    stack.org.request("PATCH", f"/sandbox/orders/{order.order_id}", json=change)
    expect(frame.locator("#fact-total")).to_have_text("R230.00")
    expect(frame.locator("#send")).to_contain_text("R230.00")
    expect(frame.locator("#phone")).to_have_value(re.compile("83 999 8888|083 999 8888"))
    calls = stack.org.request("GET", "/sandbox/calls").json()["api_calls"]
    # Two turns at most until the change is found, and one reading; the rest is another test's page or a push.
    assert calls < 12
    no_barriers(page)


def test_an_order_that_is_taken_from_the_agent_is_gone_from_the_page(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    frame = extension(page, stack, order)
    stack.org.request("DELETE", f"/sandbox/orders/{order.order_id}", expect=(200, 204))
    expect(frame.locator("#stale")).to_contain_text("This order was deleted in Salesforce")
    expect(frame.locator("#new-request")).to_be_hidden()
    expect(frame.locator("#head-total")).to_have_text("")
    no_barriers(page)


def test_the_countdown_is_right_on_a_machine_whose_clock_is_wrong(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    page.add_init_script("const real = Date.now; Date.now = () => real() + 3600_000;")
    frame = extension(page, stack, order)
    frame.locator("#send").click()
    expect(frame.locator("#countdown-left")).to_contain_text(re.compile(r"^4:\d\d"))

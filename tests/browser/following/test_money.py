"""Held money is taken in part on the agent's page, after a question that names the amount; no barrier, by keyboard too."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.following.test_release import agent, may_supervise  # noqa: F401
from tests.browser.test_journey import extension, no_barriers, pay, tap_the_link


def test_a_part_of_what_is_held_is_taken(page: Page, stack: Stack, order: SandboxOrder, agent: dict[str, str]) -> None:  # noqa: F811
    may_supervise(stack, agent)
    frame = extension(page, stack, order)
    try:
        stack.core.request("PUT", "/sandbox/settings", json={"transaction_type": "AUTHORIZATION"})
        frame.locator("#send").click()
        pay(tap_the_link(page, stack, order), "4111 1111 1111 1111")
        expect(frame.locator("#capture")).to_have_text("Take R115.00")
    finally:
        stack.core.request("PUT", "/sandbox/settings", json={"transaction_type": "SALE"})
    frame.locator("#capture").click()
    expect(frame.locator("#money-amount")).to_be_focused()
    frame.locator("#money-amount").fill("1000")
    frame.locator("#money-yes").click()
    expect(frame.locator("#money-error")).to_have_text("At most R115.00.")
    no_barriers(page)
    frame.locator("#money-amount").fill("40,50")
    expect(frame.locator("#money-question")).to_have_text("Take R40.50 from the customer's account now?")
    frame.locator("#money-amount").press("Enter")
    expect(frame.locator("#money-yes")).to_be_focused()
    frame.locator("#money-yes").press("Enter")
    expect(frame.locator("#status-pill")).to_have_text("Part paid")
    expect(frame.locator("#status-warning")).to_contain_text("Paid R40.50 of R115.00. Still due R74.50.")
    no_barriers(page)

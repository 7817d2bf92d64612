"""The message before it is sent, the way to be told, and what can be taken into hand, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from sandbox.demo.stack import Stack
from tests.browser.test_journey import no_barriers


def test_the_message_is_shown_before_it_is_sent_and_the_reply_of_the_core_is_its_own(page: Page, stack: Stack) -> None:
    made = stack.org.request("POST", "/sandbox/orders", json={"phone": "+27831230000"}, expect=(200, 201))
    page.goto(f"{stack.org.origin}/orders/{made.json()['orders'][0]['id']}")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#preview-text")).to_contain_text("[payment link]")
    expect(frame.locator("#preview-text")).to_contain_text("please pay ZAR 115.00 here")
    expect(frame.locator("#preview-count")).to_contain_text("1 SMS")
    expect(frame.locator("#sound")).to_have_attribute("aria-pressed", "true")
    # A frame of another site may not even ask.
    expect(frame.locator("#desktop-note")).to_be_hidden()
    no_barriers(page)
    frame.locator("#channel-whatsapp").check(force=True)
    expect(frame.locator("#preview-count")).to_contain_text("characters")
    expect(frame.locator("#preview-count")).not_to_contain_text("SMS")

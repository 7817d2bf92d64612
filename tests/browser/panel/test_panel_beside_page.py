"""The panel and the Canvas page on one order: the same sentence and the same status word in every state."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import FrameLocator, Page, expect

from sandbox.demo.stack import Stack
from tests.browser.barriers import barriers
from tests.browser.conftest import SandboxOrder
from tests.browser.test_journey import pay, press_as_a_person, tap_the_link

PICTURES = os.environ.get("CHAT2PAY_PICTURES")
_COUNTED = re.compile(r"\d+:\d\d left")
Shown = Callable[[], Page]


def canvas(page: Page, stack: Stack, order: SandboxOrder) -> FrameLocator:
    page.goto(f"{stack.org.origin}/orders/{order.order_id}")
    return page.frame_locator("iframe")


def settled(text: str | None) -> str:
    """A sentence without the seconds that count down in it."""
    return _COUNTED.sub("… left", (text or "").replace("\u00a0", " ")).strip()


def same(panel: Page, frame: FrameLocator | Page, state: str | None, word: str, sentence: str) -> None:
    """Wait until both show a state, and hold them against each other; take both pictures where they are asked for."""
    expect(panel.locator("[data-id=pill]")).to_have_text(word)
    expect(frame.locator("#status-pill")).to_have_text(word)
    expect(panel.locator("[data-id=sentence]")).to_contain_text(sentence)
    expect(frame.locator("#status-sentence")).to_contain_text(sentence)
    texts = [panel.locator("[data-id=sentence]").text_content(), frame.locator("#status-sentence").text_content()]
    assert settled(texts[0]) == settled(texts[1])
    if state is not None:
        picture(panel, state)
    no_barriers_in(panel)


def no_barriers_in(panel: Page) -> None:
    assert barriers(panel) == []


def picture(panel: Page, state: str) -> None:
    if not PICTURES:
        return
    panel.bring_to_front()
    path = Path(PICTURES) / f"panel-{state}.png"
    panel.locator("#panel").screenshot(path=path, animations="disabled")
    assert path.stat().st_size <= 300_000


def send(panel: Page) -> None:
    panel.get_by_role("button", name="Send R115.00 by SMS").click()


def test_unsent_sent_opened_paid(panel: Shown, page: Page, stack: Stack, order: SandboxOrder) -> None:
    shown, frame = panel(), canvas(page, stack, order)
    expect(frame.locator("#send")).to_have_text("Send R115.00 by SMS")
    expect(shown.get_by_role("button", name="Send R115.00 by SMS")).to_be_visible()
    picture(shown, "unsent")
    send(shown)
    same(shown, frame, "sent", "Sent", "by SMS to a number ending")
    checkout = tap_the_link(page, stack, order)
    press_as_a_person(checkout)
    same(shown, frame, "opened", "Opened", "Opened")
    pay(checkout, "4111 1111 1111 1111")
    same(shown, frame, "paid", "Paid", "Written to Salesforce")


def test_declined(panel: Shown, page: Page, stack: Stack, order: SandboxOrder) -> None:
    shown, frame = panel(), canvas(page, stack, order)
    send(shown)
    same(shown, frame, "sent", "Sent", "by SMS to a number ending")
    pay(tap_the_link(page, stack, order), "4000 0000 0000 0002")
    same(shown, frame, "declined", "Declined", "The bank said no. The link works until")


def test_cancelled(panel: Shown, page: Page, stack: Stack, order: SandboxOrder) -> None:
    shown, frame = panel(), canvas(page, stack, order)
    send(shown)
    shown.get_by_role("button", name="Cancel payment").click()
    picture(shown, "asks")
    shown.get_by_role("button", name="Yes, cancel it").click()
    same(shown, frame, "cancelled", "Cancelled", "Cancelled. The link no longer works.")
    expect(shown.get_by_role("button", name="Send again")).to_be_visible()


def test_refused(panel: Shown, page: Page, stack: Stack, order: SandboxOrder) -> None:
    """An order of nothing: both say the same, and neither can send."""
    nothing = {"Grand_Total__c": 0, "Sub_Total__c": 0, "Tax__c": 0}
    stack.org.request("PATCH", f"/sandbox/orders/{order.order_id}", json=nothing)
    shown, frame = panel(), canvas(page, stack, order)
    expect(shown.locator("[data-id=problem]").first).to_be_visible()
    expect(frame.locator("#problems p").first).to_be_visible()
    assert shown.locator("[data-id=problem]").all_text_contents() == frame.locator("#problems p").all_text_contents()
    expect(shown.locator("[data-id=send] button")).to_be_disabled()
    picture(shown, "refused")

"""The note for the next colleague in a real browser: written by one agent, seen and changed by another."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.test_journey import extension, no_barriers

CARD = " ".join(["4111", "1111", "1111", "1111"])


def test_is_seen_by_a_colleague_and_never_written_over_unseen(
    page: Page, context: BrowserContext, stack: Stack, order: SandboxOrder
) -> None:
    frame = extension(page, stack, order)
    other = context.new_page()
    colleague = next(
        one for one in stack.org.get_json("/sandbox/credentials")["users"] if one["name"] == "Naledi Khumalo"
    )
    other.goto(f"{stack.org.origin}/orders/{order.order_id}?user={colleague['id']}")
    theirs = other.frame_locator("iframe")
    expect(theirs.locator("#send")).to_contain_text(
        "Send R115.00 by SMS"
    )  # before its script has run nothing hears a click
    theirs.locator("#note-change").click()
    theirs.locator("#note-text").fill("Mine")

    frame.locator("#note-change").click()
    no_barriers(page)
    frame.locator("#note-text").fill("<b>Calls</b> again at three")
    frame.locator("#note-text").press("Enter")
    expect(frame.locator("#note-said")).to_have_text("The note is saved.")
    expect(frame.locator("#note-shown-text")).to_have_text("<b>Calls</b> again at three")
    expect(frame.locator("#note-change")).to_be_focused()
    # The colleague's page shows it by itself, beside what is being typed there.
    expect(theirs.locator("#note-shown-text")).to_have_text("<b>Calls</b> again at three")
    theirs.locator("#note-text").press("Enter")
    expect(theirs.locator("#note-said")).to_contain_text("changed the note meanwhile")
    expect(theirs.locator("#note-text")).to_have_value("Mine")
    no_barriers(other)
    theirs.locator("#note-save").click()
    expect(theirs.locator("#note-said")).to_have_text("The note is saved.")
    expect(frame.locator("#note-shown-text")).to_have_text("Mine")

    expect(frame.locator("#note-by")).to_contain_text("Naledi Khumalo")
    frame.locator("#note-change").click()
    frame.locator("#note-text").fill(f"Card {CARD}")
    frame.locator("#note-text").press("Enter")
    expect(frame.locator("#note-said")).to_contain_text("card number")
    # A card number must not stay on the page; the note that is there stays.
    expect(frame.locator("#note-text")).to_have_value("")
    expect(frame.locator("#note-text")).to_be_focused()
    expect(frame.locator("#note-shown-text")).to_have_text("Mine")
    no_barriers(page)

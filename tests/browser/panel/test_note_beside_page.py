"""The panel and the Canvas page on the note for the next colleague: what one writes the other shows, in the same words."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.panel.test_panel_beside_page import Shown, canvas, no_barriers_in, settled

CARD = " ".join(["4111", "1111", "1111", "1111"])


def test_a_note_of_the_panel_is_on_the_page(panel: Shown, page: Page, stack: Stack, order: SandboxOrder) -> None:
    shown, frame = panel(), canvas(page, stack, order)
    shown.get_by_role("button", name="Leave a note").click()
    text = shown.get_by_role("textbox", name="Note for the next colleague")
    expect(text).to_be_focused()
    hint = shown.locator("[data-id=hint]")
    text.fill(f"Card {CARD}")
    expect(hint).to_contain_text("116 characters left")
    no_barriers_in(shown)
    text.press("Enter")
    expect(shown.locator("[data-id=said]")).to_contain_text("we have removed it")
    expect(text).to_have_value("")
    text.fill("Calls again at three")
    text.press("Enter")
    expect(shown.locator("[data-id=said]")).to_have_text("The note is saved.")
    expect(shown.get_by_role("button", name="Change the note")).to_be_focused()
    expect(frame.locator("#note-shown-text")).to_have_text("Calls again at three")
    assert settled(shown.locator("[data-id=colleague-note] bdi").text_content()) == "Calls again at three"
    no_barriers_in(shown)

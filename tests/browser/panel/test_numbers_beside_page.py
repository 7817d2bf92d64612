"""The panel and the Canvas page on a customer's number: the same warning, the same question, the same refusal."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.form.test_consent import messages, reply
from tests.browser.panel.test_panel_beside_page import Shown, canvas, no_barriers_in, same, send, settled

LANDLINE = "This looks like a landline; a text may not arrive."


def typed(panel: Page, number: str) -> None:
    """Type a number, and press Send without anything being sent."""
    panel.locator("[data-id=phone] input").fill(number)
    panel.locator("[data-id=phone] input").blur()
    send(panel)


def alike(ours: Locator, theirs: Locator, text: str) -> None:
    """Wait until both say a text, and hold them against each other."""
    expect(ours).to_contain_text(text)
    expect(theirs).to_contain_text(text)
    assert settled(ours.text_content()) == settled(theirs.text_content())


def test_a_landline_warns_in_both(panel: Shown, page: Page, stack: Stack, order: SandboxOrder) -> None:
    shown, frame = panel(), canvas(page, stack, order)
    country, hint = shown.locator("[data-id=phone-country]"), shown.locator("[data-id=phone-hint]")
    alike(country, frame.locator("#phone-country"), "South Africa")
    alike(hint, frame.locator("#phone-hint"), "From Salesforce")
    frame.locator("#phone").fill("021 123 4567")
    typed(shown, "021 123 4567")
    alike(country, frame.locator("#phone-country"), "South Africa +27 21 123 4567")
    alike(hint, frame.locator("#phone-hint"), "Changed by you")
    alike(shown.locator("[data-id=phone-warning]"), frame.locator("#phone-warning"), LANDLINE)
    no_barriers_in(shown)
    assert messages(stack, "27211234567") == 0
    right = shown.get_by_role("button", name="The number is right, send")
    expect(right).to_be_focused()  # it took the place of the button that was pressed
    right.click()
    same(shown, frame, None, "Sent", "ending 4567")


def test_two_readings_are_asked_about_in_both(panel: Shown, page: Page, stack: Stack, order: SandboxOrder) -> None:
    shown, frame = panel(), canvas(page, stack, order)
    before = messages(stack, "27687246447")
    frame.locator("#phone").fill("687246447")
    frame.locator("#send").click()
    typed(shown, "687246447")
    asked = shown.locator("[data-id=read-back]")
    alike(shown.locator("[data-id=which-question]"), frame.locator("#phone-choice-question"), "or New Caledonia")
    no_barriers_in(shown)
    for one in (shown, frame):
        one.get_by_role("button", name="South Africa +27 68 724 6447").click()
    frame.locator("#send").click()
    send(shown)
    alike(asked, frame.locator("#phone-question"), "New number, South Africa")
    assert messages(stack, "27687246447") == before
    shown.get_by_role("button", name="The number is right, send").click()
    same(shown, frame, None, "Sent", "ending 6447")


def test_a_stop_while_a_link_is_live_is_said_by_both(
    panel: Shown, page: Page, stack: Stack, order: SandboxOrder
) -> None:
    shown, frame = panel(), canvas(page, stack, order)
    send(shown)
    same(shown, frame, None, "Sent", "by SMS to a number ending")
    reply(stack, order, "STOP")
    for one in (shown.locator("details"), frame.locator("#history")):
        one.locator("summary").click()
        expect(one).to_contain_text("Customer replied STOP: no more SMS messages")
    shown.get_by_role("button", name="Cancel payment").click()
    shown.get_by_role("button", name="Yes, cancel it").click()
    shown.get_by_role("button", name="Send again").click()
    frame.locator("#again").click()
    closed = "The customer replied STOP to SMS messages."
    expect(shown.locator("[data-id=closed]")).to_contain_text(closed)
    expect(frame.locator("label[for=channel-sms]")).to_contain_text(closed)
    expect(shown.locator("[data-id=send] button")).to_have_text("Send R115.00 by WhatsApp")
    expect(frame.locator("#send")).to_have_text("Send R115.00 by WhatsApp")

"""The page by its keys alone: a link is sent, moved to another number, and nothing acts that was not meant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from sandbox.demo.stack import Stack
from tests.browser.barriers import barriers
from tests.browser.conftest import SandboxOrder
from tests.browser.test_journey import extension


@pytest.fixture
def unreachable(stack: Stack, order: SandboxOrder) -> Iterator[None]:
    """No message arrives at the customer's phone."""
    stack.core.request("PUT", "/sandbox/faults", json={"undeliverable": [order.phone]})
    yield
    stack.core.request("DELETE", "/sandbox/faults", expect=(200, 204))


def no_barriers(page: Page) -> None:
    """Run axe in the agent's page alone: the sandbox's page around it is not made for a narrow screen."""
    for frame in page.frames[1:]:
        assert barriers(frame) == []


@pytest.mark.parametrize("width", [320, 1280])
def test_a_link_moves_to_another_number_without_a_mouse(
    page: Page, stack: Stack, order: SandboxOrder, unreachable: None, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    frame = extension(page, stack, order)
    frame.locator("#new-request-heading").focus()
    page.keyboard.press("?")
    expect(frame.locator("#keys-list")).to_contain_text("S Send")
    no_barriers(page)
    page.keyboard.press("Escape")
    expect(frame.locator("#keys")).to_be_hidden()
    page.keyboard.press("s")
    expect(frame.locator("#renumber")).to_be_visible()
    frame.locator("#status-sentence").focus()
    page.keyboard.press("n")
    expect(frame.locator("#phone")).to_be_focused()
    expect(frame.locator("#form-replaces")).to_contain_text("works until you press Send")
    no_barriers(page)
    frame.locator("#phone").fill("+27 83 123 9999")
    page.keyboard.press("Enter")
    expect(frame.locator("#phone-question")).to_contain_text("ends in 9999")
    page.keyboard.press("y")
    expect(frame.locator("#notice")).to_have_text("The old link no longer works. The new one was sent.")
    expect(frame.locator("#story")).to_contain_text("sent to a number ending 9999 instead")
    no_barriers(page)


def test_a_first_visit_has_send_in_sight_and_explains_itself_below(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    frame = extension(page, stack, order)
    send, introduction = frame.locator("#send"), frame.locator("#introduction")
    expect(introduction).to_be_visible()
    box = send.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900
    no_barriers(page)


def test_send_is_in_sight_where_the_window_is_lower_than_the_frame(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    page.set_viewport_size({"width": 1280, "height": 640})
    frame = extension(page, stack, order)
    send = frame.locator("#send")
    expect(frame.locator("#preview-text")).to_contain_text("[payment link]")
    expect(send).to_be_in_viewport(ratio=1)
    # It goes back to its own place as the page around the frame is scrolled.
    page.mouse.move(200, 300)
    page.mouse.wheel(0, 2000)
    expect(send).to_be_in_viewport(ratio=1)
    expect(frame.locator("#preview-text")).to_be_in_viewport(ratio=1)

"""The page in the language of its user: a whole journey in German, and Arabic from right to left, in 320 pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Frame, FrameLocator, Page, expect

from connector.languages.catalogues import catalogue
from sandbox.demo.stack import Stack
from tests.browser.barriers import barriers
from tests.browser.conftest import SandboxOrder
from tests.browser.test_journey import no_barriers, pay, press_as_a_person, tap_the_link

Opened = Callable[[str, str], FrameLocator]
_OVERFLOW = """() => [...document.querySelectorAll('body *')]
  .filter((one) => one.checkVisibility() && !one.closest('.slds-assistive-text'))
  .filter(({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth + 1)
  .map((one) => `${one.id || one.className}: ${one.scrollWidth} > ${one.clientWidth}`)"""


@pytest.fixture
def opened(page: Page, stack: Stack, order: SandboxOrder) -> Iterator[Opened]:
    """What opens the order as an agent of the org who uses Salesforce in a language, with the numbers of a locale."""
    users = stack.org.get_json("/sandbox/credentials")["users"]
    agent = next(one["id"] for one in users if one["name"] == "Thandi Nkosi")

    def open_in(language: str, locale: str) -> FrameLocator:
        stack.org.request("PATCH", f"/sandbox/users/{agent}", json={"language": language, "locale": locale})
        page.goto(f"{stack.org.origin}/orders/{order.order_id}?user={agent}")
        return page.frame_locator("iframe")

    yield open_in
    stack.org.request("PATCH", f"/sandbox/users/{agent}", json={"language": "en_US", "locale": "en_GB"})


def frame_of(page: Page) -> Frame:
    return page.frames[-1]


def no_barriers_in(extension: Frame) -> None:
    """Run axe in the extension alone: the org's own page around it is not made for 320 pixels."""
    assert barriers(extension) == []


def test_an_order_is_paid_in_german(opened: Opened, page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = opened("de", "de_DE")
    expect(frame.locator("#send")).to_have_text("115,00\u00a0R per SMS senden")
    expect(frame.locator("html")).to_have_attribute("lang", "de")
    expect(frame.locator("#fact-total")).to_have_text("115,00\u00a0R")
    expect(frame.locator("#phone-country")).to_contain_text("Südafrika")
    no_barriers(page)
    frame.locator("#send").click()
    expect(frame.locator("#status-pill")).to_have_text("Gesendet")
    expect(frame.locator("#status-sentence")).to_contain_text("per SMS an eine Nummer mit der Endung")
    checkout = tap_the_link(page, stack, order)
    press_as_a_person(checkout)
    expect(frame.locator("#status-pill")).to_have_text("Geöffnet")
    expect(frame.locator("#say-lines")).to_contain_text("Ich bleibe bei Ihnen.")
    pay(checkout, "4111 1111 1111 1111")
    expect(frame.locator("#status-pill")).to_have_text("Bezahlt")
    expect(frame.locator("#status-sentence")).to_contain_text("in Salesforce eingetragen")
    no_barriers(page)


def test_arabic_is_read_from_right_to_left(opened: Opened, page: Page, stack: Stack, order: SandboxOrder) -> None:
    page.set_viewport_size({"width": 320, "height": 900})
    frame, sentences = opened("ar", "ar_EG"), catalogue("ar")
    send = frame.locator("#send")
    expect(send).to_contain_text("115.00")
    expect(frame.locator("html")).to_have_attribute("dir", "rtl")
    expect(frame.locator("#new-request-heading")).to_have_css("direction", "rtl")
    # A number is read from its left end, and an amount keeps its order inside the sentence.
    expect(frame.locator("#phone")).to_have_css("direction", "ltr")
    assert "\u2068" in str(send.text_content())
    no_barriers_in(frame_of(page))
    assert frame_of(page).evaluate(_OVERFLOW) == []
    send.click()
    expect(frame.locator("#status-pill")).to_have_text(sentences["status_sent"])
    step = frame.locator(".c2p-step").first
    mark = step.evaluate("(one) => getComputedStyle(one, '::before').right")
    assert mark == "2px", "the mark of a step stands at the line's beginning"
    assert frame_of(page).evaluate(_OVERFLOW) == []
    no_barriers_in(frame_of(page))
    checkout = tap_the_link(page, stack, order)
    pay(checkout, "4111 1111 1111 1111")
    expect(frame.locator("#status-pill")).to_have_text(sentences["status_paid"])
    no_barriers_in(frame_of(page))
    assert frame_of(page).evaluate(_OVERFLOW) == []

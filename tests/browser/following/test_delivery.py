"""The fate of a message as the agent sees it: delivered, or failed with the one button that helps; and what alarms say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from sandbox.demo.stack import Stack
from tests.browser.barriers import barriers
from tests.browser.conftest import SandboxOrder
from tests.browser.test_journey import extension, no_barriers

UNREACHABLE = "WhatsApp cannot reach this number."


@pytest.fixture
def unreachable(stack: Stack, order: SandboxOrder) -> Iterator[None]:
    """No message arrives at the customer's phone."""
    stack.core.request("PUT", "/sandbox/faults", json={"undeliverable": [order.phone]})
    yield
    stack.core.request("DELETE", "/sandbox/faults", expect=(200, 204))


def send_by_whatsapp(frame: FrameLocator) -> None:
    frame.locator("#channels label", has_text="WhatsApp").click()
    if frame.locator("#consent").is_visible():
        frame.locator("#customer-agreed").check()
    frame.locator("#send").click()


def test_a_message_that_arrived_is_shown_as_delivered_with_its_time(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    frame = extension(page, stack, order)
    send_by_whatsapp(frame)
    expect(frame.locator("#status-sentence")).to_contain_text("Delivered")
    step = frame.locator("#steps li", has_text="Delivered")
    expect(step).to_have_attribute("data-mark", "done")
    expect(step.locator(".c2p-step-time")).not_to_be_empty()
    no_barriers(page)


def test_a_message_that_failed_is_replaced_on_the_other_channel_in_one_press(
    page: Page, stack: Stack, order: SandboxOrder, unreachable: None
) -> None:
    frame = extension(page, stack, order)
    send_by_whatsapp(frame)
    expect(frame.locator("#status-sentence")).to_have_text(UNREACHABLE)
    expect(frame.locator("#status")).to_have_attribute("data-tone", "bad")
    expect(frame.locator("#steps li", has_text="Could not be delivered")).to_have_attribute("data-mark", "failed")
    expect(frame.locator("#say-lines")).to_contain_text("another way")
    no_barriers(page)
    stack.core.request("DELETE", "/sandbox/faults", expect=(200, 204))
    frame.locator("#replace", has_text="Send by SMS instead").click()
    expect(frame.locator("#cancel-told")).to_have_text(
        "The customer gets one message with the new link; it says nothing of an old one."
    )
    no_barriers(page)
    frame.locator("#cancel-yes").click()
    expect(frame.locator("#status-amount")).to_contain_text("SMS")
    expect(frame.locator("#notice")).to_have_text("The old link no longer works. The new one was sent.")
    expect(frame.locator("#earlier-summary")).to_be_visible()
    no_barriers(page)
    phone = page.context.new_page()
    phone.goto(f"{stack.core.origin}/phones/{order.phone}")
    expect(phone.locator("#conversation")).to_contain_text("please pay")
    expect(phone.locator("#conversation")).not_to_contain_text("old one")
    expect(phone.locator("#conversation a[href*='/pay/']")).to_have_count(1)
    assert "cancelled" not in phone.locator("#conversation").inner_text().lower()


@pytest.mark.parametrize("width", [320, 1280])
def test_an_alarm_and_goods_that_must_wait_are_told_in_red_beside_the_payment(
    page: Page, stack: Stack, order: SandboxOrder, width: int
) -> None:
    """The page is told of both at once by an answer that is changed on its way."""
    page.set_viewport_size({"width": width, "height": 900})
    money = {"amount": "115.00", "currency": "ZAR"}
    told = [
        {"id": "attention_disputed", "values": {"amount": money, "order_number": "00000100", "reference": "c2p_abc"}},
        {"id": "do_not_ship", "values": {"amount": money}},
    ]

    def changed(route: Route) -> None:
        answer = route.fetch()
        if answer.status != 200:
            route.fulfill(response=answer)
            return
        body: dict[str, Any] = answer.json()
        route.fulfill(response=answer, body=json.dumps({**body, "sentences": told}))

    frame = extension(page, stack, order)
    page.route("**/api/orders/*", changed)
    frame.locator("#send").click()
    warning = frame.locator("#status-warning")
    expect(warning).to_contain_text("The customer's bank disputes the payment of R115.00. Do not ship.")
    expect(warning).to_contain_text("Do not ship yet: the payment of R115.00 is still being checked.")
    expect(frame.locator("#status")).to_have_attribute("data-tone", "bad")
    # The sandbox org's own page around ours is not made for a phone.
    own = [one for one in page.frames if one is not page.main_frame]
    assert [barrier for one in own for barrier in barriers(one)] == []

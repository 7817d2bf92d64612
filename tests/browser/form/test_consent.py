"""Consent on the agent's page: a closed channel says why, an open question needs the agent's tick, and the page follows."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.screens.stage import Stage
from tests.browser.test_journey import extension, no_barriers

INSTEAD = "Nothing went out by SMS. You can send by WhatsApp instead."
RULE = {"field": "PoNumber", "yes": ["opt in"], "no": ["opt out"], "unknown": "ask"}


@pytest.fixture
def asking(stage: Stage) -> Stage:
    """A tenant with a consent rule for SMS."""
    stage.world.tenant(mapping={"consents": {"sms": RULE}})
    return stage


def reply(stack: Stack, order: SandboxOrder, text: str) -> None:
    stack.core.request(
        "POST", f"/sandbox/phones/{order.phone}/replies", json={"text": text, "channel": "sms"}, expect=(201,)
    )


def says(stage: Stage, consent: str) -> None:
    """Somebody in the org writes down what the customer said."""
    stage.world.org.change(stage.order_id, PoNumber=consent)


def messages(stack: Stack, phone: str) -> int:
    return len([one for one in stack.core.get_json(f"/sandbox/phones/{phone}")["messages"] if one["link"]])


def opened(stage: Stage, **fields: Any) -> Page:
    """Open the page of an order of R115.00."""
    stage.order(**fields)
    stage.open()
    expect(stage.part("send")).to_contain_text("Send R115.00 by SMS")
    return stage.tab


def announced(frame: FrameLocator | Page, words: str) -> None:
    expect(frame.locator("#announcer")).to_contain_text(words)


def test_a_stop_closes_the_channel_on_the_open_page_and_a_start_opens_it(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    frame = extension(page, stack, order)
    reply(stack, order, "STOP")
    refused = frame.locator("label[for=channel-sms]")
    expect(refused).to_contain_text("The customer replied STOP to SMS messages.")
    expect(frame.locator("#channel-sms")).to_be_disabled()
    expect(frame.locator("#channel-whatsapp")).to_be_checked()
    expect(frame.locator("#send")).to_contain_text("by WhatsApp")
    announced(frame, "The customer replied STOP")
    no_barriers(page)
    reply(stack, order, "START")
    expect(frame.locator("#channel-sms")).to_be_enabled()
    frame.locator("#channel-sms").check()
    frame.locator("#send").click()
    expect(frame.locator("#status-pill")).to_have_text("Sent")


def test_a_stop_after_sending_stands_in_the_history(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    frame.locator("#send").click()
    expect(frame.locator("#status-pill")).to_have_text("Sent")
    reply(stack, order, "STOP")
    frame.locator("#history summary").click()
    expect(frame.locator("#history-lines")).to_contain_text("Customer replied STOP")


def test_a_number_that_said_stop_is_refused_when_it_is_typed(page: Page, stack: Stack, order: SandboxOrder) -> None:
    other = SandboxOrder(order.order_id, f"2782{secrets.randbelow(10**7):07d}")
    reply(stack, other, "STOP")
    frame = extension(page, stack, order)
    frame.locator("#phone").fill(f"+{other.phone}")
    frame.locator("#send").click()
    frame.locator("#phone-yes").click()
    expect(frame.locator("#form-error")).to_have_text(INSTEAD)
    expect(frame.locator("label[for=channel-sms]")).to_contain_text("The customer replied STOP")
    expect(frame.locator("#channel-sms")).to_be_disabled()
    announced(frame, "The customer replied STOP")
    no_barriers(page)
    frame.locator("#phone").fill(f"+{order.phone}")
    expect(frame.locator("#channel-sms")).to_be_enabled()
    assert messages(stack, other.phone) == 0


def test_an_open_question_needs_the_tick_by_keyboard_too(asking: Stage) -> None:
    tab = opened(asking)
    tick = tab.get_by_label("Customer agreed on this call")
    expect(tick).to_be_visible()
    no_barriers(tab)
    tab.locator("#send").focus()
    tab.keyboard.press("Enter")
    expect(tick).to_be_focused()
    expect(tick).to_have_attribute("aria-invalid", "true")
    announced(tab, "Ask the customer and tick this")
    assert not asking.world.core.links
    tab.keyboard.press("Space")
    expect(tab.locator("#customer-agreed-error")).to_be_hidden()
    tab.locator("#send").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#status-pill")).to_have_text("Sent")
    tab.locator("#history summary").click()
    expect(tab.locator("#history-lines")).to_contain_text("Customer agreed to SMS messages on the call, says")
    assert len(asking.world.core.links) == 1


def test_the_tick_belongs_to_one_channel_and_one_number(asking: Stage) -> None:
    tab = opened(asking)
    tick = tab.locator("#customer-agreed")
    tick.check()
    tab.locator("#channel-whatsapp").check()
    expect(tick).to_be_hidden()
    tab.locator("#channel-sms").check()
    expect(tick).not_to_be_checked()
    announced(tab, "Salesforce does not say whether SMS messages are welcome")
    tick.check()
    tab.locator("#phone").fill("083 765 4321")
    expect(tick).not_to_be_checked()
    expect(tab.locator("#customer-agreed-hint")).to_contain_text("Nothing is recorded for this new number")
    tick.check()
    expect(tab.locator("#phone-country")).to_have_text("South Africa")
    expect(tick).to_be_checked()


def test_a_yes_that_was_taken_back_meanwhile_is_shown_and_followed(asking: Stage) -> None:
    tab = opened(asking, PoNumber="opt in")
    expect(tab.locator("#consent")).to_be_hidden()
    says(asking, "")
    tab.locator("#send").click()
    expect(tab.locator("#form-error")).to_contain_text("Ask the customer first")
    expect(tab.locator("#customer-agreed")).to_be_focused()
    says(asking, "opt out")
    tab.locator("#customer-agreed").check()
    tab.locator("#send").click()
    expect(tab.locator("#form-error")).to_have_text(INSTEAD)
    expect(tab.locator("label[for=channel-sms]")).to_contain_text("The customer does not want SMS messages.")
    expect(tab.locator("#channel-sms")).to_be_disabled()
    expect(tab.locator("#channel-whatsapp")).to_be_checked()
    no_barriers(tab)
    assert not asking.world.core.links

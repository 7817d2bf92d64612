"""Consent on the agent's page: a closed channel says why, an open question needs the agent's tick, and the page follows."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.test_journey import extension, no_barriers

INSTEAD = "Nothing went out by SMS. You can send by WhatsApp instead."
RULE = {"field": "PoNumber", "yes": ["opt in"], "no": ["opt out"], "unknown": "ask"}


def mapped(stack: Stack, *change: str, stdin: str = "") -> None:
    """Change the tenant's mapping; a connector that starts anew knows it at once, a running one after some seconds."""
    tenant_id = str(json.loads(stack.run_command("tenant", "list", "--json"))[0]["tenant"])
    stack.run_command("tenant", "map", tenant_id, *change, "--yes", stdin=stdin)
    stack.children["connector"].stop()
    stack.children["connector"].start()
    stack.wait_for_health(stack.connector, "/health/ready")


def mapping_of(stack: Stack) -> str:
    """Return the mapping that counts now, as a mapping file."""
    tenant_id = str(json.loads(stack.run_command("tenant", "list", "--json"))[0]["tenant"])
    return stack.run_command("tenant", "map", tenant_id)


@pytest.fixture(scope="module")
def strict(started: Stack) -> Iterator[None]:
    """A consent rule for SMS while these tests last; afterwards the demo's own mapping again."""
    own = json.loads(mapping_of(started))
    mapped(started, "--set", "-", stdin=json.dumps({**own, "consents": {"sms": RULE}}))
    yield
    mapped(started, "--set", "-", stdin=json.dumps(own))


@pytest.fixture
def asking(strict: None, stack: Stack) -> Stack:
    """The stack while its tenant has a consent rule for SMS."""
    return stack


def reply(stack: Stack, order: SandboxOrder, text: str) -> None:
    stack.core.request(
        "POST", f"/sandbox/phones/{order.phone}/replies", json={"text": text, "channel": "sms"}, expect=(201,)
    )


def says(stack: Stack, order: SandboxOrder, consent: str) -> None:
    """Somebody in the org writes down what the customer said."""
    stack.org.request("PATCH", f"/sandbox/orders/{order.order_id}", json={"PoNumber": consent})


def messages(stack: Stack, phone: str) -> int:
    return len([one for one in stack.core.get_json(f"/sandbox/phones/{phone}")["messages"] if one["link"]])


def announced(frame: FrameLocator, words: str) -> None:
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


def test_an_open_question_needs_the_tick_by_keyboard_too(page: Page, asking: Stack, order: SandboxOrder) -> None:
    frame = extension(page, asking, order)
    tick = frame.get_by_label("Customer agreed on this call")
    expect(tick).to_be_visible()
    no_barriers(page)
    frame.locator("#send").focus()
    page.keyboard.press("Enter")
    expect(tick).to_be_focused()
    expect(tick).to_have_attribute("aria-invalid", "true")
    announced(frame, "Ask the customer and tick this")
    assert messages(asking, order.phone) == 0
    page.keyboard.press("Space")
    expect(frame.locator("#customer-agreed-error")).to_be_hidden()
    frame.locator("#send").focus()
    page.keyboard.press("Enter")
    expect(frame.locator("#status-pill")).to_have_text("Sent")
    frame.locator("#history summary").click()
    expect(frame.locator("#history-lines")).to_contain_text("Customer agreed to SMS messages on the call, says")
    assert messages(asking, order.phone) == 1


def test_the_tick_belongs_to_one_channel_and_one_number(page: Page, asking: Stack, order: SandboxOrder) -> None:
    frame = extension(page, asking, order)
    tick = frame.locator("#customer-agreed")
    tick.check()
    frame.locator("#channel-whatsapp").check()
    expect(tick).to_be_hidden()
    frame.locator("#channel-sms").check()
    expect(tick).not_to_be_checked()
    announced(frame, "Salesforce does not say whether SMS messages are welcome")
    tick.check()
    frame.locator("#phone").fill("083 765 4321")
    expect(tick).not_to_be_checked()
    expect(frame.locator("#customer-agreed-hint")).to_contain_text("Nothing is recorded for this new number")
    tick.check()
    expect(frame.locator("#phone-country")).to_have_text("South Africa")
    expect(tick).to_be_checked()


def test_a_yes_that_was_taken_back_meanwhile_is_shown_and_followed(
    page: Page, asking: Stack, order: SandboxOrder
) -> None:
    says(asking, order, "opt in")
    frame = extension(page, asking, order)
    expect(frame.locator("#consent")).to_be_hidden()
    says(asking, order, "")
    frame.locator("#send").click()
    expect(frame.locator("#form-error")).to_contain_text("Ask the customer first")
    expect(frame.locator("#customer-agreed")).to_be_focused()
    says(asking, order, "opt out")
    frame.locator("#customer-agreed").check()
    frame.locator("#send").click()
    expect(frame.locator("#form-error")).to_have_text(INSTEAD)
    expect(frame.locator("label[for=channel-sms]")).to_contain_text("The customer does not want SMS messages.")
    expect(frame.locator("#channel-sms")).to_be_disabled()
    expect(frame.locator("#channel-whatsapp")).to_be_checked()
    no_barriers(page)
    assert messages(asking, order.phone) == 0

"""The customer's number on the page: the server reads it, its country stands beside it, and what is in doubt is asked."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.form.test_consent import announced, messages, opened
from tests.browser.screens.stage import Stage
from tests.browser.test_journey import extension, no_barriers


def made(stack: Stack, **fields: Any) -> SandboxOrder:
    """An order whose customer has this in the phone fields."""
    contact = {"LastName": "Customer", **fields.pop("contact", {})}
    record = {"object": "Contact", "values": contact}
    contact_id = stack.org.request("POST", "/sandbox/records", json=record, expect=(201,)).json()["id"]
    body = {"BillToContactId": contact_id, "AccountId": None, **fields}
    answer = stack.org.request("POST", "/sandbox/orders", json=body, expect=(200, 201)).json()
    return SandboxOrder(order_id=str(answer["orders"][0]["id"]), phone="")


def shows(frame: FrameLocator | Page, number: str, country: str) -> None:
    expect(frame.locator("#phone")).to_have_value(number)
    expect(frame.locator("#phone-country")).to_have_text(country)


def test_the_orders_own_number_is_read_in_its_own_country(page: Page, stack: Stack) -> None:
    frame = extension(page, stack, made(stack, contact={"MobilePhone": "0712 345678"}, BillingCountry="Kenya"))
    shows(frame, "+254 712 345678", "Kenya")
    no_barriers(page)


def test_nothing_can_be_typed_before_the_page_listens(page: Page, stack: Stack, order: SandboxOrder) -> None:
    """What is typed into a page that does not listen yet would be lost, and the order's own number sent instead."""
    held: list[Route] = []
    page.route("**/agent/main.js*", lambda route: held.append(route))
    # The record page has loaded only once its frame has, whose script is held.
    page.goto(f"{stack.org.origin}/orders/{order.order_id}", wait_until="commit")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#phone")).not_to_be_editable()
    expect(frame.locator("#send")).to_be_disabled()
    for one in held:
        one.continue_()
    expect(frame.locator("#phone")).to_be_editable()
    frame.locator("#phone").fill("0837654321")
    frame.locator("#channel-sms").focus()
    shows(frame, "+27 83 765 4321", "South Africa")


def test_a_typed_number_gets_its_country_and_keeps_its_plus(stage: Stage) -> None:
    tab = opened(stage)
    tab.locator("#phone").fill("+44 7400 123456")
    expect(tab.locator("#phone-country")).to_contain_text("United Kingdom")
    tab.locator("#channel-sms").focus()
    shows(tab, "+44 7400 123456", "United Kingdom")
    tab.locator("#phone").fill("0837654321")
    tab.locator("#channel-sms").focus()
    shows(tab, "+27 83 765 4321", "South Africa")
    announced(tab, "South Africa")


def test_two_readings_are_asked_about_by_keyboard_and_nothing_is_sent_before(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    # The stack is one for all tests of a worker: others may have written to this number.
    before = messages(stack, "27687246447")
    frame = extension(page, stack, order)
    frame.locator("#phone").fill("687246447")
    frame.locator("#send").focus()
    page.keyboard.press("Enter")
    question = "Is this South Africa +27\u00a068\u00a0724\u00a06447 or New Caledonia +687\u00a024.64.47?"
    expect(frame.locator("#phone-choice-question")).to_have_text(question)
    first = frame.get_by_role("button", name="South Africa +27 68 724 6447")
    expect(first).to_be_focused()
    no_barriers(page)
    page.keyboard.press("Enter")
    shows(frame, "+27 68 724 6447", "South Africa")
    expect(frame.locator("#phone-choice")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(frame.locator("#phone-question")).to_contain_text("New number, South Africa")
    expect(frame.locator("#phone-yes")).to_be_focused()
    assert messages(stack, "27687246447") == before
    page.keyboard.press("Enter")
    expect(frame.locator("#status-sentence")).to_contain_text("ending 6447")
    assert messages(stack, "27687246447") == before + 1


def test_a_landline_warns_and_is_sent_to_when_the_agent_says_so(stage: Stage) -> None:
    tab = opened(stage)
    tab.locator("#phone").fill("021 123 4567")
    expect(tab.locator("#phone-warning")).to_have_text("This looks like a landline; a text may not arrive.")
    tab.locator("#send").click()
    tab.locator("#phone-yes").click()
    expect(tab.locator("#status-sentence")).to_contain_text("ending 4567")


def test_a_mobile_field_that_cannot_be_read_is_named_and_the_landline_offered(page: Page, stack: Stack) -> None:
    contact = {"MobilePhone": "083 123 4567 (wife)", "Phone": "021 123 4567"}
    frame = extension(page, stack, made(stack, contact=contact))
    expect(frame.locator("#phone")).to_have_value("")
    notes = frame.locator("#phone-notes")
    expect(notes).to_contain_text("Mobile Phone (Bill To Contact) in Salesforce holds more than a number, or none")
    no_barriers(page)
    notes.get_by_role("button", name="Use South Africa +27 21 123 4567").click()
    shows(frame, "+27 21 123 4567", "South Africa")
    expect(frame.locator("#phone-warning")).to_be_visible()


def test_a_number_in_no_known_range_is_sent_to_once_it_was_read_back(stage: Stage) -> None:
    tab = opened(stage)
    tab.locator("#phone").fill("+27 86 2123 4567")
    tab.locator("#send").click()
    expect(tab.locator("#phone-question")).to_contain_text("No network is known to use South Africa")
    tab.locator("#phone-yes").click()
    expect(tab.locator("#status-sentence")).to_contain_text("ending 4567")
    assert stage.world.core.last()["endUserMobileNumber"] == "278621234567"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("083 123 4567 (wife)", "This is more than a number, or none"),
        ("0800 123 456", "This is a service number"),
        ("+870 773 123 456", "This number belongs to no country"),
        ("", "Enter the customer's phone number."),
    ],
)
def test_what_cannot_be_sent_to_is_said_beside_the_field(stage: Stage, typed: str, told: str) -> None:
    tab = opened(stage)
    tab.locator("#phone").fill(typed)
    tab.locator("#send").click()
    expect(tab.locator("#phone-error")).to_contain_text(told)
    expect(tab.locator("#phone")).to_be_focused()
    expect(tab.locator("#phone")).to_have_attribute("aria-invalid", "true")

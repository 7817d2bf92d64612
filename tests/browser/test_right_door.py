"""What stands in an agent's way, as the frame shows it: a sentence with who mends it, and no machine word anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.screens.stage import Stage
from tests.browser.test_journey import extension, no_barriers, pay, tap_the_link

MACHINE = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\b\w+__[a-z]\b|\b[a-z]+_[a-z_]+\b|[{}]")
ADMIN = "Naledi Khumalo"


def no_machine_words(frame: FrameLocator | Page) -> None:
    """Every text of the page, hidden ones too: they are shown, or read out, sooner or later."""
    texts = frame.locator("body *:not(script):not(style):not(noscript)").evaluate_all(
        "all => all.flatMap(one => [...one.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()))"
    )
    assert [text for text in texts if MACHINE.search(text)] == []


@contextmanager
def settings(stack: Stack, **changes: Any) -> Iterator[None]:
    before = {name: stack.core.get_json("/sandbox/settings")[name] for name in changes}
    stack.core.request("PUT", "/sandbox/settings", json=changes)
    try:
        yield
    finally:
        stack.core.request("PUT", "/sandbox/settings", json=before)


@contextmanager
def application_off(stack: Stack) -> Iterator[None]:
    (mine,) = [one for one in stack.core.get_json("/sandbox/applications")["applications"] if one["type"] == "OMS"]
    path = f"/sandbox/applications/{mine['uuid']}"
    stack.core.request("PUT", path, json={"status": "DEACTIVATED"})
    try:
        yield
    finally:
        stack.core.request("PUT", path, json={"status": "ACTIVATED"})


def test_an_application_that_was_switched_off_is_named(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    with application_off(stack):
        frame.locator("#send").click()
        expect(frame.locator("body")).to_contain_text(
            f"switched off at the payment core. Nothing went out. Ask {ADMIN}"
        )
    no_machine_words(frame)
    no_barriers(page)


def test_a_currency_and_a_channel_that_go_are_named_on_the_open_page(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    frame = extension(page, stack, order)
    with settings(stack, currencies=["USD"], channels=["whatsapp"]):
        expect(frame.locator("#problems")).to_contain_text(
            f"Payments in ZAR are not set up at the payment core, so nothing can be sent. Ask {ADMIN}."
        )
        expect(frame.locator("#send")).to_have_attribute("aria-disabled", "true")
        no_machine_words(frame)
    expect(frame.locator("#send")).not_to_have_attribute("aria-disabled", "true")


def test_a_day_without_calls_is_named(stage: Stage) -> None:
    stage.order()
    stage.world.org.limit = True
    stage.open()
    expect(stage.part("sentence")).to_contain_text("has used up its calls for today, so nothing went out.")
    expect(stage.part("sentence")).to_contain_text(f"ask {stage.world.acme.admin_contact}")
    no_machine_words(stage.tab)


def test_an_order_that_refuses_says_why_in_words(page: Page, stack: Stack, order: SandboxOrder) -> None:
    frame = extension(page, stack, order)
    frame.locator("#send").click()
    expect(frame.locator("#status-pill")).to_have_text("Sent")
    refusal = {"refuses_updates_with": "FIELD_CUSTOM_VALIDATION_EXCEPTION"}
    stack.org.request("PATCH", f"/sandbox/orders/{order.order_id}", json=refusal)
    pay(tap_the_link(page, stack, order), "4111 1111 1111 1111")
    expect(frame.locator("#status-pill")).to_have_text("Paid")
    told = "a rule in Salesforce does not allow it"
    expect(frame.locator("#status-sentence")).to_contain_text(told)
    expect(frame.locator("#steps")).to_contain_text(f"Salesforce did not accept it: {told}")
    no_machine_words(frame)


@pytest.mark.parametrize("code", ["ENTITY_IS_LOCKED", "SOMETHING_NOBODY_LISTED"])
def test_an_order_whose_refusal_may_pass_is_told_in_words(stage: Stage, code: str) -> None:
    stage.sent()
    stage.open()
    stage.world.org.refuses[stage.order_id] = code
    stage.happens("PAYMENT_RECEIVED")
    stage.world.settle()
    expect(stage.part("status-pill")).to_have_text("Paid")
    assert stage.world.org.order_records(stage.order_id), "it was written, and refused"
    no_machine_words(stage.tab)


def test_an_order_with_a_status_that_is_not_paid_for_is_told_in_the_orgs_own_labels(
    page: Page, stack: Stack, order: SandboxOrder
) -> None:
    stack.org.request("PATCH", f"/sandbox/orders/{order.order_id}", json={"Status": "Cancelled"})
    page.goto(f"{stack.org.origin}/orders/{order.order_id}")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#problems")).to_contain_text("Status of this order is Cancelled")
    no_machine_words(frame)

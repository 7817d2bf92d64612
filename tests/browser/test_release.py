"""A supervisor releases an order on the agent's page: a reason is asked for, and kept; nobody else finds the button."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sandbox.demo.stack import Stack
from tests.browser.conftest import SandboxOrder
from tests.browser.test_journey import extension, no_barriers


@pytest.fixture
def agent(stack: Stack) -> Iterator[dict[str, Any]]:
    """The user who opens the pages, with her permission sets as they were afterwards."""
    found: dict[str, Any] = stack.org.get_json("/sandbox/credentials")["users"][0]
    sets = found["permission_sets"]
    yield found
    stack.org.request("PATCH", f"/sandbox/users/{found['id']}", json={"permission_sets": sets})


@pytest.fixture
def silent_core(stack: Stack) -> Iterator[None]:
    """A core that carries out what it is asked, and whose answers are lost."""
    stack.core.request("PUT", "/sandbox/faults", json={"drop_answers": 1.0, "drop_callbacks": 1.0})
    yield
    stack.core.request("DELETE", "/sandbox/faults", expect=(200, 204))


def may_supervise(stack: Stack, agent: dict[str, Any]) -> None:
    stack.org.request("PATCH", f"/sandbox/users/{agent['id']}", json={"permission_sets": ["Chat2Pay_Supervisor"]})


def test_a_supervisor_releases_an_order_with_a_reason(
    page: Page, stack: Stack, order: SandboxOrder, agent: dict[str, Any], silent_core: None
) -> None:
    may_supervise(stack, agent)
    frame = extension(page, stack, order)
    frame.locator("#send").click()
    expect(frame.locator("#status-pill")).to_have_text("Not known yet")
    frame.locator("#release").click()
    no_barriers(page)
    frame.locator("#release-yes").click()
    expect(frame.locator("#release-error")).to_contain_text("Say why")
    frame.locator("#release-reason").fill("The core has been down since noon")
    frame.locator("#release-yes").click()
    expect(frame.locator("#notice")).to_contain_text("Released. Another link can be sent now.")
    expect(frame.locator("#status-sentence")).to_contain_text("let another link be sent")
    expect(frame.locator("#release")).to_be_hidden()
    expect(frame.locator("#again")).to_be_visible()
    frame.locator("#history summary").click()
    expect(frame.locator("#history-lines")).to_contain_text("The core has been down since noon")
    no_barriers(page)


def test_an_agent_finds_no_such_button(page: Page, stack: Stack, order: SandboxOrder, silent_core: None) -> None:
    frame = extension(page, stack, order)
    frame.locator("#send").click()
    expect(frame.locator("#status-pill")).to_have_text("Not known yet")
    expect(frame.locator("#release")).to_be_hidden()

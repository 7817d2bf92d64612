"""A supervisor releases an order on the agent's page: a reason is asked for, and kept; nobody else finds the button."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from sandbox.demo.stack import Stack
from tests.browser.barriers import barriers
from tests.browser.conftest import SOON
from tests.browser.screens.stage import Stage, new_world


@pytest.fixture
def agent(stack: Stack) -> Iterator[dict[str, Any]]:
    """The user who opens the pages, with her permission sets as they were afterwards."""
    found: dict[str, Any] = stack.org.get_json("/sandbox/credentials")["users"][0]
    sets = found["permission_sets"]
    yield found
    stack.org.request("PATCH", f"/sandbox/users/{found['id']}", json={"permission_sets": sets})


def may_supervise(stack: Stack, agent: dict[str, Any]) -> None:
    stack.org.request("PATCH", f"/sandbox/users/{agent['id']}", json={"permission_sets": ["Chat2Pay_Supervisor"]})


@pytest.fixture
def stage(browser: Browser, migrated: Path, fast_folder: Path) -> Iterator[Stage]:
    """A supervisor's tab on a link that a core may have got whose answers are lost."""
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(SOON)
    with new_world(migrated, fast_folder / "release.db") as world:
        made = Stage(context.new_page(), world)
        world.tenant(policy={"rights_from": "custom_permissions"})
        world.org.permissions = {made.agent.user_id: {"Chat2Pay_Send", "Chat2Pay_Supervise"}}
        world.core.drop_answers = world.core.mute = True
        made.order()
        assert world.send(world.open(made.order_id)).status_code == 202
        yield made
    context.close()


def test_nothing_is_offered_while_we_are_finding_out(stage: Stage) -> None:
    stage.open()
    expect(stage.part("status-sentence")).to_contain_text("We do not know yet whether it went out. Do not send again")
    expect(stage.part("actions")).to_be_hidden()
    expect(stage.part("withheld")).to_be_hidden()


def test_a_supervisor_releases_an_order_with_a_reason(stage: Stage) -> None:
    stage.world.clock.pass_by(minutes=5)
    stage.open()
    expect(stage.part("status-sentence")).to_contain_text("Still unknown.")
    expect(stage.part("cancel")).to_be_hidden()
    stage.press("release")
    assert barriers(stage.tab) == []
    stage.press("release-yes")
    expect(stage.part("release-error")).to_contain_text("Say why")
    stage.type("release-reason", "The core has been down since noon")
    stage.press("release-yes")
    expect(stage.part("notice")).to_contain_text("Released. Another link can be sent now.")
    expect(stage.part("status-sentence")).to_contain_text("let another link be sent")
    expect(stage.part("release")).to_be_hidden()
    expect(stage.part("again")).to_be_visible()
    stage.unfold("history")
    expect(stage.part("history-lines")).to_contain_text("The core has been down since noon")
    assert barriers(stage.tab) == []


def test_an_agent_finds_no_such_button(stage: Stage) -> None:
    stage.world.org.permissions[stage.agent.user_id] = {"Chat2Pay_Send"}
    stage.world.clock.pass_by(minutes=5)
    stage.open()
    expect(stage.part("status-sentence")).to_contain_text("Still unknown. Tell your supervisor")
    expect(stage.part("release")).to_be_hidden()

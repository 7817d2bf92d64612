"""A change in Salesforce is on a visible page within fifteen seconds, timed by clocks that the test moves on both sides."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from connector.journeys.reconciling.watch_visible_orders import watch_visible_orders
from connector.store.orders import visible_orders
from connector.workers.visible_orders import TICK_SECONDS
from tests.browser.conftest import SOON
from tests.browser.screens.stage import Stage, new_world

_PROMISED_SECONDS = 15
_A_TURN = "new Promise((done) => { const pair = new MessageChannel(); pair.port1.onmessage = done; pair.port2.postMessage(0); })"
_SETTLES = 40  # steps in which the page is seen and the org was asked


def test_a_change_without_a_live_link_is_shown_within_fifteen_seconds(
    browser: Browser, migrated: Path, fast_folder: Path
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(SOON)
    with new_world(migrated, fast_folder / "clock.db") as world:
        stage = Stage(context.new_page(), world)
        stage.tab.clock.install()
        stage.order()
        stage.open()
        expect(stage.part("send")).to_contain_text("R115.00")
        # At worst the change comes just after the org was asked.
        steps = 0
        while not _passed(stage) or steps < _SETTLES:
            steps += 1
        world.org.change(stage.order_id, Grand_Total__c=230.0, Sub_Total__c=215.0)
        passed = 0.0
        while "R230.00" not in stage.part("send").inner_text():
            assert passed < _PROMISED_SECONDS
            _passed(stage)
            passed += TICK_SECONDS
        assert passed > TICK_SECONDS, "nothing can have been found without being asked for"
    context.close()


def _passed(stage: Stage) -> bool:
    """Let the time between two looks of the worker pass everywhere; return whether the org was asked."""
    world = stage.world
    world.clock.pass_by(seconds=TICK_SECONDS)
    with world.services.store.read() as work:
        is_due = bool(visible_orders.due_tenants(work, now=world.clock()))
    if is_due:
        watch_visible_orders(world.services.for_tenant(world.acme))
    stage.tab.clock.run_for(round(TICK_SECONDS * 1000))
    # What the page has asked for is answered before time goes on.
    stage.tab.evaluate(_A_TURN)
    return is_due

"""The panel and the agent's page on an order that changed beside its money: the same sentence, the same warning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panel.page import PanelPage
from tests.browser.panel.test_panel_beside_page import no_barriers_in, same, send, settled
from tests.browser.panel.walk.panel_stage import PanelStage
from tests.browser.panel.walk.test_every_row_on_the_panel import tab
from tests.browser.screens.stage import Stage, new_world
from tests.factories import moment

__all__ = ["tab"]

Both = tuple[PanelStage, Stage]


@pytest.fixture
def both(bundle: None, tab: Page, migrated: Path, fast_folder: Path) -> Iterator[Both]:
    """The panel and the page on one order of one world, for which a link was sent by the panel."""
    with new_world(migrated, fast_folder / "beside.db") as world:
        world.with_own_core()
        panel, page = PanelStage(PanelPage(tab), world), Stage(tab.context.new_page(), world)
        panel.order()
        page.order_id = panel.order_id
        panel.open()
        page.open()
        send(panel.tab)
        expect(panel.part("status-sentence")).to_contain_text("by SMS to a number ending")
        panel.link = world.core.last()
        yield panel, page
        panel.is_lost = page.is_lost = True  # no poll asks a database that is closed


def warned(both: Both, text: str, **changes: Any) -> None:
    """Change the order, wait until both warn, and hold each line of the one against the other's."""
    panel, page = both
    panel.world.org.change(panel.order_id, **changes)
    panel.tab.reload()
    page.open()
    warnings = panel.tab.locator("[data-id=warning]")
    expect(warnings.first).to_contain_text(text)
    expect(page.part("status-warning")).to_contain_text(text)
    assert settled("".join(warnings.all_text_contents())) == settled(page.part("status-warning").text_content())
    no_barriers_in(panel.tab)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"Grand_Total__c": 100.0, "Sub_Total__c": 85.0}, "the order is now R100.00. R15.00 too much."),
        ({"Currency__c": "USD"}, "the order is now in USD. Hand to your supervisor."),
    ],
    ids=["lowered", "other currency"],
)
def test_a_paid_order_that_changed_warns_in_both(both: Both, values: dict[str, Any], text: str) -> None:
    panel, page = both
    panel.happens("PAYMENT_LINK_CLICKED", "PAYMENT_RECEIVED")
    panel.world.settle()
    same(panel.tab, page.tab, None, "Paid", "Written to Salesforce")
    warned(both, text, **values)


def test_held_money_is_said_by_both(both: Both) -> None:
    panel, page = both
    panel.happens("PAYMENT_LINK_CLICKED")
    panel.happens("PAYMENT_AUTHORIZED", captureBefore=moment(panel.world.clock() + timedelta(days=7)))
    same(panel.tab, page.tab, None, "Held", "Held, not taken, until")
    warned(both, "Held R115.00 of the R150.00 that is due.", Grand_Total__c=150.0, Sub_Total__c=135.0)

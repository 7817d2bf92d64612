"""The panel by the keyboard alone, from right to left, narrow and wide: every stop is seen, and the focus never vanishes."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panel.page import PanelPage
from tests.browser.panel.walk.panel_stage import PanelStage
from tests.browser.panel.walk.test_every_row_on_the_panel import tab
from tests.browser.screens.stage import new_world

__all__ = ["tab"]

# What has the focus: where it is in the panel, and whether it can be seen.
_FOCUSED = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  const { width, height } = one?.getBoundingClientRect() ?? {};
  if (!width || !height || one === document.body) return null;
  const named = '[data-id], [data-verb], [data-name]';
  let host = one;
  while (host && !host.closest(named)) host = host.getRootNode().host;
  const { verb, name, id } = host?.closest(named).dataset ?? {};
  return verb ?? name ?? id ?? one.localName;
}"""


def tabbed_to(tab: Page, name: str) -> None:
    """Press Tab until a part of the panel has the focus; each stop on the way can be seen."""
    for _ in range(20):
        tab.keyboard.press("Tab")
        at = tab.evaluate(_FOCUSED)
        assert at, "the focus is nowhere to be seen"
        if at == name:
            return
    raise AssertionError(f"no Tab leads to {name}")


def focused(tab: Page, name: str) -> None:
    tab.wait_for_function(f"name => ({_FOCUSED})() === name", arg=name)


@pytest.mark.parametrize("width", [300, 1280])
def test_a_link_is_sent_and_cancelled_by_the_keyboard(
    bundle: None, tab: Page, migrated: Path, fast_folder: Path, width: int
) -> None:
    tab.set_viewport_size({"width": width, "height": 700})
    with new_world(migrated, fast_folder / f"keyboard-{width}.db") as world:
        stage = PanelStage(PanelPage(tab), world)
        stage.language = "ar"
        stage.order()
        stage.open()
        expect(stage.part("send")).to_be_visible()
        tabbed_to(tab, "phone")
        tab.keyboard.press("ControlOrMeta+A")
        tab.keyboard.type("083 765 4321")
        tab.keyboard.press("Enter")
        focused(tab, "right")
        tab.keyboard.press("Escape")
        focused(tab, "phone")
        tab.keyboard.press("Enter")
        focused(tab, "right")
        tab.keyboard.press("Enter")
        focused(tab, "sentence")
        for key in ("Escape", "Shift+Tab"):  # to its answers: No has the focus, Yes is before it
            tabbed_to(tab, "cancel")
            tab.keyboard.press("Enter")
            focused(tab, "first")
            tab.keyboard.press(key)
            if key == "Escape":
                focused(tab, "cancel")
                stage.part("status-sentence").focus()
        focused(tab, "yes")
        tab.keyboard.press("Enter")
        focused(tab, "sentence")  # it says what the answer would
        expect(stage.tab.locator("[data-verb=again]")).to_be_visible()

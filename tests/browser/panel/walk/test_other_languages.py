"""The panel in other languages, beside the page in the same state: in the page's order, in one language, and whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panel.page import RESOURCES, PanelPage
from tests.browser.panel.walk.order_of_parts import other_order
from tests.browser.panel.walk.panel_stage import PanelStage
from tests.browser.panel.walk.test_every_row_on_the_panel import ROWS_OF_PANEL, tab
from tests.browser.screens.rows import Row
from tests.browser.screens.stage import Stage, new_world

__all__ = ["tab"]

# Long words, another direction, and the language that English is most often taken for.
LANGUAGES = ("de", "ar", "af")
# One of each thing that the panel shows beside the others.
LOOKED_AT = (
    "first-visit", "consent-asked", "two-readings", "number-read-back", "number-remembered", "deposit",
    "another-number", "daily-limit", "replace-asks", "release-asks", "cancel-refused-opened", "link-copied",
    "capture-asks", "reverse-asks", "gateway-reference", "part-paid",
)  # fmt: skip
# What is cut: its text has no room where nothing can be scrolled.
_CUT = """() => [...document.querySelectorAll('#panel *')].filter(one => one.checkVisibility()
  && one.scrollWidth > one.clientWidth + 1 && ['hidden', 'clip'].includes(getComputedStyle(one).overflowX)
  && !one.closest('.slds-assistive-text')).map(one => one.textContent)"""
_LINES = "() => document.querySelector('#panel').innerText.split('\\n').map(one => one.trim()).filter(Boolean)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_panel_is_the_page_in_every_language(
    bundle: None, tab: Page, migrated: Path, fast_folder: Path, language: str
) -> None:
    faults = []
    page, beside = PanelPage(tab), tab.context.new_page()
    for row in ROWS_OF_PANEL:
        if row.name in LOOKED_AT:
            found = faults_of(row, page, beside, migrated, fast_folder, language)
            faults += [f"{row.name}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


def faults_of(row: Row, page: PanelPage, beside: Page, migrated: Path, folder: Path, language: str) -> Iterator[str]:
    """Play a row on the panel and, in a world of its own, on the page; yield what is wrong with the panel."""
    with new_world(migrated, folder / f"{row.name}-page.db") as world:
        stage = Stage(beside, world)
        stage.language = language
        row.play(stage)
        expect(beside.locator("#main")).not_to_have_attribute("aria-busy", "true")
        expect(stage.part(row.at)).to_be_visible()
        with new_world(migrated, folder / f"{row.name}.db") as own:
            panel = PanelStage(page, own)
            panel.language = language
            row.play(panel)
            expect(panel.part(row.at)).to_be_visible()
            yield from looked_at(panel, beside)
            for one in (stage, panel):
                if one.part("introduction").is_visible():
                    one.press("introduction-done")


def looked_at(panel: PanelStage, beside: Page) -> Iterator[str]:
    """Look at the panel beside the page in the same state; yield what is wrong with it."""
    yield from other_order(panel.tab, beside)
    yield from (f"is cut: {text}" for text in panel.tab.evaluate(_CUT))
    yield from (f"is English: {text}" for text in english_in(panel.tab, panel.language))
    if panel.tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield "is wider than the screen"


def english_in(tab: Page, language: str) -> list[str]:
    """Return the lines that are a sentence of the English catalogue, and none of the language's own."""
    english, own = (
        set(json.loads((RESOURCES / f"{name}.json").read_text("utf-8")).values())
        for name in ("Chat2Pay_Sentences", f"Chat2Pay_Sentences_{language}")
    )
    return [line for line in tab.evaluate(_LINES) if line in english - own]

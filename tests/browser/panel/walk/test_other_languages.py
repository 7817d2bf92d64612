"""The panel in other languages, beside the page in the same state: in the page's order, in one language, and whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panel.page import RESOURCES, PanelPage
from tests.browser.panel.walk.order_of_parts import shown_parts
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
# What a question shows once it has been answered by a call of its own, which may come later than the question.
_COMES_LATER = {"replace-asks": "replace-preview"}
# What is cut: its text has no room where nothing can be scrolled.
_CUT = """() => [...document.querySelectorAll('#panel *')].filter(one => one.checkVisibility()
  && one.scrollWidth > one.clientWidth + 1 && ['hidden', 'clip'].includes(getComputedStyle(one).overflowX)
  && !one.closest('.slds-assistive-text')).map(one => one.textContent)"""
_LINES = "() => document.querySelector('#panel').innerText.split('\\n').map(one => one.trim()).filter(Boolean)"


@pytest.fixture(scope="module")
def pages() -> dict[str, list[str]]:
    """The parts that the page shows in each row, from the top down, as far as they were looked at."""
    return {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_panel_is_the_page_in_every_language(
    bundle: None, tab: Page, pages: dict[str, list[str]], migrated: Path, fast_folder: Path, language: str
) -> None:
    faults = []
    page, beside = PanelPage(tab), tab.context.new_page()
    rows = [row for row in ROWS_OF_PANEL if row.name in LOOKED_AT]
    for number, row in enumerate(rows):
        if row.name not in pages:
            # Its parts are the same in all languages: each row in one of them, each of them in a third of the rows.
            with new_world(migrated, fast_folder / f"{row.name}-page.db") as world:
                pages[row.name] = parts_of_page(row, Stage(beside, world), LANGUAGES[number % len(LANGUAGES)])
        with new_world(migrated, fast_folder / f"{row.name}.db") as world:
            panel = PanelStage(page, world)
            panel.language = language
            faults += [f"{row.name}: {fault}" for fault in faults_of(row, panel, pages[row.name])]
    assert not faults, "\n".join(faults)


def parts_of_page(row: Row, stage: Stage, language: str) -> list[str]:
    """Play a row on the page; return the parts that it shows then."""
    stage.language = language
    row.play(stage)
    expect(stage.tab.locator("#main")).not_to_have_attribute("aria-busy", "true")
    wait_for_all_of(row, stage)
    found = shown_parts(stage.tab, is_panel=False)
    leave_introduction(stage)
    stage.is_lost = True  # no poll asks a database that is closed
    return found


def faults_of(row: Row, panel: PanelStage, of_page: list[str]) -> Iterator[str]:
    """Play a row on the panel; yield what is wrong with it beside the page in the same state."""
    row.play(panel)
    wait_for_all_of(row, panel)
    if (shown := shown_parts(panel.tab, is_panel=True)) != of_page:
        yield f"the panel shows {shown}, the page {of_page}"
    yield from (f"is cut: {text}" for text in panel.tab.evaluate(_CUT))
    yield from (f"is English: {text}" for text in english_in(panel.tab, panel.language))
    if panel.tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield "is wider than the screen"
    leave_introduction(panel)


def wait_for_all_of(row: Row, stage: Stage) -> None:
    for part in filter(None, (row.at, _COMES_LATER.get(row.name))):
        expect(stage.part(part)).to_be_visible()


def leave_introduction(stage: Stage) -> None:
    if stage.part("introduction").is_visible():
        stage.press("introduction-done")


def english_in(tab: Page, language: str) -> list[str]:
    """Return the lines that are a sentence of the English catalogue, and none of the language's own."""
    english, own = (
        set(json.loads((RESOURCES / f"{name}.json").read_text("utf-8")).values())
        for name in ("Chat2Pay_Sentences", f"Chat2Pay_Sentences_{language}")
    )
    return [line for line in tab.evaluate(_LINES) if line in english - own]

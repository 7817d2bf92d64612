"""A walk through every row of the agent's page on the panel: the same sentence, the same buttons, no barrier in any theme."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.barriers import barriers, faint_new_looks
from tests.browser.conftest import SOON
from tests.browser.panel.page import PanelPage
from tests.browser.panel.walk.beside import differences
from tests.browser.panel.walk.panel_stage import PanelStage
from tests.browser.panel.walk.parts import ONLY_ON_THE_PAGE, PARTS, SAYS_INSTEAD
from tests.browser.screens import (  # noqa: F401 - each adds its rows
    rows_around,
    rows_of_links,
    rows_of_money,
    rows_of_refusals,
)
from tests.browser.screens.rows import ROWS, Row
from tests.browser.screens.stage import new_world

PICTURES = os.environ.get("CHAT2PAY_PANEL_SCREENS")
# What else is walked where pictures are taken: the sentences of the rows are English.
LANGUAGES = os.environ.get("CHAT2PAY_PANEL_LANGUAGES", "en-US").split(",")
# Without a theme an org's look is light; Salesforce's newer light one is looked at where pictures are taken.
THEMES = ("light", "dark") if PICTURES else ("dark",)
NARROW, WIDE, HEIGHT = 300, 1280, 700
# Salesforce's own components follow its themes by themselves; these are open-source copies in the look of before themes.
_THEIRS = 'class="slds-'


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """An agent's tab that lets no fault of a script pass."""
    context = browser.new_context(viewport={"width": NARROW, "height": HEIGHT}, reduced_motion="reduce")
    context.set_default_timeout(SOON)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    context.close()
    assert faults == []


def test_every_row_of_the_page_has_its_place_on_the_panel() -> None:
    names = {row.name for row in ROWS}
    assert set(ONLY_ON_THE_PAGE) <= names
    assert {row.at for row in ROWS if row.name not in ONLY_ON_THE_PAGE} <= set(PARTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_is_reached_on_the_panel_and_has_no_barrier(
    bundle: None, tab: Page, migrated: Path, fast_folder: Path, language: str
) -> None:
    faults = []
    page, beside = PanelPage(tab), tab.context.new_page()
    for row in ROWS:
        if row.name in ONLY_ON_THE_PAGE:
            continue
        with new_world(migrated, fast_folder / f"{row.name}.db") as world:
            stage = PanelStage(page, world)
            stage.language = language
            faults += [f"{row.name}: {fault}" for fault in [*walked(stage, row), *differences(stage, beside)]]
    assert not faults, "\n".join(faults)


def walked(stage: PanelStage, row: Row) -> Iterator[str]:
    """Bring the panel to a state and look at it; yield what is wrong with it."""
    speaks_english = stage.language.startswith("en")
    row.play(stage)
    try:
        says = SAYS_INSTEAD.get(row.name, row.says) if speaks_english else " "
        expect(stage.part(row.at)).to_contain_text(says, use_inner_text=True)
    except AssertionError as error:
        yield str(error)
    yield from looked_at(stage.tab, row, stage.language)
    introduction = stage.part("introduction")
    if introduction.is_visible():
        if row is not ROWS_OF_PANEL[0]:
            yield "the introduction came back"
        stage.press("introduction-done")


ROWS_OF_PANEL = [row for row in ROWS if row.name not in ONLY_ON_THE_PAGE]


def looked_at(tab: Page, row: Row, language: str) -> Iterator[str]:
    """Look at a state without a theme, in the dark and narrow, and as pictures are taken; yield what is wrong with it."""
    yield from barriers(tab)
    photographed(tab, row, language, "")
    for theme in THEMES:
        tab.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        found = [fault for fault in faint_new_looks(tab) if _THEIRS not in fault]
        yield from (f"in the {theme} theme, {fault}" for fault in found)
    photographed(tab, row, language, "-dark")
    tab.evaluate("delete document.documentElement.dataset.theme")
    if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield f"wider than {NARROW} pixels"
    if PICTURES:
        tab.set_viewport_size({"width": WIDE, "height": HEIGHT})
        photographed(tab, row, language, "-wide")
        tab.set_viewport_size({"width": NARROW, "height": HEIGHT})


def photographed(tab: Page, row: Row, language: str, kind: str) -> None:
    if not PICTURES:
        return
    path = Path(PICTURES) / f"{language[:2]}-{row.name}{kind}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    tab.evaluate("scrollTo(0, 0)")
    tab.screenshot(path=path, animations="disabled", full_page=True)

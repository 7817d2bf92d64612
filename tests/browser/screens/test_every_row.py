"""A walk through every row of the list: it is reached, says its sentence, has no barrier, and fits from 300 pixels on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.barriers import barriers, faint_new_looks
from tests.browser.conftest import SOON
from tests.browser.screens import (  # noqa: F401 - each adds its rows
    rows_around,
    rows_of_links,
    rows_of_money,
    rows_of_refusals,
)
from tests.browser.screens.rows import ROWS, Row
from tests.browser.screens.stage import Stage, new_world

# Where the pictures go: one of each row, and those in the dark and wide, which are only looked at.
PICTURES, BESIDE = (os.environ.get(name) for name in ("CHAT2PAY_SCREENS", "CHAT2PAY_SCREENS_BESIDE"))
# The agent's, as Salesforce names them; the sentences of the rows are English.
LANGUAGES = os.environ.get("CHAT2PAY_LANGUAGES", "en_US").split(",")
LARGEST_BYTES = 300_000
NARROWEST, NARROW, WIDE = 300, 320, 1280
HEIGHT = 700
# As pictures are taken; without them the narrowest from the start, because each change of width is a drawing.
USUAL = NARROW if PICTURES or BESIDE else NARROWEST


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """An agent's tab that lets no fault of a script pass."""
    context = browser.new_context(viewport={"width": USUAL, "height": HEIGHT}, locale="en-ZA", reduced_motion="reduce")
    context.set_default_timeout(SOON)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    context.close()
    assert faults == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_is_reached_says_its_sentence_and_has_no_barrier(
    tab: Page, migrated: Path, fast_folder: Path, language: str
) -> None:
    faults = []
    for row in ROWS:
        with new_world(migrated, fast_folder / f"{row.name}.db") as world:
            stage = Stage(tab, world)
            stage.language = language
            faults += [f"{row.name}: {fault}" for fault in walked(stage, row)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("size", [(NARROW, HEIGHT), (NARROW, 568), (900, 500), (WIDE, 500)], ids=str)
def test_send_is_in_sight_on_a_first_visit(tab: Page, migrated: Path, fast_folder: Path, size: tuple[int, int]) -> None:
    """In a language of long words, where a part may be asked for, too."""
    width, height = size
    tab.set_viewport_size({"width": width, "height": height})
    with new_world(migrated, fast_folder / "sight.db") as world:
        stage = Stage(tab, world)
        stage.language = "de"
        world.tenant(parts_allowed=True)
        stage.order()
        stage.open()
        expect(stage.part("introduction")).to_be_visible()
        expect(stage.part("send")).to_be_in_viewport(ratio=1)
        # What is reached by keyboard is not under it.
        stage.part("channel-whatsapp").focus()
        send, field = (stage.part(one).bounding_box() for one in ("send", "channel-whatsapp"))
        assert send
        assert field
        assert field["y"] + field["height"] <= send["y"]


@pytest.mark.parametrize("kind", ["browser", "strict_browser"])
def test_the_introduction_is_dismissed_for_good_in_a_frame_of_another_site(
    request: pytest.FixtureRequest, migrated: Path, fast_folder: Path, kind: str
) -> None:
    context = request.getfixturevalue(kind).new_context()
    context.set_default_timeout(SOON)
    with new_world(migrated, fast_folder / "framed.db") as world:
        stage = Stage(context.new_page(), world)
        stage.order()
        frame = stage.open_framed()
        frame.locator("#introduction-done").click()
        expect(frame.locator("#introduction")).to_be_hidden()
        frame = stage.open_framed()
        expect(frame.locator("#send")).to_contain_text("Send")
        expect(frame.locator("#introduction")).to_be_hidden()
    context.close()


def walked(stage: Stage, row: Row) -> Iterator[str]:
    """Bring the tab to a state and look at it; yield what is wrong with it."""
    speaks_english = stage.language.startswith("en")
    row.play(stage)
    try:
        expect(stage.part(row.at)).to_contain_text(row.says if speaks_english else " ")
    except AssertionError as error:
        yield str(error)
    yield from looked_at(stage.tab, row)
    # Once, by the first row: it must never come back.
    introduction = stage.tab.locator("#introduction")
    if introduction.is_visible():
        if row is not ROWS[0]:
            yield "the introduction came back"
        stage.press("introduction-done")


def looked_at(tab: Page, row: Row) -> Iterator[str]:
    """Look at a state in the light and in the dark, narrow and wide; yield what is wrong with it."""
    yield from barriers(tab)
    photographed(tab, row, "")
    tab.emulate_media(color_scheme="dark")
    yield from (f"in the dark, {fault}" for fault in faint_new_looks(tab))
    photographed(tab, row, "-dark")
    tab.emulate_media(color_scheme="light")
    for width in (NARROWEST, WIDE):
        if width != USUAL:
            tab.set_viewport_size({"width": width, "height": HEIGHT})
        if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
            yield f"wider than {width} pixels"
    photographed(tab, row, "-wide")
    tab.set_viewport_size({"width": USUAL, "height": HEIGHT})


def photographed(tab: Page, row: Row, kind: str) -> None:
    folder = BESIDE if kind else PICTURES
    if not folder:
        return
    path = Path(folder) / f"{row.name}{kind}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    tab.evaluate("scrollTo(0, 0)")  # the banner stays where the page was scrolled to
    size = tab.viewport_size
    assert size
    # High enough for all of it: in a lower window Send stays at the lower edge, over what a picture is to show.
    tab.set_viewport_size(
        {**size, "height": max(size["height"], tab.evaluate("document.documentElement.scrollHeight"))}
    )
    tab.screenshot(path=path, animations="disabled", full_page=True)
    tab.set_viewport_size(size)
    assert path.stat().st_size <= LARGEST_BYTES

"""The operator's book is complete: every line that warns stands in it, and every alarm it names is one that we show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connector.metrics import COMPUTED, KEPT
from connector.store.schema.tables import metadata

ROOT = Path(__file__).parents[3]
BOOK = (ROOT / "docs/operations.md").read_text("utf-8")
SOURCES = [
    path.read_text("utf-8") for top in ("connector", "callbacks", "foundation") for path in (ROOT / top).rglob("*.py")
]
EVENT = re.compile(r"\blog(?:ger)?\.(?:warning|error)\(\s*\"([a-z_]+)\"")
# What a library says is none of our events: its name is all that is kept of it.
NOT_OURS = {"library_warning"}


def test_the_book_knows_every_event_that_warns() -> None:
    events = {name for source in SOURCES for name in EVENT.findall(source)} - NOT_OURS
    assert len(events) > 30
    assert {name for name in events if f"`{name}`" not in BOOK} == set()


def test_the_book_names_no_event_that_nobody_logs() -> None:
    tables = BOOK.split("| `event` | what it means |")[1:]
    named = {name for rows in tables for name in re.findall(r"^\| (`[^|]*) \|", rows.split("\n\n")[0], re.MULTILINE)}
    events = {name for cell in named for name in re.findall(r"`([a-z]+_[a-z_]+)`", cell)} - {
        "never_finished",
        "try_later",
    }
    assert len(events) > 20
    assert {name for name in events if not any(f'"{name}"' in source for source in SOURCES)} == set()


def test_every_metric_in_the_book_is_one_that_is_shown() -> None:
    named = set(re.findall(r"`(chat2pay_[a-z_]+)", BOOK))
    shown = {name for family in (*KEPT, *COMPUTED) for name in (family.name, *family.series)}
    assert len(named) > 4
    assert named - shown == set()


@pytest.mark.parametrize("table", [name for name in metadata.tables if name not in ("tenants", "api_keys", "turns")])
def test_the_book_says_of_every_table_that_grows_what_takes_its_rows_away(table: str) -> None:
    rows = BOOK.split("| table | one row for each | goes |")[1].split("\n\n")[0]
    assert f"`{table}`" in rows

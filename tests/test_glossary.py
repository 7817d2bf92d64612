"""The glossary has one entry for each word of the product, and what it says of tables, JSON and log lines is so."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import connector.domain
from connector.store.schema.tables import metadata
from connector.web.openapi.document import build
from foundation import log

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/glossary.md").read_text("utf-8")
HEADER = "| word | meaning | table | JSON | log |"
WORD, MEANING, TABLE, JSON, LOG = range(5)


def entries() -> list[list[str]]:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and line != HEADER]
    found = [[cell.strip() for cell in line[1:-1].split("|")] for line in rows]
    assert all(len(row) == 5 for row in found), "every row has the five columns"
    return found


def words() -> list[str]:
    return [word for row in entries() for word in row[WORD].split(", ")]


def coded(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def enums_of_the_domain() -> Iterator[type[StrEnum]]:
    for module in pkgutil.walk_packages(connector.domain.__path__, "connector.domain."):
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and issubclass(kind, StrEnum) and kind.__module__ == module.name:
                yield kind


def properties(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"]
        for below in node.values():
            yield from properties(below)
    elif isinstance(node, list):
        for below in node:
            yield from properties(below)


def test_a_word_has_one_entry() -> None:
    assert sorted(words()) == sorted(set(words()))
    assert all(row[MEANING] for row in entries())


def test_the_words_of_the_readme_are_in_it() -> None:
    section = (ROOT / "README.md").read_text("utf-8").split("\n## Words\n")[1]
    verbs = re.search(r"^Verbs: ([a-z, ]+)\.", section, re.MULTILINE)
    assert verbs
    named = {*re.findall(r"\*\*([^*]+)\*\*", section), *verbs[1].split(", ")}
    assert len(named) > 15
    assert named - set(words()) == set()


def test_one_entry_explains_all_words_of_each_enum_of_the_domain() -> None:
    explained = [coded(row[MEANING]) for row in entries()]
    enums = list(enums_of_the_domain())
    assert len(enums) > 20
    assert [
        enum.__name__ for enum in enums if not any({one.value for one in enum} <= words for words in explained)
    ] == []


def test_the_tables_it_names_exist() -> None:
    columns = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}
    named = {name for row in entries() for name in coded(row[TABLE])}
    assert named - columns - set(metadata.tables) == set()


def test_the_json_keys_it_names_are_the_apis() -> None:
    named = {name for row in entries() for name in coded(row[JSON])}
    assert named - set(properties(build("https://connector.example.com"))) == set()


def test_the_log_fields_it_names_may_be_logged() -> None:
    assert {name for row in entries() for name in coded(row[LOG])} - log.ALLOWED == set()

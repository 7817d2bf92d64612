"""The documentation's site holds every page and decision, and its links hold before anything is built."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.web.openapi.document import build
from tools.site.sources import REFERENCE, ROOT, add_redoc, assemble

from .test_documentation import links


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assemble(folder)
    return folder


def pages_in(navigation: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for entry in navigation:
        for title, what in entry.items():
            yield from [(title, what)] if isinstance(what, str) else pages_in(what)


def test_the_navigation_leads_to_every_page_once(assembled: Path) -> None:
    project = tomllib.loads((assembled / "zensical.toml").read_text("utf-8"))["project"]
    named = [page for _, page in pages_in(project["nav"])]
    there = {path.relative_to(assembled / "pages").as_posix() for path in (assembled / "pages").rglob("*.md")}
    assert sorted(named) == sorted({*there, REFERENCE})
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")} < there


def test_a_decision_is_named_by_its_title(assembled: Path) -> None:
    project = tomllib.loads((assembled / "zensical.toml").read_text("utf-8"))["project"]
    titles = {page: title for title, page in pages_in(project["nav"])}
    assert titles["docs/adr/0004-live-is-a-latch.md"].startswith("4. ")


def test_every_link_between_the_pages_holds_in_the_site_too(assembled: Path) -> None:
    pages = list((assembled / "pages").rglob("*.md"))
    assert [(page.name, to) for page in pages for to in links(page) if not (page.parent / to).exists()] == []


def test_the_reference_carries_the_document_and_names_no_other_address(assembled: Path) -> None:
    text = (assembled / "pages" / REFERENCE).read_text("utf-8")
    (held,) = re.findall(r'<script id="document" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert json.loads(held) == build("https://connector.example.com")
    assert not re.search(r'(?:src|href)="(?!data:)[a-z]*:?//', text)


def test_nothing_of_the_operators_own_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/adr/0001-x.md", "manifests/deploy/compose.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# 1. A page\n", "utf-8")
    (tmp_path / "manifests/deploy/.env").write_text("CHAT2PAY_LAUNCH_KEYS=x\n", "utf-8")
    (tmp_path / "manifests/deploy/chat2pay").mkdir()
    monkeypatch.setattr("tools.site.sources.ROOT", tmp_path)
    assemble(tmp_path / "site")
    deploy = tmp_path / "site" / "pages" / "manifests" / "deploy"
    assert [path.name for path in deploy.iterdir()] == ["compose.yaml"]


def test_a_redoc_that_asks_for_another_mark_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundles = tmp_path / "redoc" / "bundles"
    bundles.mkdir(parents=True)
    (bundles / "redoc.standalone.js").write_text("fetch('https://cdn.example.com/mark.svg')", "utf-8")
    monkeypatch.setattr("tools.site.sources.REDOC", tmp_path / "redoc")
    with pytest.raises(LookupError, match="any more"):
        add_redoc(tmp_path)

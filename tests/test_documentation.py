"""The documentation says what is so: settings, commands, files, links, and every status."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.settings import TABLE
from payment_core.settings import TABLE as CORE_TABLE
from tools import make_statuses

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:src|href)=\"([^\"]+)\"")
FILE = re.compile(
    r"`((?:connector|callbacks|manifests|foundation|payment_core|sandbox|tests|docs|benchmarks|tools)/[\w./-]+\.(?:py|json|md|html|js|css))`"
)


RECIPES = ("Set up", "Run one test", "Add a verb", "Add a finding", "Add a sentence", "Release")


def rows_under(header: str, text: str) -> list[list[str]]:
    """Return the cells of the one Markdown table with this header."""
    assert text.count(f"{header}\n") == 1, f"there is one table with the header {header}"
    lines = text.split(f"{header}\n")[1].splitlines()
    assert re.fullmatch(r"\|(\s*-+\s*\|)+", lines[0])
    table = []
    for line in lines[1:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def links(page: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for found in LINK.finditer(text):
        target = found[1] or found[2]
        if not re.match(r"[a-z]+:|#", target):
            yield target.split("#")[0]


def test_the_readmes_table_of_settings_is_the_codes() -> None:
    told = rows_under("| setting | default | meaning |", README)
    assert told == [[f"`{row.name}`", f"`{row.default}`" if row.default != "" else "", row.meaning] for row in TABLE]


def test_the_payment_cores_table_of_settings_is_the_codes() -> None:
    told = rows_under("| setting | default | meaning |", (ROOT / "docs/payment_core.md").read_text("utf-8"))
    assert told == [
        [f"`{row.name}`", f"`{row.default}`" if row.default != "" else "", row.meaning] for row in CORE_TABLE
    ]


def test_the_readme_names_every_secret_that_may_stand_in_a_file_and_nothing_else() -> None:
    assert set(re.findall(r"`(CHAT2PAY_\w+)_FILE`", README)) - {"CHAT2PAY_CA"} == {
        row.name for row in TABLE if row.secret
    }


@pytest.mark.parametrize(
    "command", ["make demo", "make test", "make check", "chat2pay serve", "chat2pay tenant add", "chat2pay db upgrade"]
)
def test_the_readme_names_the_commands_to_begin_with(command: str) -> None:
    assert command in README


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    code = [block for page in PAGES for block in re.findall(r"`+[^`]+`+", page.read_text("utf-8"))]
    named = {name for block in code for name in re.findall(r"\bmake ([a-z][\w-]*)", block)}
    assert {"demo", "test", "check"} <= named
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_and_image_leads_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_exists(page: Path) -> None:
    assert [name for name in FILE.findall(page.read_text("utf-8")) if not (ROOT / name).exists()] == []


def test_every_path_of_a_recipe_exists() -> None:
    """Folders too, and files that commands name; a fragment names a heading that is there."""
    recipes = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    code = re.findall(r"```.*?```|`[^`\n]+`", recipes, re.DOTALL)
    named = {path for block in code for path in re.findall(r"(?<![\w./-])[\w.-]+/[\w./-]*\w/?|\bsetup\.cfg\b", block)}
    named -= {path for path in named if path.startswith((".venv/", "usr/", "dist/"))}
    assert len(named) > 25
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
    assert [recipe for recipe in RECIPES if f"\n## {recipe}\n" not in recipes] == []


def test_the_recipe_for_one_test_finds_one() -> None:
    (recipe,) = re.findall(r"-m pytest (\S+\.py) -k (\w+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert re.search(rf"^def test_\w*{recipe[1]}", (ROOT / recipe[0]).read_text("utf-8"), re.MULTILINE)


def test_a_decision_fits_in_twelve_lines() -> None:
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    assert decisions
    for path in decisions:
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name), path.name
        assert len(path.read_text("utf-8").splitlines()) <= 12, path.name
        assert path.read_text("utf-8").startswith(f"# {int(path.name[:4])}. "), path.name
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))


def test_the_changelog_has_an_entry_for_the_operator() -> None:
    assert re.search(r"^## \d+\.\d+\.\d+", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


def test_the_page_of_statuses_is_what_its_generator_writes() -> None:
    assert (ROOT / "docs/statuses.md").read_text("utf-8") == make_statuses.page(), (
        "run: python -m tools.make_statuses > docs/statuses.md"
    )


def test_every_threat_names_a_test_that_exists() -> None:
    page = (ROOT / "docs/security.md").read_text("utf-8")
    named = [row[3].strip("`").split("::") for row in rows_under("| who | tries | what stops it | test |", page)]
    assert len(named) > 20
    assert [
        f"{path}::{name}"
        for path, name in named
        if not re.search(rf"^ *def {name}\(", (ROOT / "tests" / path).read_text("utf-8"), re.MULTILINE)
    ] == []

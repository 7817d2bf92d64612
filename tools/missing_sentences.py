"""Name what a language lacks: sentences that are missing, broken, or have other places than their English original.

python -m tools.missing_sentences                     (every language; ends with 1 where one lacks something)
python -m tools.missing_sentences de --since main~20  (one language, and what English says differently since a commit)
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from connector.languages.catalogues import ENGLISH, faults, languages
from connector.languages.translations import faults_of
from payment_core.texts.catalogue import catalogue as customers_texts

ROOT = Path(__file__).parents[1]
# What the agent's page says, the panel, its buttons, and notifications.
PARTS = ("", "panel", "panel_buttons", "bells")
_CUSTOMERS = ("messages", "pages")
# As payment_core/texts/catalogue.py asks for them; English has the form for one.
_FORMS = frozenset({"zero", "two", "few", "many"})


def lacking(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with a language: the file, the sentence's id, and what is wrong with it."""
    for part in PARTS:
        path = f"manifests/sentences/{part}{'/' if part else ''}{language}.json"
        yield from ((path, name, fault) for name, fault in faults(language, part).items())
    english, theirs = customers_texts(ENGLISH), customers_texts(language)
    for part in _CUSTOMERS:
        more = theirs[part].keys() - english[part].keys()
        unknown = {name: "unknown" for name in more if not _is_form(name, english[part])}
        found = faults_of(english[part], theirs[part]) | unknown
        yield from ((f"payment_core/texts/{language}.json", name, fault) for name, fault in found.items())


def _is_form(name: str, english: Mapping[str, Any]) -> bool:
    """Return whether a text is the form of an English one for a number, which only some languages have."""
    of, _, form = name.rpartition("_")
    return of in english and form in _FORMS


def reworded(since: str) -> Iterator[tuple[str, str, str]]:
    """Yield the English sentences that say something else than at a commit: path, id, and what they say now."""
    for part in PARTS:
        path = f"manifests/sentences/{part}{'/' if part else ''}{ENGLISH}.json"
        before, now = _at(since, path), json.loads((ROOT / path).read_text("utf-8"))
        yield from ((path, name, str(text)) for name, text in now.items() if name in before and before[name] != text)


def _at(commit: str, path: str) -> Mapping[str, Any]:
    command = ["git", "show", f"{commit}:{path}"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603 a developer's own commit
    found: Mapping[str, Any] = json.loads(shown.stdout) if shown.returncode == 0 else {}
    return found


@click.command()
@click.argument("named", metavar="[LANGUAGE]...", nargs=-1, type=click.Choice(languages()))
@click.option("--since", help="A commit: name the English sentences that were reworded after it, too.")
def run(named: tuple[str, ...], since: str | None) -> None:
    """Print what each language lacks, and end with 1 where one lacks something."""
    found = [one for language in named or languages() for one in lacking(language)]
    for path, name, fault in found:
        click.echo(f"{path}: {name}: {fault}")
    for path, name, text in reworded(since) if since else ():
        click.echo(f"{path}: {name} says now: {text}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    run()

"""What docstrings, comments and decisions name exists: identifiers, files, folders."""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = ("connector", "callbacks", "manifests", "foundation", "payment_core", "sandbox", "benchmarks", "tools", "tests")
DATA = frozenset({".json", ".html", ".js", ".css", ".xml", ".toml", ".cfg"})
_BEFORE_A_DOCSTRING = frozenset({tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT})
PROSE_PATH = re.compile(r"(?<![\w./*{}<>-])((?:[\w-]+/)*[a-z]\w+\.py)\b")
FOLDER = re.compile(rf"`((?:{'|'.join(CODE)})(?:/[\w-]+)+)/?`")


@cache
def files() -> tuple[Path, ...]:
    """Every file of the tree that is under version control, or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return tuple(path for path in map(Path, listed) if (ROOT / path).is_file())


@cache
def code() -> tuple[list[tuple[str, str]], set[str]]:
    """Return every comment and docstring with its place, and every other word of code and data."""
    prose: list[tuple[str, str]] = []
    words: set[str] = set()
    for path in files():
        words.update(path.with_suffix("").parts)
        if path.suffix in DATA and "results" not in path.parts:
            words.update(re.findall(r"\w+", (ROOT / path).read_text("utf-8")))
        if path.suffix != ".py":
            continue
        before = tokenize.NEWLINE
        for token in tokenize.generate_tokens(io.StringIO((ROOT / path).read_text("utf-8")).readline):
            is_docstring = token.type == tokenize.STRING and before in _BEFORE_A_DOCSTRING
            before = token.type
            if is_docstring or token.type == tokenize.COMMENT:
                prose.append((f"{path}:{token.start[0]}", token.string))
            else:
                words.update(re.findall(r"\w+", token.string))
    return prose, words


def test_every_identifier_that_a_docstring_or_comment_names_exists() -> None:
    prose, words = code()
    named = [(place, name) for place, text in prose for name in re.findall(r"``([a-z_]\w*(?:\.\w+)*)(?:\(\))?``", text)]
    assert len(named) > 300
    assert [(place, name) for place, name in named if not words.issuperset(name.split("."))] == []


def test_every_exception_that_a_docstring_names_exists() -> None:
    prose, words = code()
    named = [
        (place, name)
        for place, text in prose
        for name in re.findall(r"\bRaises:?\s+(?:``)?((?!Whatever)[A-Z]\w+)", text)
    ]
    assert len(named) > 100
    assert [(place, name) for place, name in named if name not in words] == []


def test_every_module_that_a_text_names_by_its_file_exists() -> None:
    endings = {"/".join(path.parts[start:]) for path in files() for start in range(len(path.parts))}
    pages = [(str(path), (ROOT / path).read_text("utf-8")) for path in files() if path.suffix == ".md"]
    named = [(place, name) for place, text in (*pages, *code()[0]) for name in PROSE_PATH.findall(text)]
    assert len(named) > 100
    assert [(place, name) for place, name in named if name not in endings] == []


def test_every_folder_that_a_page_names_exists() -> None:
    pages = [path for path in files() if path.suffix == ".md"]
    named = [(str(page), name) for page in pages for name in FOLDER.findall((ROOT / page).read_text("utf-8"))]
    assert len(named) > 10
    assert [
        (page, name) for page, name in named if not ((ROOT / name).exists() or (ROOT / f"{name}.py").exists())
    ] == []

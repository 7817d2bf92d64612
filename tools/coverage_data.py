"""Makes Coverage's data of the notes that `tests/suite/measuring.py` took, so that its reports and its rules go on to apply."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from coverage import Coverage, CoverageData
from coverage.python import PythonFileReporter

ROOT = Path(__file__).parents[1]
Branch = tuple[int, int]
_BEGINNING = -1  # from where Coverage lets a line be reached that no branch leads to
_OUT = 0  # to where Slipcover lets a branch lead that leaves the function


def write_data(notes: Path, settings: Coverage) -> CoverageData:
    """Write all notes of a folder, and the product's files that nobody reached, into the data file of these settings."""
    data = CoverageData(str(settings.get_option("run:data_file")))
    data.erase()
    reached = _merged(notes)
    data.add_arcs({path: arcs_of(path, seen, settings) for path, seen in reached.items()})
    data.touch_files([str(path) for path in _product(settings) if str(path) not in reached])
    data.write()
    return data


def arcs_of(path: str, seen: Iterable[int | Branch], settings: Coverage) -> set[Branch]:
    """Return Coverage's arcs for the lines and branches of a file that Slipcover has seen.

    Raises:
        LookupError: a branch was measured that Coverage's own analysis lacks.
    """
    ways, arcs = _Ways(path, settings), set[Branch]()
    for one in seen:
        arcs |= {(_BEGINNING, one)} if isinstance(one, int) else ways.branch(*one)
    return arcs


def _merged(notes: Path) -> dict[str, set[int | Branch]]:
    merged: dict[str, set[int | Branch]] = defaultdict(set)
    for file in notes.glob("*.json"):
        for path, seen in json.loads(file.read_text()).items():
            merged[path] |= {one if isinstance(one, int) else (one[0], one[1]) for one in seen}
    return merged


def _product(settings: Coverage) -> Iterable[Path]:
    omitted = [str(ROOT / str(pattern)) for pattern in settings.get_option("run:omit") or ()]  # type: ignore[union-attr]
    for part in settings.get_option("run:source") or ():  # type: ignore[union-attr]
        for path in sorted((ROOT / str(part)).rglob("*.py")):
            if not any(fnmatch(str(path), pattern) for pattern in omitted):
                yield path


class _Ways:
    """Where each line of a file can lead, as Coverage sees it."""

    def __init__(self, path: str, settings: Coverage) -> None:
        self._file = PythonFileReporter(path, settings)
        nodes = list(ast.walk(ast.parse(self._file.source())))
        # A decorated statement begins at its first decorator.
        self._decorated = {
            one.lineno: one.decorator_list[0].lineno
            for one in nodes
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and one.decorator_list
        }
        self._cases = {one.pattern.lineno for one in nodes if isinstance(one, ast.match_case)}
        splits = (one for one in nodes if isinstance(one, ast.If | ast.For | ast.AsyncFor | ast.While))
        self._bodies = {one.lineno: self._first(one.body[0].lineno) for one in splits}
        self._ways: dict[int, set[int]] = defaultdict(set)
        for begins, ends in self._file.arcs():
            self._ways[begins].add(ends)

    def branch(self, begins: int, ends: int) -> set[Branch]:
        """Return the arcs of a branch."""
        start, end = self._first(begins), self._first(ends)
        if body := self._bodies.get(begins):
            # There are two ways. Where the second leads is seen differently for what ends a loop or a function.
            found = {(start, way) for way in self._ways[start] if (way == body) == (end == body)}
        else:
            leaves = sorted(way for line in self._cases for way in self._ways[line] if way < 0)
            paths = (self._through_cases(start, target) for target in (leaves if ends == _OUT else [end]))
            found = next(filter(None, paths), set())
        if not found:
            raise LookupError(f"{self._file.filename}: {begins} -> {ends}")
        return found

    def _through_cases(self, start: int, target: int) -> set[Branch]:
        """Return the arcs from a match to where it leads, through the cases that were tried before."""
        if target in self._ways[start]:
            return {(start, target)}
        for case in self._ways[start] & self._cases - {start}:
            if rest := self._through_cases(case, target):
                return {(start, case)} | rest
        return set()

    def _first(self, line: int) -> int:
        """Return the first line of the statement that this line belongs to."""
        begins = self._decorated.get(line, line)
        return next(iter(self._file.translate_lines([begins])), begins)

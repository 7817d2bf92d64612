"""Notes which lines and branches of the product the processes of the tests reach, if MEASURED_INTO names a folder for it.

Slipcover does it by a call that it adds to each line as a module is imported. What traces, as Coverage does in Python
3.11, takes a third of all the time that the tests take; `tools/coverage_data.py` makes the same data of these notes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

VARIABLE = "MEASURED_INTO"
ROOT = Path(__file__).parents[2]

_recorder: Any = None
_folder: Path
_sources: tuple[list[str], Any]


def begin() -> None:
    """Note from now on what is reached of the modules that are imported from now on."""
    global _recorder, _folder, _sources
    if not os.environ.get(VARIABLE) or _recorder:
        return
    # Whoever runs one test needs neither.
    from coverage import Coverage  # noqa: PLC0415
    from slipcover import FileMatcher, ImportManager, Slipcover, wrap_spec_from_file_location  # noqa: PLC0415

    from tests.suite.prepared_code import NEVER, keep_prepared  # noqa: PLC0415

    settings = Coverage(config_file=str(ROOT / "setup.cfg"))
    parts = [str(ROOT / part) for part in settings.get_option("run:source")]  # type: ignore[union-attr]
    omitted = [str(ROOT / pattern) for pattern in settings.get_option("run:omit")]  # type: ignore[union-attr]
    matcher = FileMatcher(sources=parts, omit=omitted)
    _folder = ROOT / os.environ[VARIABLE]
    _sources = (parts, matcher)
    keep_prepared(_prepared_into())
    _recorder = Slipcover(branch=True, d_miss_threshold=NEVER)
    wrap_spec_from_file_location(_recorder, matcher)  # which is how migrations are loaded
    ImportManager(_recorder, matcher).__enter__()


def prepare() -> None:
    """Prepare every module that will be measured, before several processes would do so at the same time."""
    if _recorder:
        from tests.suite.prepared_code import prepared  # noqa: PLC0415

        parts, matcher = _sources
        for path in (path for part in parts for path in Path(part).rglob("*.py") if matcher.matches(path)):
            prepared(path, _prepared_into())


def forget() -> None:
    """Begin anew: this process was forked from one that writes its notes itself."""
    if _recorder:
        _recorder.newly_seen.clear()


def _prepared_into() -> Path:
    # Beside the notes, which each run begins anew.
    return _folder.with_name("prepared")


def write() -> None:
    """Add a file of notes to the folder: by each source file's path the lines, and the branches as pairs of lines."""
    if not _recorder:
        return
    noted = {path: list(seen) for path, seen in list(_recorder.newly_seen.items())}
    _folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=_folder, suffix=".json", delete=False) as file:
        json.dump(noted, file)

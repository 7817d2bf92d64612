"""Paths as the caller wrote them: werkzeug and waitress drop a second slash at the beginning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def begins_with_slashes(environ: Mapping[str, Any]) -> bool:
    """Say whether the path of this request begins with more than one slash."""
    # granian gives it as it was written; waitress keeps that in REQUEST_URI only.
    return "//" in (environ["PATH_INFO"][:2], environ.get("REQUEST_URI", "")[:2])

"""Read addresses as the client sent them: werkzeug and waitress drop a second leading slash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def begins_with_slashes(environ: Mapping[str, Any]) -> bool:
    """Return whether the path of this request begins with more than one slash."""
    # granian passes the path unchanged; waitress keeps the original in REQUEST_URI only.
    return "//" in (environ["PATH_INFO"][:2], environ.get("REQUEST_URI", "")[:2])


def holds_null(environ: Mapping[str, Any]) -> bool:
    """Return whether path or query holds a null character, which PostgreSQL refuses in any text."""
    return "\0" in environ["PATH_INFO"] or "%00" in environ.get("QUERY_STRING", "")

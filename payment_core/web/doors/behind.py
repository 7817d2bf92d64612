"""What a door leaves to Flask: its error handlers answer for what went wrong before it was reached."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask import Flask, g, request

from foundation.wsgi.exact_paths import begins_with_slashes, holds_null

_RAISED, _LANGUAGE = "payment_core.raised", "payment_core.language"


def leave_error(environ: MutableMapping[str, Any], error: Exception, *, language: str | None = None) -> None:
    """Let Flask raise an error of a door again; ``language`` is the customer's, where it is known."""
    environ[_RAISED], environ[_LANGUAGE] = error, language


def raise_left_errors(app: Flask) -> None:
    """Raise in an app what its doors leave, before anything else is done: nothing is done twice."""

    @app.before_request
    def _raise() -> None:
        error: Exception | None = request.environ.get(_RAISED)
        if error is not None:
            g.language = request.environ[_LANGUAGE]
            raise error


def is_plain(environ: MutableMapping[str, Any]) -> bool:
    """Return whether a request has nothing that Flask would refuse before a view, or read in a way of its own."""
    return not begins_with_slashes(environ) and not holds_null(environ) and environ.get("QUERY_STRING", "").isascii()


def length_of(environ: MutableMapping[str, Any]) -> int | None:
    """Return the length of the body, where the request says it."""
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isascii() and length.isdecimal() else None

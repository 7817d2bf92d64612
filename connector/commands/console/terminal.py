"""Standard streams that never end in a traceback: on terminals with few letters, closed ones, and pipes that nobody reads."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import TextIO

# Typographic characters that old character sets lack.
_PLAIN = {
    "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "→": "->", "–": "-", "—": "-", "•": "*", "·": "-", "×": "x", "≥": ">=",
}  # fmt: skip
_ERRORS = "chat2pay.plain"


class _AsciiWriter(io.TextIOWrapper):
    """A text stream of ASCII alone. click would write UTF-8 to a stream whose encoding is ASCII: this one claims Latin-1."""

    def write(self, text: str) -> int:
        """Write a text with plain replacements for what ASCII lacks."""
        super().write(text.encode("ascii", _ERRORS).decode("ascii"))
        return len(text)


def prepare_terminal() -> None:
    """Set up the standard streams so that no text can raise: what a terminal cannot show is replaced."""
    codecs.register_error(_ERRORS, _plainly)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if codecs.lookup(stream.encoding).name == "ascii":
            buffered = stream.line_buffering
            setattr(sys, name, _AsciiWriter(stream.buffer, "latin-1", _ERRORS, line_buffering=buffered))
        else:
            stream.reconfigure(errors=_ERRORS)
    if isinstance(sys.stdin, io.TextIOWrapper):
        # What is no text is refused where it is read: here it would be a traceback.
        sys.stdin.reconfigure(errors="surrogateescape")


def finish_output() -> None:
    """Flush the standard streams. What nobody reads of standard error is dropped, and changes no exit code.

    Raises:
        OSError: standard output cannot be written; the rest is dropped, so that the interpreter does not report it again.
    """
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        discard_output()
        raise


def discard_output() -> None:
    """Send what is still to be written to the null device: its reader is gone."""
    if sys.stdout is not None:
        _discard(sys.stdout)


def _discard(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = error.object[error.start : error.end]
    return "".join(_PLAIN.get(one, "?") for one in unknown), error.end

"""Standard streams that never raise: for terminals with a small character set, closed streams, and closed pipes."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import TextIO

# Replacements for typographic characters that old character sets do not have.
_PLAIN = {
    "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "→": "->", "–": "-", "—": "-", "•": "*", "·": "-", "×": "x", "≥": ">=",
}  # fmt: skip
_ERRORS = "chat2pay.plain"


class _AsciiWriter(io.TextIOWrapper):
    """A text stream that writes ASCII only."""

    # It reports Latin-1 as its encoding: click writes UTF-8 to a stream whose encoding is ASCII.
    def write(self, text: str) -> int:
        """Write a text, with replacements for what ASCII does not have."""
        super().write(text.encode("ascii", _ERRORS).decode("ascii"))
        return len(text)


def prepare_terminal() -> None:
    """Set up the standard streams so that characters which cannot be encoded are replaced instead of raising."""
    codecs.register_error(_ERRORS, _replace)
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
        # Bytes that are no text are refused with a sentence by the command that reads them; here they would raise.
        sys.stdin.reconfigure(errors="surrogateescape")


def finish_output() -> None:
    """Flush the standard streams; a closed standard error is ignored and changes no exit code.

    Raises:
        OSError: standard output cannot be written.
    """
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        # The result on standard output is complete; a reader of messages that has gone must not turn it into a failure.
        _discard(sys.stderr)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        discard_output()  # or the interpreter reports the same error once more at its exit
        raise


def discard_output() -> None:
    """Redirect standard output to the null device, after its reader has closed the pipe."""
    if sys.stdout is not None:
        _discard(sys.stdout)


def _discard(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = error.object[error.start : error.end]
    return "".join(_PLAIN.get(one, "?") for one in unknown), error.end

"""How a command's output survives any terminal: one that knows few letters, one that is closed, a pipe nobody reads."""

from __future__ import annotations

import codecs
import io
import os
import sys

# What typography has and old character sets have not.
_PLAIN = {
    "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "→": "->", "–": "-", "—": "-", "•": "*", "·": "-", "×": "x", "≥": ">=",
}  # fmt: skip
_ERRORS = "chat2pay.plain"


class _AsciiWriter(io.TextIOWrapper):
    """A text stream of ASCII alone. click would write UTF-8 to a stream that says it is ASCII: this one says Latin-1."""

    def write(self, text: str) -> int:
        """Write what ASCII has, and something plain for the rest."""
        super().write(text.encode("ascii", _ERRORS).decode("ascii"))
        return len(text)


def prepare_terminal() -> None:
    """Let nothing that is printed or typed end in a traceback: what a terminal cannot show is shown plainly."""
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
        # Whoever reads it refuses what is no text: here it would be a traceback.
        sys.stdin.reconfigure(errors="surrogateescape")


def finish_output() -> None:
    """Write what is still to be written.

    Raises:
        OSError: it cannot be; it is given up, so that the interpreter's end says nothing of it.
    """
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except OSError:
        give_output_up()
        raise


def give_output_up() -> None:
    """Whoever read has gone: what is still to be written goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if sys.stdout is not None:
        os.dup2(nowhere, sys.stdout.fileno())


def _plainly(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    unknown = fault.object[fault.start : fault.end]
    return "".join(_PLAIN.get(one, "?") for one in unknown), fault.end

"""Find texts that no database can store, which a terminal in another encoding can produce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def fault_of_text(text: str) -> str | None:
    """Return a sentence about why a text cannot be stored; None where it can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "This cannot be read: type it in UTF-8 (LANG=C.UTF-8)."
    # PostgreSQL stores no NUL in a text.
    return "Leave out what cannot be seen." if "\0" in text else None


def unwritable_texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, sentence) for each text in ``value`` that cannot be stored; items of a list share its path."""
    if isinstance(value, str) and (error := fault_of_text(value)):
        yield place, error
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from unwritable_texts(inner, f"{place}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for inner in value:
            yield from unwritable_texts(inner, place)

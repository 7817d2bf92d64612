"""JSON with exact numbers: a Decimal is written with all its digits, and a number is read as a Decimal, never as a float."""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from typing import Any

# json has no hook that writes a Decimal as a number: it is written as marked text, and the marks are removed afterwards.
# The mark is random for each process, so that no text of a peer can look like one.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(f'"{_MARK}:(-?[0-9.]+)"')
_digits = itemgetter(1)


_FIELD_NAME = re.compile(r"[A-Za-z_]{1,40}")  # no digits: it could hold a card number


class NamedTwice(ValueError):
    """An object of a JSON document has two values of one name: nobody knows which was meant.

    ``name`` may be repeated in an error: it is None where it is no name of a field.
    """

    def __init__(self, name: str) -> None:
        super().__init__("a name that stands twice")
        self.name = name if _FIELD_NAME.fullmatch(name) else None


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of a JSON document; a hook for ``object_pairs_hook``.

    Raises:
        NamedTwice: a name stands twice, which JSON allows and readers understand in different ways
            (https://www.rfc-editor.org/rfc/rfc8259#section-4).
    """
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        raise NamedTwice(next(name for place, name in enumerate(names) if name in names[:place]))
    return read


def write_json(value: Any) -> bytes:
    """Return a JSON document in which every finite Decimal is a number with exactly its own digits."""
    return _MARKED.sub(_digits, _encode(value)).encode()


def exact_number(text: str) -> Decimal:
    """Parse a number of a JSON document; a hook for ``parse_float``.

    Raises:
        ValueError: no Decimal can hold its exponent.
    """
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError("a number that nothing can hold") from error


def _marked(value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return f"{_MARK}:{value:f}"
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


_encode = json.JSONEncoder(default=_marked).encode

"""JSON whose Decimals are numbers with their own digits, for both peers."""

import json
import re
import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

# json has no hook that writes a Decimal as a number: it is written as a marked string and the marks are taken off.
# The mark is random for each process, so that no text of a caller can look like one.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(f'"{_MARK}:(-?[0-9.]+)"')


def exact_json(value: Any, *, number: Callable[[Decimal], str] = "{:f}".format, **options: Any) -> str:
    """Return a document in which every Decimal stands as the number that ``number`` writes."""

    def mark(found: object) -> str:
        if isinstance(found, Decimal):
            return f"{_MARK}:{number(found)}"
        raise TypeError(f"{type(found).__name__} has no place on the wire")

    return _MARKED.sub(r"\1", json.dumps(value, default=mark, **options))

"""JSON that writes each Decimal as a number with exactly its own digits."""

import json
import re
import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

# json has no hook that writes a Decimal as a number: it is written as a marked string, then the marks are removed.
# The mark is random for each process, so that no text of a caller can look like one.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(f'"{_MARK}:(-?[0-9.]+)"')


def exact_json(value: Any, *, number: Callable[[Decimal], str] = "{:f}".format, **options: Any) -> str:
    """Return a document in which every Decimal is the number that ``number`` writes."""

    def mark(item: object) -> str:
        if isinstance(item, Decimal):
            return f"{_MARK}:{number(item)}"
        raise TypeError(f"{type(item).__name__} cannot be written as JSON")

    return _MARKED.sub(r"\1", json.dumps(value, default=mark, **options))

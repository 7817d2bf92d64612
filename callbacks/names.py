"""Find every name in a callback body, readable or not: our references, link references, order numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import unquote_plus

from callbacks.read_notification import NAMES, is_blank, ours_of
from connector.core.parsing import parse_json, text_of
from connector.core.peer_fields import is_storable
from connector.core.statuses import core_statuses, stop_statuses
from foundation.cards import has_card_number

# An API key has the same prefix and, as a reference has not, a further underscore.
_REFERENCE = re.compile(r"(?<![0-9A-Za-z])c2p_[0-9A-Za-z]{1,36}(?![0-9A-Za-z_])", re.IGNORECASE)
_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{3,79}")
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")
# Bounds for a body of 64 KiB that is not ours: each name is looked for in the database.
_LONGEST_NAME, _MOST_NAMES, _MOST_TOKENS = 80, 20, 2000
_BEHIND = r"""["']?\s*[:=>]\s*["']?([^"'<>&,;\s}\]]{1,80})"""


@dataclass(frozen=True)
class NamedReferences:
    """The names in a body, in their order."""

    references: tuple[str, ...] = ()
    link_references: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()


def names_in(body: bytes) -> NamedReferences:
    """Return the names in a body: references by their form, others by the core's names of their fields."""
    text = _plain(body)
    return NamedReferences(
        references=_some(match.group() for match in _REFERENCE.finditer(text)),
        link_references=_some(_named(body, text, "link_reference")),
        order_numbers=_some(_named(body, text, "order_number")),
    )


def tokens_in(body: bytes) -> tuple[str, ...]:
    """Return every text in a body that may be a link reference, whatever its field is called; at most 2,000."""
    text = _plain(body)
    whole = (one.strip() for one in text.split("\n"))
    tokens = (match.group() for match in _TOKEN.finditer(text))
    return _some((*(one for one in whole if len(one) <= _LONGEST_NAME), *tokens), most=_MOST_TOKENS)


def says_stop(body: bytes) -> bool:
    """Return whether a body that cannot be parsed is about a customer's STOP, and not about a link or money."""
    text = _plain(body).upper()
    return any(word in text for word in stop_statuses()) and not any(word in text for word in core_statuses())


def _plain(body: bytes) -> str:
    """Return every text of a body, one per line; where it is not JSON, all of it with JSON and form escapes resolved."""
    try:
        return "\n".join(str(value) for _, value in _leaves(parse_json(body)))
    except ValueError:
        text = text_of(body).replace("\0", "")
        text = _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
        return f"{text}\n{unquote_plus(text)}" if "%" in text else text


def _named(body: bytes, text: str, ours: str) -> Iterator[str]:
    try:
        tree = parse_json(body)
    except ValueError:
        for name in NAMES[ours]:
            yield from (match.group(1) for match in re.finditer(re.escape(name) + _BEHIND, text, re.IGNORECASE))
        return
    for name, value in _leaves(tree):
        if ours_of(name) == ours and not isinstance(value, bool) and not is_blank(value):
            yield str(value)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every text and number with the name of its field, also of JSON inside a text."""
    waiting = [(name, value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(str(key), one) for key, one in reversed(value.items())]
            waiting += [("", str(key)) for key in value]
        elif isinstance(value, list):
            waiting += [(name, one) for one in reversed(value)]
        elif isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            yield name, value
            waiting += _opened(name, value)
        elif value is not None:
            yield name, value


def _opened(name: str, text: str) -> list[tuple[str, Any]]:
    try:
        return [(name, parse_json(text))]
    except ValueError:
        return []


def _some(found: Iterator[str] | tuple[str, ...], *, most: int = _MOST_NAMES) -> tuple[str, ...]:
    """Return each name once, without card numbers and without what a database or a terminal cannot write."""
    names = (one for one in found if one and is_storable(one, most=_LONGEST_NAME) and not has_card_number(one))
    return tuple(islice(dict.fromkeys(names), most))

"""Remove card numbers from callback bodies for storage, and mask bodies for people.

What is stored loses card numbers in its free fields only; everything else stays as it arrived.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import manifests
from connector.core.parsing import parse_json, text_of
from foundation.cards import has_card_number, without_card_numbers

_FIELDS = manifests.load("core/notifications.json")["fields"]
_FREE = ("additional_data", "merchant_name")
_PHONES = frozenset(name for ours in ("sender_number", "customer_number") for name in _FIELDS[ours]["names"])
# Ids, amounts and phones: a long one may look like a card number by chance, and we need it unchanged.
_FIXED = frozenset(name for ours, entry in _FIELDS.items() if ours not in _FREE for name in entry["names"])
_PHONE = re.compile(r"\+?\d(?:[ ()-]?\d){8,14}")
_OURS = re.compile(r"c2p_[a-z0-9]{1,36}")
# As many as agents see, and as Salesforce's request records hold.
_ENDING = 4
Change = Callable[[str, str], str]


def redact_cards(body: bytes) -> bytes | None:
    """Return the body with card numbers in its free fields replaced by ``[redacted]``; None when there is none."""
    text = text_of(body)
    escaped = "\\" in text or "\0" in text  # digits, and what parts them, may be written in other ways
    if not escaped and not has_card_number(text):
        return None
    try:
        read = parse_json(text)
        cleaned_tree = _changed(read, _without_cards)
        # A Decimal is written as text: that is exact, and an amount may arrive as text, too.
        return json.dumps(cleaned_tree, default=str).encode() if cleaned_tree != read else None
    except (ValueError, RecursionError):  # not JSON, or nested too deep to walk through
        # A body that is not UTF-8 stays bytes, except UTF-16, whose digits are not adjacent bytes.
        plain = text.replace("\0", "") if b"\0" in body else body.decode(errors="surrogateescape")
        cleaned = without_card_numbers(plain)
        return cleaned.encode(errors="surrogateescape") if cleaned != plain else None


def mask_body(body: bytes) -> Any:
    """Return a body as people may see it: phones by their last four digits, no card numbers; a text where it is not JSON."""
    try:
        return _changed(parse_json(body), _for_people)
    except (ValueError, RecursionError):
        return _PHONE.sub(_shortened_match, without_card_numbers(text_of(body)))


def without_person(body: bytes) -> bytes:
    """Return a body with what its account of money needs and nothing that names a person.

    Known fields stay that hold ids, states, amounts or times, and our own references wherever they occur. One that is not
    JSON is emptied.
    """
    try:
        return json.dumps(_account_of(parse_json(body), ""), default=str).encode()
    except (ValueError, RecursionError):
        return b"{}"


def _account_of(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        kept = {key: _account_of(one, key) for key, one in value.items()}
        return {key: one for key, one in kept.items() if one not in (None, {}, [])}
    if isinstance(value, list):
        return [kept for one in value if (kept := _account_of(one, name)) is not None]
    is_ours = isinstance(value, str) and _OURS.fullmatch(value)
    return value if is_ours or name in _FIXED - _PHONES else None


def _changed(value: Any, change: Change, name: str = "") -> Any:
    """Return a body with ``change`` applied to every text and number; it also gets the name of the field."""
    if isinstance(value, dict):
        return {change("", key): _changed(one, change, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_changed(one, change, name) for one in value]
    if isinstance(value, str):
        return change(name, value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        text = change(name, str(value))
        return value if text == str(value) else text
    return value


def _without_cards(name: str, text: str) -> str:
    return text if name in _FIXED else without_card_numbers(text)


def _for_people(name: str, text: str) -> str:
    if name in _PHONES:
        return _shortened(text)
    clean = without_card_numbers(text)
    if name not in _FIXED and _PHONE.fullmatch(clean):
        return _shortened(clean)
    return clean


def _shortened(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    return f"…{digits[-_ENDING:]}"


def _shortened_match(found: re.Match[str]) -> str:
    return _shortened(found.group())

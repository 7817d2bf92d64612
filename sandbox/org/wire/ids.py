"""Salesforce record ids in their 15- and 18-character forms."""

from __future__ import annotations

import re
from functools import lru_cache

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_FORM = re.compile(r"[0-9a-zA-Z]{15}([0-9a-zA-Z]{3})?")
_SERIAL_DIGITS = 9
MAX_SERIAL = 62**_SERIAL_DIGITS


class MalformedId(ValueError):
    """The text is not a record id in either form."""


def checksum(id_15: str) -> str:
    """Return the three characters that encode which of the fifteen are upper case."""
    blocks = (id_15[start : start + 5] for start in (0, 5, 10))
    masks = (sum(1 << place for place, char in enumerate(block) if "A" <= char <= "Z") for block in blocks)
    return "".join(_SUFFIX[mask] for mask in masks)


def _case_restored(id_18: str) -> str:
    # The suffix exists so that programs that lose the case of letters can still find the record.
    bits = "".join(format(_SUFFIX.index(char), "05b")[::-1] for char in id_18[15:].upper())
    return "".join(char.upper() if bit == "1" else char.lower() for char, bit in zip(id_18[:15], bits, strict=True))


def canonical_id(record_id: object) -> str:
    """Return the 18-character form. Raises MalformedId."""
    if not isinstance(record_id, str) or not _FORM.fullmatch(record_id):
        raise MalformedId(str(record_id)[:40])
    return _canonical(record_id)


@lru_cache(maxsize=65_536)
def _canonical(record_id: str) -> str:
    if len(record_id) == 15:
        return record_id + checksum(record_id)
    # The usual case, and no need to restore what kept its case.
    if checksum(record_id[:15]) == record_id[15:]:
        return record_id
    if any(char not in _SUFFIX for char in record_id[15:].upper()):
        raise MalformedId(record_id)
    restored = _case_restored(record_id)
    if checksum(restored) != record_id[15:].upper():
        raise MalformedId(record_id)
    return restored + checksum(restored)


def looks_like_id(text: object) -> bool:
    """Return whether a text has the form of a record id."""
    try:
        canonical_id(text)
    except MalformedId:
        return False
    return True


def make_id(key_prefix: str, serial: int) -> str:
    """Return the 18-character id of the given object type and running number."""
    digits = ""
    for _ in range(_SERIAL_DIGITS):
        serial, digit = divmod(serial, 62)
        digits = _BASE62[digit] + digits
    # Real ids name the instance that made them behind the prefix: these characters stand for one, and mean nothing.
    id_15 = f"{key_prefix}Qy0{digits}"
    return id_15 + checksum(id_15)

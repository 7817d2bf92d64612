"""The fields of a Java class, read from its class file.

https://docs.oracle.com/javase/specs/jvms/se17/html/jvms-4.html
"""

from __future__ import annotations

import struct

_TEXT = 1
# The bytes that each kind of constant takes, its tag included; a text's length is in it.
_SIZES = {3: 5, 4: 5, 5: 9, 6: 9, 7: 3, 8: 3, 9: 5, 10: 5, 11: 5, 12: 5, 15: 4, 16: 3, 17: 5, 18: 5, 19: 3, 20: 3}
_TAKE_TWO_PLACES = (5, 6)


def read_fields(content: bytes) -> dict[str, str]:
    """Return the descriptors of a class's fields by their names, such as `Lcom/nawforce/runforce/System/Id;`."""
    constants, at = _constants(content)
    # Access, own class and parent; then the interfaces.
    at += 6
    at += 2 + 2 * _short(content, at)
    fields, at = {}, at + 2
    for _ in range(_short(content, at - 2)):
        name, descriptor, attributes = (_short(content, at + place) for place in (2, 4, 6))
        fields[constants[name]] = constants[descriptor]
        at += 8
        for _ in range(attributes):
            at += 6 + struct.unpack_from(">I", content, at + 2)[0]
    return fields


def _constants(content: bytes) -> tuple[dict[int, str], int]:
    """Return the texts among the constants by their places, and where the constants end."""
    texts, at, place = {}, 10, 1
    while place < _short(content, 8):
        tag = content[at]
        if tag == _TEXT:
            end = at + 3 + _short(content, at + 1)
            texts[place] = content[at + 3 : end].decode("utf-8", "replace")
            at = end
        else:
            at += _SIZES[tag]
        place += 2 if tag in _TAKE_TWO_PLACES else 1
    return texts, at


def _short(content: bytes, at: int) -> int:
    number: int = struct.unpack_from(">H", content, at)[0]
    return number

"""Keyed digests by which the rows of one phone number are found, and the codes that a reply names a link by.

A number has too few digits to hide behind a plain digest, so the key is one of the deployment's secrets.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import ColumnElement

from foundation.phones.phone import Phone
from foundation.secret import Secret


class HasDigestKeys(Protocol):
    """What these functions need of a core."""

    @property
    def digest_keys(self) -> Sequence[Secret]:
        """The keys of digests: the first makes new ones, all of them find."""


class NumberKey(bytes):
    """The digest by which rows are written; ``older`` are those of earlier keys, by which they are found, too."""

    older: tuple[bytes, ...] = ()

    @classmethod
    def made(cls, digests: Sequence[bytes]) -> NumberKey:
        """Return the key of several digests of the same, the newest first."""
        key = cls(digests[0])
        key.older = tuple(digests[1:])
        return key


def of(core: HasDigestKeys, merchant_id: str, phone: Phone | str) -> NumberKey:
    """Return the digest of a merchant's customer's number; each merchant has its own of the same number."""
    digits = phone if isinstance(phone, str) else phone.digits
    return _digests(core, "phone", merchant_id, digits.removeprefix("+"))


def code_key(core: HasDigestKeys, merchant_id: str, code: str) -> NumberKey:
    """Return the digest of a short code that a reply by SMS names its link by."""
    return _digests(core, "code", merchant_id, code)


def every(key: bytes) -> tuple[bytes, ...]:
    """Return all digests by which the rows of a key are found, the newest first."""
    return (bytes(key), *key.older) if isinstance(key, NumberKey) else (bytes(key),)


def same(column: Any, key: bytes) -> ColumnElement[bool]:
    """Return the condition that finds what was written by the newest key, or by an older one that is still accepted."""
    digests = every(key)
    found: ColumnElement[bool] = column.in_(digests) if len(digests) > 1 else column == digests[0]
    return found


def mark_of(core: HasDigestKeys) -> str:
    """Return a short name of the first key: which rows were written by an older one must be seen without their number."""
    return sha256(b"mark\0" + core.digest_keys[0].value.encode()).hexdigest()[:16]


def _digests(core: HasDigestKeys, purpose: str, *parts: str) -> NumberKey:
    text = "\0".join((purpose, *parts)).encode()
    return NumberKey.made([hmac.digest(one.value.encode(), text, "sha256") for one in core.digest_keys])

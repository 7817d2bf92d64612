"""Keyed digests by which the rows of one phone number are found, and the codes that a reply names a link by.

A number has too few digits to hide behind a plain digest, so the key is one of the deployment's secrets.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Protocol

from foundation.phones.phone import Phone
from foundation.secret import Secret


class HasDigestKeys(Protocol):
    """What these functions need of a core."""

    @property
    def digest_keys(self) -> Sequence[Secret]:
        """The keys of digests; the first is used."""


def of(core: HasDigestKeys, merchant_id: str, phone: Phone | str) -> bytes:
    """Return the digest of a merchant's customer's number; each merchant has its own of the same number."""
    digits = phone if isinstance(phone, str) else phone.digits
    # Some providers write the plus and some do not: both must find the same rows.
    return _digest(core, "phone", merchant_id, digits.removeprefix("+"))


def code_key(core: HasDigestKeys, merchant_id: str, code: str) -> bytes:
    """Return the digest of a short code that a reply by SMS names its link by."""
    return _digest(core, "code", merchant_id, code)


def _digest(core: HasDigestKeys, purpose: str, *parts: str) -> bytes:
    # With a separator that no part holds, so that no two lists of parts give the same text.
    text = "\0".join((purpose, *parts)).encode()
    return hmac.digest(core.digest_keys[0].value.encode(), text, "sha256")

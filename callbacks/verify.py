"""Verify the proof of a callback notification; its sender never learns which part was wrong.

HTTP Basic, or HMAC-SHA256 as Standard Webhooks has it: over id, timestamp and the raw body.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from connector.domain.tenants.tenant import BasicProof, HmacProof, NoProof, Proof, signing_key
from connector.errors import UntrustedMessage

TOLERANCE_SECONDS = 300
_VERSION = "v1,"
# A sender that rotates its key sends one signature per key; more than a few are an attack.
_MOST_SIGNATURES = 8


class Signed(NamedTuple):
    """The three headers of a signed message, empty where they are missing."""

    message_id: str = ""
    timestamp: str = ""
    signatures: str = ""


UNSIGNED = Signed()


def verify(
    *, body: bytes, authorization: str, proofs: tuple[Proof, ...], now: datetime, signed: Signed = UNSIGNED
) -> bool:
    """Return whether the message carries one of the tenant's proofs; False only where the tenant requires none.

    Raises:
        UntrustedMessage: reason ``no_credentials``, ``wrong_credentials``, ``stale_signature`` or ``wrong_signature``.
    """
    reason = _basic_fault(authorization, proofs)
    if reason is not None and signed.signatures:
        reason = _signature_fault(body, signed, proofs, now)
    if reason is not None and not any(isinstance(proof, NoProof) for proof in proofs):
        raise UntrustedMessage(reason)
    return reason is None


def verify_headers(*, authorization: str, proofs: tuple[Proof, ...], now: datetime, signed: Signed = UNSIGNED) -> bool:
    """Return whether the headers alone prove the message; where they do not, the body has to be verified too.

    Raises:
        UntrustedMessage: no body could make this message proven.
    """
    reason = _basic_fault(authorization, proofs)
    if reason is None:
        return True
    if signed.signatures:
        reason = _unsigned_fault(signed, proofs, now)
    if reason is not None and not any(isinstance(proof, NoProof) for proof in proofs):
        raise UntrustedMessage(reason)
    return False


def _basic_fault(header: str, proofs: tuple[Proof, ...]) -> str | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "no_credentials"
    try:
        given = base64.b64decode(encoded.strip().encode("latin-1"), validate=True)
    except ValueError:
        return "wrong_credentials"
    # Every proof is compared, so that timing does not reveal which one matched.
    matches = [
        hmac.compare_digest(f"{proof.user}:{proof.password.value}".encode(), given)
        for proof in proofs
        if isinstance(proof, BasicProof)
    ]
    return None if any(matches) else "wrong_credentials"


def _signature_fault(body: bytes, signed: Signed, proofs: tuple[Proof, ...], now: datetime) -> str | None:
    if reason := _unsigned_fault(signed, proofs, now):
        return reason
    given = [one[len(_VERSION) :] for one in signed.signatures.split(" ") if one.startswith(_VERSION)]
    content = f"{signed.message_id}.{signed.timestamp}.".encode("latin-1", "replace") + body
    expected = [_signature(key, content) for proof in proofs if (key := _key(proof))]
    return None if _one_matches(expected, given[:_MOST_SIGNATURES]) else "wrong_signature"


def _unsigned_fault(signed: Signed, proofs: tuple[Proof, ...], now: datetime) -> str | None:
    """Return what is wrong with a signature before the body is known; None where nothing is."""
    if not signed.message_id or not (signed.timestamp.isascii() and signed.timestamp.isdigit()):
        return "wrong_signature"
    # A signature that is minutes old, or from the future, may be a recorded one.
    if abs(now.timestamp() - float(signed.timestamp)) > TOLERANCE_SECONDS:
        return "stale_signature"
    return None if any(isinstance(proof, HmacProof) for proof in proofs) else "wrong_signature"


def _key(proof: Proof) -> bytes | None:
    """Return the key of a signing proof; None for other proofs, and for a secret that is not base64."""
    try:
        return signing_key(proof.key.value) if isinstance(proof, HmacProof) else None
    except ValueError:
        return None


def _signature(key: bytes, content: bytes) -> bytes:
    return base64.b64encode(hmac.digest(key, content, "sha256"))


def _one_matches(expected: Iterable[bytes], given: Iterable[str]) -> bool:
    """Return whether any pair is equal; all pairs are compared, so that timing does not reveal which."""
    found = [one.encode("latin-1", "replace") for one in given]
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in found]
    return any(matches)

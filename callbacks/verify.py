"""Knows what lets us trust a callback notification; refuses to say to its sender what was wrong."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime

from connector.domain.tenant import BasicProof, Proof
from connector.errors import UntrustedMessage


def verify(*, body: bytes, authorization: str, proofs: tuple[Proof, ...], now: datetime) -> None:
    """Return quietly when the message carries one of the tenant's proofs. A tenant without proofs trusts the path key alone.

    ``body`` and ``now`` are for proofs that sign them.
    Raises:
        UntrustedMessage: reason ``no_credentials`` or ``wrong_credentials``.
    """
    if not proofs:
        return
    given = _basic_credentials(authorization)
    # Every proof is compared, so that timing does not tell which one matched.
    matches = [
        hmac.compare_digest(f"{proof.user}:{proof.password.value}".encode(), given)
        for proof in proofs
        if isinstance(proof, BasicProof)
    ]
    if not any(matches):
        raise UntrustedMessage("wrong_credentials")


def _basic_credentials(header: str) -> bytes:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise UntrustedMessage("no_credentials")
    try:
        return base64.b64decode(encoded.strip().encode("latin-1"), validate=True)
    except (ValueError, binascii.Error) as fault:
        raise UntrustedMessage("wrong_credentials") from fault

"""Verify Twilio's requests: an HMAC over our public address and the form's fields.

https://www.twilio.com/docs/usage/security#validating-requests
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from foundation.errors import UntrustedMessage
from foundation.secret import Secret

_PORTS = {"https": 443, "http": 80}


def signature_of(url: str, fields: Sequence[tuple[str, str]], token: str) -> str:
    """Return the signature of an address and its fields by the account's token."""
    # Sorted and without repetitions, each name with its value behind it: as Twilio's own libraries do.
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def verified_fields(raw: bytes, given: str, *, url: str, secrets: Sequence[Secret]) -> dict[str, str]:
    """Return the form's fields after checking them against each of several tokens.

    Raises:
        UntrustedMessage: no token fits.
    """
    pairs = parse_qsl(raw.decode(errors="replace"), keep_blank_values=True)
    # As bytes: a header may hold what is no ASCII, which compare_digest takes in no text.
    proof = given.encode()
    made = (signature_of(address, pairs, one.value).encode() for one in secrets for address in _spellings(url))
    if not any(hmac.compare_digest(one, proof) for one in made):
        raise UntrustedMessage("signature does not match" if given else "no signature")
    return dict(pairs)


def _spellings(url: str) -> tuple[str, ...]:
    """Return an address with and without its port: Twilio signs either. The scheme must be the public one."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", _PORTS[parts.scheme]
    if parts.port not in (None, port):
        return (url, urlunsplit(parts._replace(netloc=host)))
    return (urlunsplit(parts._replace(netloc=host)), urlunsplit(parts._replace(netloc=f"{host}:{port}")))

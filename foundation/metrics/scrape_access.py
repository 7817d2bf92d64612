"""Who may scrape the metrics: whoever has the token, and this machine itself."""

from __future__ import annotations

import hmac
import ipaddress
from typing import Protocol

from foundation.secret import Secret

_FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")


class Headers(Protocol):
    """The headers of a request."""

    def get(self, key: str, default: str) -> str:
        """Return one header."""

    def __contains__(self, key: str) -> bool: ...


def is_admitted(headers: Headers, address: str | None, *, token: Secret | None, trusted_proxies: int) -> bool:
    """Return whether a scrape carries the metrics token, or comes from this machine itself."""
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(token.value.encode(), given.strip().encode()):
        return True
    # A local proxy connects from this machine on behalf of any client. The client is known only where the proxy is
    # trusted and forwards its address; any other sign of a proxy means that we cannot know.
    is_named = trusted_proxies and headers.get("X-Forwarded-For", "")
    if not is_named and any(name in headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False

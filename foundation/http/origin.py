"""Parse the addresses of peers by one strict grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass

LOOPBACK = ("localhost", "127.0.0.1")
# The whole text must match. URL parsers differ in how they read a backslash, a user, an escape, a tab or a letter
# beyond ASCII: `urlsplit` could read a peer's host out of a text with which urllib3 connects to another one.
_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*)(?P<port>:[0-9]{1,5})?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class Origin:
    """Scheme and host in lower case; ``port`` only where the address names one."""

    scheme: str
    host: str
    port: int | None

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine, by one of the two names that the demo's peers have."""
        return self.host in LOOPBACK


def read_origin(text: str) -> Origin | None:
    """Parse exactly ``https://host`` or ``https://host:port`` (http too); None for any other text."""
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return None
    port = int(found["port"][1:]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        return None
    return Origin(found["scheme"].lower(), found["host"].lower(), port)

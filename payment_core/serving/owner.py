"""The name under which a process leases rows."""

from __future__ import annotations

import os
import secrets


def new_owner(kind: str) -> str:
    """Return a name that no other process has, now or later."""
    return f"{kind}{os.getpid()}-{secrets.token_hex(6)}"

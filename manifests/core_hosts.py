"""Whose payment core an address names: the vendor's, or another, which is our own."""

from __future__ import annotations

from urllib.parse import urlsplit

import manifests


def vendor_hosts() -> list[str]:
    """Return the hosts of the vendor's core, the usual one first."""
    hosts: list[str] = manifests.load("core/operations.json")["allowed_hosts"]
    return hosts


def is_vendors_core(url: str) -> bool:
    """Return whether a core's address, which was checked before, is the vendor's."""
    return urlsplit(url).hostname in vendor_hosts()

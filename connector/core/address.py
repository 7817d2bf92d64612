"""Check the payment core's address: a tenant may use the manifest's hosts only."""

from __future__ import annotations

from collections.abc import Sequence

import manifests
from foundation.http.addresses import read_origin

ALLOWED_HOSTS: Sequence[str] = manifests.load("core/operations.json")["allowed_hosts"]


def check_core_address(url: str, *, allow_loopback: bool = False) -> None:
    """Accept an https URL of one of the manifest's hosts; with ``allow_loopback`` also this machine.

    Raises:
        ValueError: it is any other address.
    """
    origin = read_origin(url.rstrip("/"))
    if origin is None or not (
        (allow_loopback and origin.is_loopback) or (origin.scheme == "https" and origin.host in ALLOWED_HOSTS)
    ):
        raise ValueError("not the payment core's address")

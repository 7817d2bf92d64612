"""The check of the payment core's address: a tenant may name the manifest's hosts only."""

from __future__ import annotations

import manifests
from foundation.http.addresses import read_origin

ALLOWED_HOSTS: list[str] = manifests.load("core/operations.json")["allowed_hosts"]


def check_core_address(url: str, *, allow_loopback: bool = False) -> None:
    """Accept https and one of the manifest's hosts, a slash at the end or none; with ``allow_loopback`` this machine, too.

    Raises:
        ValueError: it is another address.
    """
    origin = read_origin(url.rstrip("/"))
    if origin is None or not (
        (allow_loopback and origin.is_loopback) or (origin.scheme == "https" and origin.host in ALLOWED_HOSTS)
    ):
        raise ValueError("not the payment core's address")

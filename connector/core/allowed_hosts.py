"""Check the payment core's address: the vendor's hosts, and those that the operator names."""

from __future__ import annotations

from collections.abc import Sequence

from foundation.http.origin import read_origin
from manifests.core_hosts import vendor_hosts


def check_core_address(url: str, *, allow_loopback: bool = False, own_hosts: Sequence[str] = ()) -> None:
    """Accept an https URL of one of the vendor's hosts or of ``own_hosts``; with ``allow_loopback`` also this machine.

    Raises:
        ValueError: it is any other address.
    """
    # The tenant's API key is sent to this host, so any other host would receive it.
    origin = read_origin(url.rstrip("/"))
    if origin is None or not (
        (allow_loopback and origin.is_loopback)
        or (origin.scheme == "https" and origin.host in (*vendor_hosts(), *own_hosts))
    ):
        raise ValueError("not the payment core's address")

"""Check that an org's address is a My Domain host; calls and logins, with their secrets, go nowhere else."""

from __future__ import annotations

import re

from foundation.http.origin import read_origin

# https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm
_MY_DOMAIN = re.compile(r"([a-z0-9-]+\.)+my\.salesforce\.com", re.ASCII)


def check_my_domain(url: str, *, allow_loopback: bool = False) -> None:
    """Accept ``https://….my.salesforce.com`` with nothing else in it; with ``allow_loopback`` also this machine.

    Raises:
        ValueError: it is any other address.
    """
    # Parsed first: on the raw text, a user, a port, an escape or Unicode could hide another host.
    origin = read_origin(url)
    if origin is None or not (
        (allow_loopback and origin.is_loopback)
        or (origin.scheme == "https" and origin.port is None and _MY_DOMAIN.fullmatch(origin.host))
    ):
        raise ValueError("not a My Domain address")

"""The check of an org's address: every call to an org, a login above all, goes to a My Domain host."""

from __future__ import annotations

import re

from foundation.http.addresses import read_origin

# https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm
_MY_DOMAIN = re.compile(r"([a-z0-9-]+\.)+my\.salesforce\.com", re.ASCII)


def check_my_domain(url: str, *, allow_loopback: bool = False) -> None:
    """Accept ``https://….my.salesforce.com`` with nothing else in it; with ``allow_loopback`` this machine, too.

    Raises:
        ValueError: it is another address.
    """
    origin = read_origin(url)
    if origin is None or not (
        (allow_loopback and origin.is_loopback)
        or (origin.scheme == "https" and origin.port is None and _MY_DOMAIN.fullmatch(origin.host))
    ):
        raise ValueError("not a My Domain address")

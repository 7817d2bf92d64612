"""Check that an org's address is a My Domain host; calls and logins, with their secrets, go nowhere else."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from foundation.http.origin import read_origin

# https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm
_MY_DOMAIN = re.compile(r"([a-z0-9-]+\.)+my\.salesforce\.com", re.ASCII)
# Where people see the org in their browser: the pages of Lightning and of Setup, by the same table.
_DOMAINS_OF_PAGES = (".lightning.force.com", ".my.salesforce-setup.com")


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


def to_my_domain(text: str) -> str:
    """Return the My Domain address of what people paste: with or without https://, or of a page of Lightning or of Setup.

    A text that is not an address is returned unchanged, for ``check_my_domain`` to refuse.
    """
    parts = _address(text.strip() if "://" in text else f"https://{text.strip()}")
    if parts is None:
        return text
    host = parts.hostname or ""
    for domain in _DOMAINS_OF_PAGES:
        host = host.replace(domain, ".my.salesforce.com")
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}"


def _address(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        _ = parts.port  # urllib validates the port only when it is read
    except ValueError:
        return None
    return parts

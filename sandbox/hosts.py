"""The host names by which a sandbox on this machine may be asked."""

from ipaddress import ip_address
from urllib.parse import urlsplit

WRONG_HOST = "This sandbox answers on localhost only."


def is_own_host(host: str, *, public_url: str = "") -> bool:
    """Return whether a Host header names the loopback, or the address that is given out as public.

    A page elsewhere can point a name of its own at this machine (DNS rebinding); its requests still carry that name.
    """
    name = _hostname(f"//{host}")
    return name == "localhost" or _is_loopback(name) or (name != "" and name == _hostname(public_url))


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False

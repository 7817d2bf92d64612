"""Who may scrape, and a family of numbers as prometheus-client shows it."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from typing import Protocol

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from foundation.metrics.family import Family, Labels
from foundation.secret import Secret

_FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")


class Headers(Protocol):
    """The headers of a request."""

    def get(self, key: str, default: str) -> str:
        """Return one header."""

    def __contains__(self, key: str) -> bool: ...


def is_admitted(headers: Headers, address: str | None, *, token: Secret | None, trusted_proxies: int) -> bool:
    """Return whether a scrape carries the metrics token, or comes from this machine itself."""
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(token.value.encode(), given.strip().encode()):
        return True
    # A local proxy connects from this machine on behalf of any client. The client is known only where the proxy is
    # trusted and forwards its address; any other sign of a proxy means that we cannot know.
    is_named = trusted_proxies and headers.get("X-Forwarded-For", "")
    if not is_named and any(name in headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def shown(family: Family, numbers: Mapping[Labels, float]) -> Metric:
    """Return the gauges of a family by their label values."""
    found = GaugeMetricFamily(family.name, family.description, labels=family.labels)
    for labels, number in numbers.items():
        found.add_metric(labels, number)
    return found

"""The adapter by which simple-salesforce, which always uses https, reaches the demo's org on this machine without TLS."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from foundation.http.origin import LOOPBACK
from foundation.http.session import PeerSession


class PlainLoopback(HTTPAdapter):
    """Sends requests over plain http to this machine, and refuses every other host."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send a request for an https URL of this machine over http."""
        parts = urlsplit(request.url or "")
        if parts.hostname not in LOOPBACK:
            raise requests.exceptions.InvalidURL("plain http is for this machine only")
        request.url = parts._replace(scheme="http").geturl()
        return super().send(request, *args, **options)


def allow_plain_loopback(session: PeerSession) -> None:
    """Mount the demo's adapter for this machine's host names."""
    # Under both schemes: logins use http URLs, and so share the adapter's pool of connections.
    adapter = PlainLoopback()
    for host in LOOPBACK:
        session.mount(f"https://{host}:", adapter)
        session.mount(f"http://{host}:", adapter)

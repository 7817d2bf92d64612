"""How the Salesforce library, which always says https, reaches an org on this machine without TLS."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from foundation.http.addresses import LOOPBACK
from foundation.http.session import PeerSession


class PlainLoopback(HTTPAdapter):
    """Lets the demo's org answer over plain http: simple-salesforce always says https. Refuses every other host."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send over http what was addressed to https on this machine."""
        parts = urlsplit(request.url or "")
        if parts.hostname not in LOOPBACK:
            raise requests.exceptions.InvalidURL("plain http is for this machine only")
        request.url = parts._replace(scheme="http").geturl()
        return super().send(request, *args, **options)


def allow_plain_loopback(session: PeerSession) -> None:
    """Mount the demo's adapter for this machine's names; logins, which say http, share its connections."""
    adapter = PlainLoopback()
    for host in LOOPBACK:
        session.mount(f"https://{host}:", adapter)
        session.mount(f"http://{host}:", adapter)

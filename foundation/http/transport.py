"""The transport below sessions: connections with a deadline, through the deployment's egress, that record what was sent."""

from __future__ import annotations

import io
import re
import socket
import ssl
import time
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry

from foundation.http.egress import Egress

# The text in which http.client, and urllib3 after it, report a proxy's answer to CONNECT.
_REFUSED = "proxy_refused_"
_REFUSED_BY_PROXY = re.compile(r"Tunnel connection failed: (\d{3})")


@dataclass
class Call:
    """The state of one call in progress, shared with the connection that urllib3 makes for it."""

    ends_at: float
    connecting: bool = False
    sent: bool = False
    proxy_fault: str = ""


current_call: ContextVar[Call] = ContextVar("call")


class SafeRetry(Retry):
    """Retries reads, and calls of which provably nothing was sent; nothing else is sent twice."""

    # urllib3 by itself retries a POST whose answer a proxy cut off, because it takes that for an unreachable proxy.

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        """Return the retries that are left, or raise to end the call."""
        this = current_call.get()
        is_read = method in (self.allowed_methods or ())
        # A proxy that refused is not asked again: it would count the wrong password twice.
        if error is not None and ((this.sent and not is_read) or this.proxy_fault.startswith(_REFUSED)):
            raise MaxRetryError(_pool, url, error) from error
        return super().increment(method, url, response, error, _pool, _stacktrace)


class _DeadlineAnswer(io.RawIOBase):
    """The bytes of one answer, headers included; each read waits no longer than the rest of the call's time.

    It replaces the socket in ``http.client``, which only calls ``makefile``.
    """

    def __init__(self, connected: socket.socket) -> None:
        super().__init__()
        self._socket = connected
        self._bytes = connected.makefile("rb", buffering=0)
        limit, ends_at = connected.gettimeout(), current_call.get().ends_at
        self._ends_at = ends_at if limit is None else min(ends_at, time.monotonic() + limit)  # one attempt's share

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(_left(self._ends_at))
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        self._bytes.close()
        super().close()


def _answer(connected: Any, *args: Any, **options: Any) -> HTTPResponse:
    return HTTPResponse(_DeadlineAnswer(connected), *args, **options)  # type: ignore[arg-type]


class _Connection(HTTPConnection):
    """A connection that records whether a request was sent; before it is made, proxy and TLS included, none can be."""

    response_class: Any = staticmethod(_answer)

    def connect(self) -> None:
        """Connect within the rest of the call's time."""
        this = current_call.get()
        this.connecting, this.proxy_fault = True, ""
        self.timeout = _left(this.ends_at, at_most=self.timeout)
        try:
            super().connect()
        except (OSError, HTTPException, HTTPError) as error:
            this.proxy_fault = _proxy_fault(self, error)
            raise

    def request(self, *args: Any, **options: Any) -> None:
        """Send a request."""
        if self.is_closed:
            self.connect()
        current_call.get().sent = True
        super().request(*args, **options)


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _Pool, "https": _TlsPool}


class DeadlineAdapter(HTTPAdapter):
    """The adapter for calls with a deadline, through a deployment's egress."""

    def __init__(self, egress: Egress, *, connections: int, retries: Retry) -> None:
        self.egress = egress
        super().__init__(pool_maxsize=connections, max_retries=retries)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Create the pools for direct connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Create the pools for connections through the proxy."""
        # urllib3 omits TCP_NODELAY behind a proxy, and each POST would wait 40 ms for an ACK.
        fast = HTTPConnection.default_socket_options
        manager = super().proxy_manager_for(proxy, proxy_ssl_context=self.egress.tls, socket_options=fast, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """Use the deployment's own context for every TLS connection."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            pool |= {"ssl_context": self.egress.tls, "cert_reqs": "CERT_REQUIRED"}
        return host, pool

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """Return the headers for the proxy only."""
        return self.egress.proxy_headers

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave the context unchanged: requests would load its own authorities into it at each new connection."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send through the proxy where the settings name one."""
        proxy = self.egress.proxy_for(urlsplit(request.url or "").hostname)
        return super().send(request, *args, **{**options, "proxies": {"all": proxy} if proxy else {}})


def _proxy_fault(connection: _Connection, error: Exception) -> str:
    """Return the reason of a failure of the proxy; empty where the proxy did not fail."""
    if connection.proxy is None:
        return ""
    refused = _REFUSED_BY_PROXY.search(str(error))
    if refused:
        return f"{_REFUSED}{refused[1]}"
    if not connection.has_connected_to_proxy:
        return "proxy_away"
    return "" if isinstance(error, ssl.SSLError) else "proxy_silent"


def _left(ends_at: float, *, at_most: float | None = None) -> float:
    """Return how many seconds are left.

    Raises:
        TimeoutError: none are.
    """
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError("the call took too long")
    return left if at_most is None else min(left, at_most)

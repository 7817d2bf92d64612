"""HTTP sessions to peers: with time limits, without redirects, and with one log line per call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError
from urllib3.util import Retry

from foundation.http.egress import STRAIGHT, Egress
from foundation.http.transport import Call, DeadlineAdapter, SafeRetry, current_call
from foundation.log import get_logger

log = get_logger()
# More than any answer that we ask for: a peer that sends without end must not fill the memory.
_MOST_BYTES = 8 * 1024 * 1024
_CHUNK = 64 * 1024
# simple-salesforce and authlib make calls for us and cannot pass the operation's name on.
_operation: ContextVar[str] = ContextVar("operation", default="other")
# Seconds for a whole call that is worth less time than its session gives.
_within: ContextVar[float | None] = ContextVar("within", default=None)
# Called with peer, operation, outcome (``2xx`` to ``5xx``, ``no_answer``) and seconds, to count calls.
CallObserver = Callable[[str, str, str, float], None]


class RequestNotSent(requests.ConnectionError):
    """Proof that no byte of the request reached the peer: name not found, refused, connect time-out, TLS refused."""


class ProxyFault(RequestNotSent):
    """The proxy did not let us through: ``reason`` is ``proxy_away``, ``proxy_silent`` or ``proxy_refused_`` and its status."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoAnswer(requests.ConnectionError):
    """The request may have reached the peer; its answer did not reach us."""


class RedirectRefused(NoAnswer):
    """The peer answered with a redirect, which is never followed: it could name another host for our credentials."""


class PeerSession(requests.Session):
    """A session to one peer. ``total_timeout`` (seconds) bounds the whole call, however slowly its bytes arrive.

    ``connections`` to each host stay open; with ``no_more`` there are never more, and a call waits a moment for a free one.
    They are counted by host, so that a host that hangs blocks no other tenant. ``observe`` is called as each call ends.

    Raises:
        RequestNotSent, NoAnswer: instead of every other transport error.
    """

    def __init__(
        self,
        *,
        peer: str,
        total_timeout: float,
        connections: int = 4,
        no_more: bool = False,
        repeat_reads: bool = True,
        egress: Egress = STRAIGHT,
        observe: CallObserver | None = None,
    ) -> None:
        super().__init__()
        self._observe = observe
        self._most = connections if no_more else None
        self._free: dict[str, threading.BoundedSemaphore] = {}
        self.peer = peer
        self.total_timeout = total_timeout
        self.trust_env = False  # a .netrc would replace our Authorization
        self.max_redirects = 0
        self.cookies.set_policy(
            DefaultCookiePolicy(allowed_domains=[])
        )  # no cookie of a peer is sent with a later call
        self._repeat_reads = repeat_reads
        retries = SafeRetry(total=2, connect=2, read=1, status=0, backoff_factor=0.2, allowed_methods=["GET"])
        adapter = DeadlineAdapter(
            egress, connections=connections, retries=retries if repeat_reads else Retry(0, read=False)
        )
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """Send one request, read its whole answer within the time limit, and log one line about it."""
        options.update(stream=True, allow_redirects=False)
        within = min(self.total_timeout, _within.get() or self.total_timeout)
        options["timeout"] = self._limits(str(method), within)
        begun = time.monotonic()
        status: int | None = None
        this = Call(begun + within)
        token = current_call.set(this)
        try:
            with self._connection_to(str(url), within):
                response = super().request(method, url, *args, **options)
                response._content = _read_all(response)
            status = response.status_code
        except RequestNotSent:
            raise
        except requests.RequestException as error:
            raise _translated(error, this) from error
        finally:
            current_call.reset(token)
            self._note(status, time.monotonic() - begun, this.proxy_fault)
        return response

    def _note(self, status: int | None, seconds: float, proxy_fault: str) -> None:
        """Log and count a call."""
        # Never by its URL, which may name a person or a record.
        operation = _operation.get()
        outcome = f"{status // 100}xx" if status else "no_answer"
        if self._observe is not None:
            self._observe(self.peer, operation, outcome, seconds)
        took = round(seconds * 1000)
        why = {"reason": proxy_fault} if proxy_fault else {}
        # Health checks call addresses outside every minute, which would fill the log.
        write = log.debug if self.peer == "outside" else log.info
        write("peer_called", peer=self.peer, operation=operation, upstream_status=status, ms=took, **why)

    @contextmanager
    def _connection_to(self, url: str, within: float) -> Iterator[None]:
        """Hold one of the host's connections while a call runs.

        Raises:
            RequestNotSent: none became free in time.
        """
        # At most a third of a call's time: together with the call itself that stays within half a lease.
        if self._most is None:
            yield
            return
        # setdefault is atomic: two first calls get the same semaphore.
        free = self._free.setdefault(urlsplit(url).netloc, threading.BoundedSemaphore(self._most))
        if not free.acquire(timeout=within / 3):
            raise RequestNotSent("no free connection")
        try:
            yield
        finally:
            free.release()

    def _limits(self, method: str, within: float) -> tuple[float, float]:
        """Return the time limits for (connecting, reading)."""
        # A GET is repeated after a failure, so its attempts must share the time of the call.
        if method.upper() == "GET" and self._repeat_reads:
            return min(3.0, within / 4), within / 2
        return min(5.0, within), within


@contextmanager
def calling_for(operation: str) -> Iterator[None]:
    """Set the operation's name for the calls inside the block, in the log and in metrics."""
    token = _operation.set(operation)
    try:
        yield
    finally:
        _operation.reset(token)


@contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """Give each whole call inside the block no more than these seconds, where its session would; None: what it gives."""
    token = _within.set(seconds)
    try:
        yield
    finally:
        _within.reset(token)


def call(
    session: PeerSession,
    method: str,
    url: str,
    *,
    operation: str,
    headers: Mapping[str, str],
    query: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> requests.Response:
    """Send one request under the name of its operation."""
    with calling_for(operation):
        return session.request(method, url, headers=dict(headers), params=dict(query or {}), data=body)


def _read_all(response: requests.Response) -> bytes:
    """Return the whole body.

    Raises:
        requests.ConnectionError: it broke off, or is too large.
    """
    # By `read1`, which returns what has arrived: waiting for full chunks would let slow bytes outlast the time limit.
    parts: list[bytes] = []
    size = 0
    try:
        while part := response.raw.read1(_CHUNK, decode_content=True):
            size += len(part)
            if size > _MOST_BYTES:
                raise requests.ConnectionError("the answer is too large")
            parts.append(part)
    except (HTTPError, OSError) as error:
        response.close()
        raise requests.ConnectionError("the answer broke off") from error
    return b"".join(parts)


def _translated(fault: requests.RequestException, this: Call) -> requests.ConnectionError:
    """Return the error that says whether the peer can have acted on the request."""
    if this.connecting and not this.sent:
        return ProxyFault(this.proxy_fault) if this.proxy_fault else RequestNotSent("no connection")
    # requests raises this for the first redirect, because ``max_redirects`` is 0, also where none is to be followed.
    if isinstance(fault, requests.TooManyRedirects):
        return RedirectRefused("a redirect")
    if isinstance(fault, requests.ConnectTimeout):
        return RequestNotSent("no connection")
    cause = fault.args[0] if fault.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    return RequestNotSent("no connection") if isinstance(reason, NewConnectionError) else NoAnswer("no answer")

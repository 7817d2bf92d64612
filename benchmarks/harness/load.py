"""Knows how to be many clients in one process; refuses to know what answers them.

Closed loop: every connection sends its next callback when the last one is answered. Every callback has its own body.
"""

from __future__ import annotations

import base64
import select
import socket
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

_BODY = (
    '{"orderNumber":"%s","paymentLinkRef":"%s","senderNumber":"27870000000","endUserMobileNumber":"27831234567",'
    '"transactionStatus":"PAYMENT_LINK_CLICKED","transactionStatusId":12,"currency":"ZAR","totalAmount":115.00,'
    '"taxAmount":15.00,"subTotalAmount":100.00,"channel":"sms","timestamp":"2026-11-21T10:43:10.000+0000",'
    '"additionalData":{"reference":"c2p_%s"},"environment":"SANDBOX"}'
)
_ANSWER_WITHIN_SECONDS = 30.0


@dataclass
class Slice:
    """What one stretch of load found; latencies in seconds, numbers of the acknowledged bodies."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    broken: int = 0

    @property
    def acknowledged(self) -> int:
        """How many were answered 200."""
        return self.statuses.get(200, 0)

    @property
    def rate(self) -> float:
        """Acknowledgements per second."""
        return self.acknowledged / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency that ``share`` of the answers stayed under."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class RequestSource(Protocol):
    """Where the next request comes from; None when there are no more."""

    def next(self) -> bytes | None:
        """Return the next request."""
        ...


class PreparedRequests:
    """Requests for bodies that were made before."""

    def __init__(self, *, path: str, user: str, password: str, bodies: Iterable[bytes]) -> None:
        self._bodies = iter(bodies)
        self._head = _head(path, user, password, keep_alive=True)

    def next(self) -> bytes | None:
        """Return the next request, or None after the last."""
        body = next(self._bodies, None)
        return None if body is None else b"%bContent-Length: %d\r\n\r\n%b" % (self._head, len(body), body)


class UniqueCallbacks:
    """Makes requests, each with a body that was never sent before."""

    def __init__(self, *, path: str, user: str, password: str, keep_alive: bool = True) -> None:
        self.made = 0
        left, right = (_BODY % ("00000102", uuid.uuid4().hex, "\x00")).split("\x00")
        self._left, self._right = left.encode(), right.encode()
        length = len(self.body(0))
        self._head = b"%bContent-Length: %d\r\n\r\n" % (_head(path, user, password, keep_alive=keep_alive), length)

    def body(self, number: int) -> bytes:
        """Return the body of one request."""
        return b"%b%012d%b" % (self._left, number, self._right)

    def next(self) -> bytes:
        """Return the next request."""
        self.made += 1
        return self._head + self.body(self.made)


class _Client:
    """One connection and the answer it waits for."""

    __slots__ = ("came", "number", "over", "sent_at", "wire")

    def __init__(self, port: int) -> None:
        self.came = b""
        self.number = 0
        self.over = False
        self.sent_at = 0.0
        self.wire = socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_WITHIN_SECONDS)
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Load:
    """``clients`` connections against one port."""

    def __init__(self, *, port: int, callbacks: RequestSource, clients: int, reopens: bool = True) -> None:
        self._port = port
        self._callbacks = callbacks
        self._reopens = reopens
        self._poll = select.epoll()
        self._clients: dict[int, _Client] = {}
        for _ in range(clients):
            self._open()

    def run(self, seconds: float) -> Slice:
        """Send for ``seconds``, then wait for what is still in flight."""
        found = Slice()
        begun = time.perf_counter()
        ends = begun + seconds
        waiting = sum(self._sent(client) for client in list(self._clients.values()))
        while waiting:
            events = self._poll.poll(_ANSWER_WITHIN_SECONDS)
            if not events:
                found.broken += waiting
                break
            now = time.perf_counter()
            for number, _ in events:
                client = self._clients[number]
                if not self._answered(client, found, now):
                    continue
                follower = self._follower(client)
                if now >= ends or follower is None or not self._sent(follower):
                    waiting -= 1
        found.seconds = time.perf_counter() - begun
        return found

    def burst(self) -> Slice:
        """Let every connection send one callback at the same moment, and wait for all answers."""
        return self.run(0.0)

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            client.wire.close()
        self._poll.close()

    def _open(self) -> _Client:
        client = _Client(self._port)
        self._clients[client.wire.fileno()] = client
        self._poll.register(client.wire.fileno(), select.EPOLLIN)
        return client

    def _drop(self, client: _Client) -> None:
        self._poll.unregister(client.wire.fileno())
        del self._clients[client.wire.fileno()]
        client.wire.close()

    def _sent(self, client: _Client) -> bool:
        """Send the next request, if there is one."""
        asked = self._callbacks.next()
        if asked is None:
            return False
        client.came = b""
        client.number = getattr(self._callbacks, "made", 0)
        client.sent_at = time.perf_counter()
        try:
            client.wire.sendall(asked)
        except OSError:
            return True  # its broken connection is noticed when the answer is read
        return True

    def _answered(self, client: _Client, found: Slice, now: float) -> bool:
        """Read what came; True once the whole answer is there, or the connection broke."""
        try:
            part = client.wire.recv(65536)
        except OSError:
            part = b""
        if not part:
            found.broken += 1
            client.over = True
            return True
        client.came += part
        head_ends = client.came.find(b"\r\n\r\n")
        if head_ends < 0 or len(client.came) < head_ends + 4 + _length(client.came, head_ends):
            return False
        status = int(client.came[9:12])
        found.statuses[status] = found.statuses.get(status, 0) + 1
        found.latencies.append(now - client.sent_at)
        if status == 200:
            found.numbers.append(client.number)
        client.over = b"onnection: close" in client.came[:head_ends]
        return True

    def _follower(self, client: _Client) -> _Client | None:
        """Return who sends next: the same connection, or a new one when it is over."""
        if not client.over:
            return client
        self._drop(client)
        return self._open() if self._reopens else None


def _head(path: str, user: str, password: str, *, keep_alive: bool) -> bytes:
    proof = base64.b64encode(f"{user}:{password}".encode()).decode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Basic {proof}",
        "Content-Type: application/json",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def _length(answer: bytes, head_ends: int) -> int:
    at = answer.lower().find(b"content-length:", 0, head_ends)
    return int(answer[at + 15 : answer.find(b"\r\n", at)]) if at >= 0 else 0

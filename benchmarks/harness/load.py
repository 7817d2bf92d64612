"""Many clients in one process, over raw sockets.

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
# Longer than any answer may take: a slice that ends by it counts as broken.
_TIMEOUT_S = 30.0


@dataclass
class Slice:
    """What one stretch of load measured; latencies in seconds, numbers of the acknowledged bodies."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    broken: int = 0
    # The status of the answer that was asked for.
    good: int = 200
    # What the first other answer said.
    refusal: str = ""

    @property
    def acknowledged(self) -> int:
        """How many were answered as they should be."""
        return self.statuses.get(self.good, 0)

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
    """Requests with given bodies."""

    def __init__(self, *, path: str, user: str, password: str, bodies: Iterable[bytes]) -> None:
        self._bodies = iter(bodies)
        self._head = _head(path, user, password, keep_alive=True)

    def next(self) -> bytes | None:
        """Return the next request, or None after the last."""
        body = next(self._bodies, None)
        return None if body is None else b"%bContent-Length: %d\r\n\r\n%b" % (self._head, len(body), body)


class UniqueCallbacks:
    """Requests, each with a body that was never sent before."""

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

    __slots__ = ("is_over", "number", "received", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.received = b""
        self.number = 0
        self.is_over = False
        self.sent_at = 0.0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S)
        # A small request would else wait for the acknowledgement of the one before it.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Load:
    """``clients`` connections against one port."""

    def __init__(
        self, *, port: int, callbacks: RequestSource, clients: int, reopens: bool = True, good: int = 200
    ) -> None:
        self._port = port
        self._good = good
        self._callbacks = callbacks
        self._reopens = reopens
        # No threads and no HTTP library: the load has one core, and must be far quicker than every server.
        self._poll = select.epoll()
        self._clients: dict[int, _Client] = {}
        for _ in range(clients):
            self._open()

    def run(self, seconds: float) -> Slice:
        """Send for ``seconds``, then wait for what is still in flight."""
        measured = Slice(good=self._good)
        begun = time.perf_counter()
        ends = begun + seconds
        waiting = sum(self._send_next(client) for client in list(self._clients.values()))
        while waiting:
            events = self._poll.poll(_TIMEOUT_S)
            if not events:
                measured.broken += waiting
                break
            now = time.perf_counter()
            for number, _ in events:
                client = self._clients[number]
                if not self._read_answer(client, measured, now):
                    continue
                next_client = self._next_client(client)
                if now >= ends or next_client is None or not self._send_next(next_client):
                    waiting -= 1
        measured.seconds = time.perf_counter() - begun
        return measured

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            client.socket.close()
        self._poll.close()

    def _open(self) -> _Client:
        client = _Client(self._port)
        self._clients[client.socket.fileno()] = client
        self._poll.register(client.socket.fileno(), select.EPOLLIN)
        return client

    def _drop(self, client: _Client) -> None:
        self._poll.unregister(client.socket.fileno())
        del self._clients[client.socket.fileno()]
        client.socket.close()

    def _send_next(self, client: _Client) -> bool:
        """Send the next request, if there is one."""
        request = self._callbacks.next()
        if request is None:
            return False
        client.received = b""
        client.number = getattr(self._callbacks, "made", 0)
        client.sent_at = time.perf_counter()
        try:
            client.socket.sendall(request)
        except OSError:
            return True  # the broken connection is noticed when its answer is read
        return True

    def _read_answer(self, client: _Client, measured: Slice, now: float) -> bool:
        """Read what has arrived; True once the whole answer is there, or the connection broke."""
        try:
            part = client.socket.recv(65536)
        except OSError:
            part = b""
        if not part:
            measured.broken += 1
            client.is_over = True
            return True
        client.received += part
        head_ends = client.received.find(b"\r\n\r\n")
        if head_ends < 0 or len(client.received) < head_ends + 4 + _length(client.received, head_ends):
            return False
        # Behind "HTTP/1.1 ".
        status = int(client.received[9:12])
        measured.statuses[status] = measured.statuses.get(status, 0) + 1
        measured.latencies.append(now - client.sent_at)
        if status == self._good:
            measured.numbers.append(client.number)
        else:
            measured.refusal = measured.refusal or client.received[head_ends + 4 :].decode(errors="replace")
        client.is_over = b"onnection: close" in client.received[:head_ends]
        return True

    def _next_client(self, client: _Client) -> _Client | None:
        """Return who sends next: the same connection, or a new one when it is over."""
        if not client.is_over:
            return client
        self._drop(client)
        return self._open() if self._reopens else None


def _head(path: str, user: str, password: str, *, keep_alive: bool) -> bytes:
    credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Basic {credentials}",
        "Content-Type: application/json",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def _length(answer: bytes, head_ends: int) -> int:
    at = answer.lower().find(b"content-length:", 0, head_ends)
    return int(answer[at + 15 : answer.find(b"\r\n", at)]) if at >= 0 else 0

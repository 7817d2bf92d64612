"""The application that asks for links and receives their news, over HTTP, with faults of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import secrets
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PREFIX = "whsec_"
_ENDED = ("PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED")
_PAID = ("PAYMENT_AUTHORIZED", "PAYMENT_RECEIVED")


@dataclass(frozen=True)
class Received:
    """One notification as it came for the first time; ``place`` counts all of them."""

    place: int
    message_id: str
    reference: str
    event: str


class Receiver:
    """Keeps what it received. ``trouble`` is the share of requests that fail; while ``away`` is set, all do."""

    def __init__(self) -> None:
        key = secrets.token_bytes(32)
        self.proof_key = _PREFIX + base64.b64encode(key).decode()
        self.trouble = 0.0
        self.away = threading.Event()
        self.repeated = 0
        self.unproven = 0
        self.first: dict[str, Received] = {}
        # Called with a link's reference at the very moment when it is said to have ended.
        self.on_end: Callable[[str], None] = lambda _: None
        # The references of links of whose money it was notified.
        self.paid: set[str] = set()
        self._key = key
        self._rng = random.Random()  # noqa: S311 (which request fails is no secret)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        # A sender that keeps its connection open must not hold up the end.
        self._server.daemon_threads = True
        self._say_all = self._server.handle_error
        self._server.handle_error = self._say_unless_killed  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def events(self) -> dict[str, list[Received]]:
        """Return what was received, by the link's reference, each notification once and in the order of arrival."""
        with self._lock:
            found = sorted(self.first.values(), key=lambda one: one.place)
        by_link = defaultdict(list)
        for one in found:
            by_link[one.reference].append(one)
        return by_link

    def forget(self) -> None:
        """Forget what was received so far."""
        with self._lock:
            self.first.clear()
            self.paid.clear()

    def answer(self, headers: Any, raw: bytes) -> int | None:
        """Take a request and return the status of its answer; None for no answer at all."""
        if self.away.is_set():
            return 503
        # A third of the trouble each: not taken at all, taken without an answer, taken and answered as failed.
        chance = self._rng.random()
        if chance < self.trouble / 3:
            return 500
        message_id = str(headers.get("webhook-id", ""))
        if not self._is_proven(headers, message_id, raw):
            self.unproven += 1
            return 401
        body: dict[str, Any] = json.loads(raw)
        event = str(body.get("paymentStatus") or body.get("transactionStatus") or body.get("event"))
        reference = str(body.get("paymentLinkRef") or "")
        with self._lock:
            if message_id in self.first:
                self.repeated += 1
            else:
                self.first[message_id] = Received(len(self.first), message_id, reference, event)
                if event in _PAID:
                    self.paid.add(reference)
        if event in _ENDED:
            self.on_end(reference)
        # Received, but the sender gets no answer.
        return None if chance < self.trouble * 2 / 3 else 502 if chance < self.trouble else 200

    def _say_unless_killed(self, request: Any, client_address: Any) -> None:
        """Say nothing of a sender that was killed, and all of anything else."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            self._say_all(request, client_address)

    def _is_proven(self, headers: Any, message_id: str, raw: bytes) -> bool:
        """Return whether the signature is right: https://github.com/standard-webhooks/standard-webhooks"""
        signed = f"{message_id}.{headers.get('webhook-timestamp', '')}.".encode() + raw
        expected = "v1," + base64.b64encode(hmac.new(self._key, signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(expected.encode(), str(headers.get("webhook-signature", "")).encode())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                status = receiver.answer(self.headers, raw)
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's own name)
                """Say nothing."""

        return Handler

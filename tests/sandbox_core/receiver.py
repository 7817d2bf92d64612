"""The other end of a callback: a real HTTP server with scripted answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Answers with the scripted statuses first, then with 200; keeps what came."""

    def __init__(self, *statuses: int) -> None:
        self.script = list(statuses)
        self.bodies: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.raw: list[tuple[dict[str, str], bytes]] = []  # headers and body as they came
        self.refuse: Callable[[dict[str, Any]], bool] = lambda body: False
        self.lock = threading.Lock()
        self.url = ""

    def answer(self, body: dict[str, Any], authorization: str | None) -> int:
        with self.lock:
            self.bodies.append(body)
            self.authorizations.append(authorization)
            if self.refuse(body):
                return 503
            return self.script.pop(0) if self.script else 200

    def wait_for(self, count: int, *, within_s: float = 60) -> None:
        wait_until(lambda: len(self.bodies) >= count, within_s=within_s)


def wait_until(reached: Callable[[], bool], *, within_s: float = 60) -> None:
    end = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@contextmanager
def receiving(*statuses: int) -> Iterator[Receiver]:
    receiver = Receiver(*statuses)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.raw.append((dict(self.headers.items()), raw))
            body = json.loads(raw)
            self.send_response(receiver.answer(body, self.headers["Authorization"]))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            """A test has no use for access lines."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/callbacks"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""Serve a WSGI app behind granian's event loop, where a request takes a thread only once its body has arrived.

granian's own WSGI interface starts a thread as soon as the headers have arrived, and the thread waits for the body without a
limit. Its RSGI interface lets us wait in the event loop, where an idle socket costs nothing and can be closed.
https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from functools import lru_cache
from io import BytesIO
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

from foundation.log import get_logger
from foundation.serving.late_body import REQUEST_SECONDS, LateBody

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

log = get_logger()
# Bodies that are still arriving; each holds memory and no thread.
_MOST_WAITING = 256
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
# RSGI's names of the HTTP versions, with WSGI's.
_PROTOCOLS = {"1": "HTTP/1.0", "1.1": "HTTP/1.1"}


class GatheredBodies:
    """Collects bodies of up to ``largest`` bytes within ``seconds``, then calls ``app`` in one of ``threads``.

    Of more than ``most`` bodies under way the oldest is given up: most arrive in milliseconds, so it is a slow one.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        threads: int,
        largest: int,
        seconds: float = REQUEST_SECONDS,
        most: int = _MOST_WAITING,
    ) -> None:
        self._app = app
        self._threads = threads
        self._largest = largest
        self._seconds = seconds
        self._most = most
        self._complete: SimpleQueue[tuple[Scope, HTTPProtocol, Any, asyncio.Future[None]]] = SimpleQueue()
        self._waiting: dict[asyncio.Task[None], float] = {}
        self._answered: deque[asyncio.Future[None]] = deque()
        self._wakes = False

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the threads; granian calls this once in each process, before the first request."""
        self._loop = loop
        for number in range(self._threads):
            threading.Thread(target=self._work, name=f"web-{number}", daemon=True).start()
        self._end_overdue()

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Serve one request."""
        body: Any = _EMPTY if scope.method in _WITHOUT_BODY else await self._gathered(scope, proto)
        answered = self._loop.create_future()
        self._complete.put((scope, proto, body, answered))
        await answered

    async def _gathered(self, scope: Scope, proto: HTTPProtocol) -> Any:
        """Return the body; ``_LATE`` for one that did not arrive in time, ``_EMPTY`` for one that is too large anyway."""
        length = scope.headers.get("content-length")
        if length is not None and int(length) > self._largest:
            return _EMPTY
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._waiting[task] = self._loop.time() + self._seconds
        if len(self._waiting) > self._most:
            self._give_up(next(iter(self._waiting)))
        try:
            # A body with a length ends by itself; a chunked one may never end.
            return await (proto() if length is not None else self._chunks(proto))
        except asyncio.CancelledError:
            # Still in the table: the cancellation is granian's own, not ours.
            if task in self._waiting:
                raise
            task.uncancel()
            return _LATE
        except Exception as error:
            log.debug("body_cut_off", error=type(error).__name__)
            return b""
        finally:
            self._waiting.pop(task, None)

    async def _chunks(self, proto: HTTPProtocol) -> bytes:
        """Return a body of unknown length, cut a little above the limit, so that the app refuses it."""
        body = bytearray()
        async for chunk in proto:
            body += chunk
            if len(body) > self._largest:
                break
        return bytes(body)

    def _give_up(self, task: asyncio.Task[None]) -> None:
        del self._waiting[task]
        task.cancel()

    def _end_overdue(self) -> None:
        now = self._loop.time()
        for task in [one for one, ends_at in self._waiting.items() if ends_at <= now]:
            self._give_up(task)
        self._loop.call_later(min(1.0, self._seconds), self._end_overdue)

    def _work(self) -> None:
        while True:
            scope, proto, body, answered = self._complete.get()
            try:
                self._answer(scope, proto, body)
            except Exception as error:
                log.error("unforeseen", error=type(error).__name__, where="answer")
                proto.response_bytes(500, [], b"")
            self._answered.append(answered)
            if not self._wakes:  # one wake-up ends many requests, because each one costs a system call
                self._wakes = True
                self._loop.call_soon_threadsafe(self._end_answered)

    def _end_answered(self) -> None:
        self._wakes = False
        while self._answered:
            answered = self._answered.popleft()
            if not answered.done():  # the client may have disconnected
                answered.set_result(None)

    def _answer(self, scope: Scope, proto: HTTPProtocol, body: Any) -> None:
        status = 500
        headers: list[tuple[str, str]] = []

        def start(line: str, given: list[tuple[str, str]], _exc_info: Any = None) -> Any:
            nonlocal status, headers
            status, headers = int(line[:3]), given

        answer = self._app(environ_of(scope, body), start)
        try:
            content = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        proto.response_bytes(status, headers, content)


_EMPTY = b""
_LATE = LateBody()


def environ_of(scope: Scope, body: bytes | BytesIO) -> dict[str, Any]:
    """Return the WSGI environ of a request (PEP 3333)."""
    server, _, port = scope.server.rpartition(":")
    client = scope.client.rpartition(":")[0]
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": _PROTOCOLS.get(scope.http_version, "HTTP/1.1"),
        "REMOTE_ADDR": client.strip("[]"),
        "HTTP_HOST": scope.authority or "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body) if isinstance(body, bytes) else body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    headers = scope.headers
    # `items()` leaves out values that are not ASCII: they become empty here, because an unreadable header is not missing.
    for name in headers.keys():  # noqa: SIM118
        environ.setdefault(_variable(name), "")
    for name, value in headers.items():
        variable = _variable(name)
        environ[variable] = f"{environ[variable]},{value}" if environ[variable] and name != "host" else value
    return environ


@lru_cache(maxsize=256)
def _variable(name: str) -> str:
    variable = name.upper().replace("-", "_")
    return variable if variable in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{variable}"

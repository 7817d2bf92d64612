"""What a tab asks of the connector, answered by this process; the page's own files come from a server, for the tab to keep."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from weakref import WeakKeyDictionary

from playwright.sync_api import Error, Page

import connector

_WEB = Path(connector.__file__).parent / "web"
_wires: WeakKeyDictionary[Page, Wire] = WeakKeyDictionary()


@dataclass(frozen=True)
class Request:
    """What the page asks; headers by their names in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True)
class Answer:
    """What it gets."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


# None: no answer reaches the tab.
Answering = Callable[[Request], Answer | None]


class Wire:
    """What lies between a tab and whoever answers it at present."""

    def __init__(self, tab: Page, answering: Answering) -> None:
        self.answering = answering
        # By the protocol itself: Playwright's routes take each file from its cache, and some sixty files make the page.
        self._session = tab.context.new_cdp_session(tab)
        self._session.on("Fetch.requestPaused", self._answer)
        patterns = [{"urlPattern": f"{origin()}/{path}*"} for path in ("launch", "api/")]
        self._session.send("Fetch.enable", {"patterns": patterns})

    def _answer(self, paused: dict[str, Any]) -> None:
        asked = paused["request"]
        headers = {name.lower(): value for name, value in asked["headers"].items()}
        body = asked["postData"].encode() if "postData" in asked else None
        answer = self.answering(Request(asked["method"], asked["url"].removeprefix(origin()), headers, body))
        # A page that has gone meanwhile waits for nothing.
        with suppress(Error):
            if answer is None:
                self._session.send("Fetch.failRequest", {"requestId": paused["requestId"], "errorReason": "Failed"})
                return
            self._session.send(
                "Fetch.fulfillRequest",
                {
                    "requestId": paused["requestId"],
                    "responseCode": answer.status,
                    "responseHeaders": [{"name": name, "value": value} for name, value in answer.headers],
                    "body": base64.b64encode(answer.body).decode(),
                },
            )


def connect(tab: Page, answering: Answering) -> None:
    """Let a tab be answered by this from now on."""
    if tab in _wires:
        _wires[tab].answering = answering
    else:
        _wires[tab] = Wire(tab, answering)


@cache
def origin() -> str:
    """Return the connector's address, where this process serves the page's files."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(_WEB)))
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://localhost:{server.server_port}"


class _Files(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def end_headers(self) -> None:
        """Let the browser keep what does not change while tests run."""
        self.send_header("Cache-Control", "max-age=86400, immutable")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""

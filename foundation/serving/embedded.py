"""Run one process that serves and works: waitress, the background work, and a graceful stop."""

from __future__ import annotations

import logging
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from waitress.server import create_server

from foundation.database.checkpoints import Checkpoints
from foundation.database.database import Database
from foundation.log import get_logger
from foundation.serving.channels import ServerAnswer, use_channels
from foundation.serving.memory import trim_memory
from foundation.serving.port import wait_for_port
from foundation.serving.stopping import Stopping, answer_what_was_taken, close, serve_until

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = get_logger()
STOP_WITHIN_SECONDS = 8.0


class Background(Protocol):
    """The background work of a process."""

    def start(self) -> None:
        """Start it."""

    def begin_to_stop(self) -> None:
        """Let each loop finish its present step and start no other."""

    def stop(self, *, within: float) -> bool:
        """Wait at most ``within`` seconds for what is under way; return whether all has ended."""


@dataclass(frozen=True)
class Address:
    """Where a server listens, and the address under which it is reached from outside."""

    host: str
    port: int
    url: str


def serve_embedded(
    app: WSGIApplication,
    address: Address,
    *,
    threads: int,
    answer: ServerAnswer,
    background: Background,
    database: Database,
) -> None:
    """Serve and work until SIGTERM or Ctrl-C, then close the database.

    Raises:
        Misconfigured: the address cannot be used; PortTaken.
    """
    wait_for_port(address.host, address.port)
    sockets: dict[int, Any] = {}
    server = _created(app, address, sockets, threads=threads)
    use_channels(sockets, answer)
    trim_memory()
    checkpoints = Checkpoints(database)
    checkpoints.start()
    background.start()
    stopping = Stopping()
    stopping.listen()
    log.info("serving", url=address.url, pid=os.getpid(), threads=threads)
    serve_until(stopping, sockets)
    ends_at = time.monotonic() + STOP_WITHIN_SECONDS
    background.begin_to_stop()
    answered = answer_what_was_taken(sockets, within=STOP_WITHIN_SECONDS)
    ended = background.stop(within=max(0.1, ends_at - time.monotonic()))
    checkpoints.stop()
    if answered:
        close(server)
    database.close()
    log.info("stopped", pid=os.getpid(), outcome="all answered" if answered else "out of time")
    if not (answered and ended):
        _leave()


def _created(app: WSGIApplication, address: Address, sockets: dict[int, Any], *, threads: int) -> Any:
    # Its warnings about queued requests would be lines of another format.
    logging.getLogger("waitress").setLevel(logging.ERROR)
    return create_server(
        app,
        map=sockets,
        host=address.host,
        port=address.port,
        threads=threads,
        ident=None,
        # Larger than the app's own limit, so that the app refuses large bodies: waitress's refusal would be no page inside
        # Salesforce. What exceeds the overflow goes into a file, so memory stays bounded.
        max_request_body_size=1024 * 1024,
        inbuf_overflow=256 * 1024,
        channel_timeout=30,
        backlog=1024,
        connection_limit=1024,
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=False,
    )


def _leave() -> None:
    """End the process without waiting for its threads."""
    # A call under way may take longer than we have; its lease is released, so its outcome would be ignored anyway.
    sys.stderr.flush()
    os._exit(0)

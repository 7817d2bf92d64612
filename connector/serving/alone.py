"""Run the one process of a SQLite deployment: waitress, the background work, and a graceful stop."""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import Any

from waitress.server import create_server

from connector import settle
from connector.app import create_app
from connector.services import Services
from connector.serving.channels import use_channels
from connector.serving.port import wait_for_port
from connector.serving.stopping import Stopping, answer_what_was_taken, close, serve_until
from connector.store.schema.migrate import require_schema
from connector.workers.embedded import EmbeddedWorkers
from foundation.database.checkpoints import Checkpoints
from foundation.log import get_logger

log = get_logger()
STOP_WITHIN_SECONDS = 8.0


def serve(services: Services) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        Misconfigured: the schema is of another version, or the address cannot be used; PortTaken.
    """
    require_schema(services.store.database)
    settings = services.settings
    wait_for_port(settings.host, settings.port)
    # Its warnings about queued requests would be lines of another format.
    logging.getLogger("waitress").setLevel(logging.ERROR)
    sockets: dict[int, Any] = {}
    server = create_server(
        create_app(services),
        map=sockets,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
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
    use_channels(sockets)
    settle()
    checkpoints = Checkpoints(services.store.database)
    checkpoints.start()
    workers = EmbeddedWorkers(services)
    workers.start()
    stopping = Stopping()
    stopping.listen()
    log.info("serving", url=settings.public_url, pid=os.getpid(), threads=settings.threads)
    serve_until(stopping, sockets)
    ends_at = time.monotonic() + STOP_WITHIN_SECONDS
    workers.begin_to_stop()
    answered = answer_what_was_taken(sockets, within=STOP_WITHIN_SECONDS)
    ended = workers.stop(within=max(0.1, ends_at - time.monotonic()))
    checkpoints.stop()
    if answered:
        close(server)
    services.store.database.close()
    log.info("stopped", pid=os.getpid(), outcome="all answered" if answered else "out of time")
    if not (answered and ended):
        _leave()


def _leave() -> None:
    """End the process without waiting for its threads."""
    # A call under way may take longer than we have; its lease is released, so its outcome would be ignored anyway.
    sys.stderr.flush()
    os._exit(0)

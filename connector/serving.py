"""Knows how one process serves and stops on SQLite; refuses to start beside an unknown schema."""

from __future__ import annotations

import logging
import os
import signal
from types import FrameType

from waitress.server import create_server

from connector.app import create_app
from connector.errors import Misconfigured
from connector.log import get_logger
from connector.services import Services
from connector.store.migrate import differences
from connector.workers.embedded import EmbeddedWorkers

log = get_logger()
_STOP_WITHIN = 8.0


def serve(services: Services) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        Misconfigured: the schema is not the code's, or the port is taken.
    """
    found = differences(services.store.database)
    if found:
        raise Misconfigured(found)
    settings = services.settings
    logging.getLogger("waitress").setLevel(logging.ERROR)
    try:
        server = create_server(
            create_app(services),
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            ident=None,
            max_request_body_size=256 * 1024,
            channel_timeout=30,
            backlog=1024,
            clear_untrusted_proxy_headers=False,
        )
    except OSError as fault:
        raise Misconfigured([f"port {settings.port} on {settings.host} cannot be used: {fault.strerror}"]) from fault
    workers = EmbeddedWorkers(services)
    workers.start()
    signal.signal(signal.SIGTERM, _stop)
    log.info("serving", url=settings.public_url, pid=os.getpid(), threads=settings.threads)
    server.run()
    workers.stop(within=_STOP_WITHIN)
    services.store.database.close()
    log.info("stopped", pid=os.getpid())


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)

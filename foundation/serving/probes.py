"""Serve probes and scrapes of a worker process beside its work."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from waitress.server import create_server

from foundation.serving.port import wait_for_port

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_THREADS = 2  # a scrape and a probe may come together


def serve_probes(app: WSGIApplication, *, host: str, port: int) -> None:
    """Serve in a daemon thread, which ends with the process: every probe and scrape can be repeated.

    Raises:
        Misconfigured: the address cannot be used; PortTaken.
    """
    wait_for_port(host, port)
    logging.getLogger("waitress").setLevel(logging.ERROR)
    server: Any = create_server(
        app,
        host=host,
        port=port,
        threads=_THREADS,
        ident=None,
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=False,
    )
    threading.Thread(target=server.run, name="metrics", daemon=True).start()

"""Run the worker process of a PostgreSQL deployment, with a small server for probes and scrapes."""

from __future__ import annotations

import logging
import threading
from typing import Any

from waitress.server import create_server

from connector.app import create_worker_app
from connector.services import Services
from connector.serving.port import wait_for_port
from connector.settings import Settings
from connector.workers.distributed import work

_THREADS = 2  # a scrape and a probe may come together


def run_worker(services: Services) -> None:
    """Work until SIGTERM or Ctrl-C.

    Raises:
        Misconfigured: the address of the metrics server cannot be used; PortTaken.
    """
    if services.settings.worker_metrics_port:
        _start_metrics_server(services, services.settings)
    work(services)


def _start_metrics_server(services: Services, settings: Settings) -> None:
    wait_for_port(settings.host, settings.worker_metrics_port)
    logging.getLogger("waitress").setLevel(logging.ERROR)
    server: Any = create_server(
        create_worker_app(services),
        host=settings.host,
        port=settings.worker_metrics_port,
        threads=_THREADS,
        ident=None,
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=False,
    )
    # A daemon, ended with the process: every probe and scrape can be repeated.
    threading.Thread(target=server.run, name="metrics", daemon=True).start()

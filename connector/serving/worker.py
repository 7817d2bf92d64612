"""The worker process of a PostgreSQL deployment, with a small server for probes and scrapes."""

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
        Misconfigured: the address of the door is not ours; PortTaken.
    """
    if services.settings.worker_metrics_port:
        _open_door(services, services.settings)
    work(services)


def _open_door(services: Services, settings: Settings) -> None:
    wait_for_port(settings.host, settings.worker_metrics_port)
    logging.getLogger("waitress").setLevel(logging.ERROR)
    door: Any = create_server(
        create_worker_app(services),
        host=settings.host,
        port=settings.worker_metrics_port,
        threads=_THREADS,
        ident=None,
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=False,
    )
    # It ends with the process: nothing is answered here that could not be asked again.
    threading.Thread(target=door.run, name="door", daemon=True).start()

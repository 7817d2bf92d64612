"""Run the worker process of a PostgreSQL deployment, with a small server for probes and scrapes."""

from __future__ import annotations

from connector.app import create_worker_app
from connector.services import Services
from connector.workers.fleet_worker import work
from foundation.serving.probes import serve_probes


def run_worker(services: Services) -> None:
    """Work until SIGTERM or Ctrl-C.

    Raises:
        Misconfigured: the address of the metrics server cannot be used; PortTaken.
    """
    settings = services.settings
    # Off by default: several workers of one machine would each need a port of their own.
    if settings.worker_metrics_port:
        serve_probes(create_worker_app(services), host=settings.host, port=settings.worker_metrics_port)
    work(services)

"""Run the web processes of a fleet on granian, which share their metrics through a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from foundation import log
from foundation.metrics.folder import claim_slot, create_empty_folder
from foundation.metrics.registry import MetricsRegistry
from foundation.serving.embedded import Address
from foundation.serving.port import wait_for_port

_logger = log.get_logger()
STOP_WITHIN_SECONDS = 8
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own name


def serve_fleet(factory: str, address: Address, *, workers: int, threads: int) -> None:
    """Serve until SIGTERM or Ctrl-C; ``factory`` (module and name) builds the app in each web process.

    Raises:
        Misconfigured: the address cannot be used; PortTaken.
    """
    wait_for_port(address.host, address.port)
    _make_folder(address)
    server = Granian(
        factory,
        factory=True,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        address=address.host,
        port=address.port,
        workers=workers,
        backlog=1024,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN_SECONDS,
    )
    _logger.info("serving", url=address.url, pid=os.getpid(), count=workers, threads=threads)
    try:
        server.serve()
    finally:
        _remove_folder()
    _logger.info("stopped", pid=os.getpid())


def share_counts(registry: MetricsRegistry) -> None:
    """Let this web process count together with the others of its server."""
    folder = os.environ.get(_FOLDER)
    if folder is None:
        return
    try:
        registry.share(Path(folder), claim_slot(Path(folder)))
    except OSError as error:
        _logger.warning("counts_not_shared", error=type(error).__name__, reason=error.strerror)


def _make_folder(address: Address) -> None:
    """Create the folder through which web processes share their metrics."""
    # Without it each process counts for itself: worse metrics, but no reason not to serve.
    os.environ.pop(_FOLDER, None)
    try:
        os.environ[_FOLDER] = str(create_empty_folder(address.host, address.port))
    except OSError as error:
        _logger.warning("counts_not_shared", error=type(error).__name__, reason=error.strerror)


def _remove_folder() -> None:
    if _FOLDER in os.environ:
        shutil.rmtree(os.environ[_FOLDER], ignore_errors=True)

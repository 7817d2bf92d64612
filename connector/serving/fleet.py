"""Run the web processes of a PostgreSQL deployment on granian."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from connector import metrics, settle
from connector.app import LARGEST_BODY, create_app
from connector.configuration import read_configuration
from connector.services import Services, build_services
from connector.serving.gathering import GatheredBodies
from connector.serving.parent import end_with_parent
from connector.serving.port import wait_for_port
from connector.settings import Settings
from connector.store.schema.migrate import require_schema
from foundation import log
from foundation.metrics.folder import claim_slot, create_empty_folder

_logger = log.get_logger()
STOP_WITHIN_SECONDS = 8
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own name


def serve(services: Services) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        Misconfigured: the schema is of another version, or the address cannot be used; PortTaken.
    """
    require_schema(services.store.database)
    services.store.database.close()  # a forked process must not share connections with its parent
    settings = services.settings
    wait_for_port(settings.host, settings.port)
    _make_folder(settings)
    server = Granian(
        "connector.serving.fleet:web_process",
        factory=True,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        address=settings.host,
        port=settings.port,
        workers=settings.web_workers,
        backlog=1024,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN_SECONDS,
    )
    _logger.info(
        "serving", url=settings.public_url, pid=os.getpid(), count=settings.web_workers, threads=settings.threads
    )
    try:
        server.serve()
    finally:
        _remove_folder()
    _logger.info("stopped", pid=os.getpid())


def web_process() -> GatheredBodies:
    """Build the app of one web process; granian calls this in each."""
    end_with_parent()
    settings = read_configuration()
    log.configure(settings.log_level)
    _share_counts()
    app = create_app(build_services(settings))
    settle()
    return GatheredBodies(app, threads=settings.threads, largest=LARGEST_BODY)


def _make_folder(settings: Settings) -> None:
    """Create the folder through which web processes share their metrics."""
    # Without it each process counts for itself: worse metrics, but no reason not to serve.
    os.environ.pop(_FOLDER, None)
    try:
        os.environ[_FOLDER] = str(create_empty_folder(settings.host, settings.port))
    except OSError as error:
        _logger.warning("counts_not_shared", error=type(error).__name__, reason=error.strerror)


def _remove_folder() -> None:
    if _FOLDER in os.environ:
        shutil.rmtree(os.environ[_FOLDER], ignore_errors=True)


def _share_counts() -> None:
    folder = os.environ.get(_FOLDER)
    if folder is None:
        return
    try:
        metrics.registry.share(Path(folder), claim_slot(Path(folder)))
    except OSError as error:
        _logger.warning("counts_not_shared", error=type(error).__name__, reason=error.strerror)

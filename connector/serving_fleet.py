"""Knows how web processes serve and stop on PostgreSQL; refuses to do any work in the background: workers do it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces

from connector import log, settle
from connector.app import create_app
from connector.errors import Misconfigured
from connector.services import Services, build_services
from connector.settings import read_settings
from connector.store.migrate import require_schema

_logger = log.get_logger()
_STOP_WITHIN_SECONDS = 8
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def serve(services: Services) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        Misconfigured: the schema is not the code's, or the port is taken.
    """
    require_schema(services.store.database)
    services.store.database.close()  # the web processes open connections of their own
    settings = services.settings
    _check_port(settings.host, settings.port)
    server = Granian(
        "connector.serving_fleet:web_process",
        factory=True,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        address=settings.host,
        port=settings.port,
        workers=settings.web_workers,
        blocking_threads=settings.threads,
        backlog=1024,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_WITHIN_SECONDS,
    )
    _logger.info(
        "serving", url=settings.public_url, pid=os.getpid(), count=settings.web_workers, threads=settings.threads
    )
    server.serve()
    _logger.info("stopped", pid=os.getpid())


def web_process() -> Flask:
    """Build the app of one web process; granian calls this in each."""
    _end_with_parent()
    settings = read_settings()
    log.configure(settings.log_level)
    app = create_app(build_services(settings))
    settle()
    return app


def _check_port(host: str, port: int) -> None:
    """granian's own words for a taken port are a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError as fault:
            raise Misconfigured([f"port {port} on {host} cannot be used: {fault.strerror}"]) from fault


def _end_with_parent() -> None:
    """A main process that is killed must not leave web processes behind that hold its port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)

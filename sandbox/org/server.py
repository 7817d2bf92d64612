"""The waitress server, its sockets and the checks before the start."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

from waitress.server import create_server  # type: ignore[import-untyped,unused-ignore]

from sandbox.org.app import create_app
from sandbox.org.wire.errors import StartupError

_THREADS = 24
_BACKLOG = 1024


def serve(
    *,
    host: str,
    port: int,
    state_dir: Path,
    canvas_url: str,
    allow_other_hosts: bool,
    packages: Sequence[str] | None = None,
) -> None:
    """Serve until a signal ends the process. Raises StartupError."""
    _check_environment()
    _check_host(host, allow_other_hosts=allow_other_hosts)
    _check_url(canvas_url)
    sockets = _listening(host, port)
    port = sockets[0].getsockname()[1]
    address = f"http://localhost:{port}"
    app = create_app(
        state_dir,
        canvas_url=canvas_url,
        instance_url=address,
        allow_other_hosts=allow_other_hosts,
        packages=packages,
    )
    server = create_server(app, sockets=sockets, threads=_THREADS, backlog=_BACKLOG, connection_limit=1000)
    signal.signal(signal.SIGTERM, _end)
    sys.stdout.write(f"org ready on {address}\n")
    sys.stdout.flush()
    server.run()
    app.extensions["org"].records.close()


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    # waitress ends its threads on SystemExit, and returns.
    raise SystemExit(0)


def _check_environment() -> None:
    if os.environ.get("CHAT2PAY_ENVIRONMENT", "").strip().lower() == "production":
        raise StartupError("CHAT2PAY_ENVIRONMENT is production: a sandbox org has no place there")


def _check_host(host: str, *, allow_other_hosts: bool) -> None:
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError as error:
        raise StartupError(f"--host {host} is not an address") from error
    if not loopback and not allow_other_hosts:
        raise StartupError(f"--host {host} is open to other machines: say --allow-other-hosts if that is meant")


def _check_url(canvas_url: str) -> None:
    parts = urlsplit(canvas_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(sign in canvas_url for sign in " ;,'\""):
        raise StartupError(f"--canvas-url {canvas_url} is not an http address")


def _listening(host: str, port: int) -> list[socket.socket]:
    """Return bound sockets; the loopback gets both families on one port, where there is IPv6."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        first = _bound(family, host="127.0.0.1" if host == "localhost" else host, port=port)
    except OSError as error:
        raise StartupError(f"port {port} of {host} cannot be used: {error.strerror}") from error
    if host not in ("localhost", "127.0.0.1"):
        return [first]
    try:
        return [first, _bound(socket.AF_INET6, host="::1", port=first.getsockname()[1])]
    except OSError:
        # A machine without IPv6 still has a loopback.
        return [first]


def _bound(family: socket.AddressFamily, *, host: str, port: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
        # Two programs may be bound to one port until one of them listens: only now is the port really ours.
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound

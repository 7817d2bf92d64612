"""Start the payment core of a demo: the front on the given port, and the core itself behind it."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from waitress.server import create_server

from sandbox.core.app import create_app
from sandbox.core.core_child import CoreChild
from sandbox.core.errors import UnsafeSurroundings

LOOPBACKS = ("127.0.0.1", "::1")
THREADS = 24


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8020, show_default=True, help="0 takes a free one.")
@click.option("--state", type=click.Path(file_okay=False), required=True, help="Folder that keeps everything.")
@click.option("--host", default=None, help="Listen here instead of 127.0.0.1 and ::1.")
@click.option("--allow-other-hosts", is_flag=True, help="Let --host be reachable from other machines.")
@click.option("--public-url", default=None, help="What links in messages start with.")
@click.option("--database-url", default=None, help="Keep the core on PostgreSQL instead of SQLite in the folder.")
def main(
    port: int, *, state: str, host: str | None, allow_other_hosts: bool, public_url: str | None,
    database_url: str | None,
) -> None:  # fmt: skip
    """Run the payment core of a demo until it is stopped."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # waitress warns about every moment when all threads are busy; under a rehearsal that is normal
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    hosts = LOOPBACKS if host in (None, "localhost") else (str(host),)
    if not allow_other_hosts and not all(_is_loopback(name) for name in hosts):
        _stop("--host leads beyond this machine; add --allow-other-hosts if you mean it.")
    if os.environ.get("CHAT2PAY_ENVIRONMENT", "").strip().lower() == "production":
        _stop("The sandbox does not run beside production settings (CHAT2PAY_ENVIRONMENT=production).")
    try:
        sockets, port = open_sockets(hosts, port)
    except OSError as reason:
        _stop(f"Port {port} cannot be opened: {reason.strerror}.")
    url = (public_url or f"http://localhost:{port}").rstrip("/")
    core = CoreChild(
        Path(state), public_url=url, phones_url=f"http://127.0.0.1:{port}/network", database_url=database_url
    )
    signal.signal(signal.SIGTERM, _leave)
    try:
        app = create_app(state, core_url=core.origin, key=core.key, public_url=url, allow_other_hosts=allow_other_hosts)
        core.start(app.extensions["core"].is_ready)
    except UnsafeSurroundings as reason:
        _stop(str(reason))
    server = create_server(
        app, sockets=sockets, threads=THREADS, connection_limit=500, asyncore_use_poll=True, ident=None
    )
    core.watch(on_end=lambda: os.kill(os.getpid(), signal.SIGTERM))
    click.echo(f"core ready on http://localhost:{port}")
    sys.stdout.flush()
    try:
        server.run()
    finally:
        core.stop()


def open_sockets(hosts: tuple[str, ...], port: int) -> tuple[list[socket.socket], int]:
    """Bind every host to one port (the same for all, if 0 was asked) and return that port."""
    sockets: list[socket.socket] = []
    for host in hosts:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            sockets.append(_bound(family, host, port=port))
        except OSError as reason:
            # a machine without IPv6 still has a working 127.0.0.1
            if not sockets or reason.errno == errno.EADDRINUSE:
                raise
        port = sockets[0].getsockname()[1]
    return sockets, port


def _bound(family: socket.AddressFamily, host: str, *, port: int) -> socket.socket:
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        door.bind((host, port))
    except OSError:
        door.close()
        raise
    return door


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _stop(why: str) -> NoReturn:
    click.echo(why, err=True)
    sys.exit(2)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()

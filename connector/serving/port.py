"""Waiting for the port while the process before this one still gives it up."""

from __future__ import annotations

import errno
import socket
import time

from connector.errors import Misconfigured, PortTaken

# A server that was told to stop answers what it took for eight seconds at most.
_WAIT_SECONDS = 15.0
_LOOK_SECONDS = 0.1


def wait_for_port(host: str, port: int, *, within: float = _WAIT_SECONDS) -> None:
    """Return when nobody listens on this address any more; the server's own words for a taken port are a traceback.

    Raises:
        PortTaken: somebody still listens there after ``within`` seconds.
        Misconfigured: this machine has no such address, or we may not listen on it.
    """
    ends_at = time.monotonic() + within
    while (error := _refusal(host, port)) is not None:
        if error.errno != errno.EADDRINUSE:
            raise Misconfigured([f"port {port} on {host} cannot be used: {error.strerror}"]) from error
        if time.monotonic() > ends_at:
            raise PortTaken(host, port) from error
        time.sleep(_LOOK_SECONDS)


def _refusal(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        # As the servers do: a connection that lingers in TIME_WAIT is no reason to wait.
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError as error:
            return error
    return None

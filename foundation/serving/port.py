"""Wait for the port while the previous process still releases it."""

from __future__ import annotations

import errno
import socket
import time

from foundation.errors import Misconfigured, PortTaken

# A server that stops answers its open requests for eight seconds at most.
_WAIT_SECONDS = 15.0
_POLL_SECONDS = 0.1


def wait_for_port(host: str, port: int, *, within: float = _WAIT_SECONDS) -> None:
    """Return when no process listens on this address any more.

    Raises:
        PortTaken: a process still listens there after ``within`` seconds.
        Misconfigured: this machine has no such address, or we may not listen on it.
    """
    # Checked before the server starts: its own error for a taken port is a traceback.
    ends_at = time.monotonic() + within
    while (error := _refusal(host, port)) is not None:
        if error.errno != errno.EADDRINUSE:
            raise Misconfigured([f"port {port} on {host} cannot be used: {error.strerror}"]) from error
        if time.monotonic() > ends_at:
            raise PortTaken(host, port) from error
        time.sleep(_POLL_SECONDS)


def _refusal(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the servers do: a connection in TIME_WAIT is no reason to wait.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None

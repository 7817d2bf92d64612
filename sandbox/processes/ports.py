"""Which ports are free on this machine."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterable, Iterator

from sandbox.processes.errors import RefusedToStart

# Below what systems hand out by themselves: between the choice and its use no connection and no server that leaves its port
# to the system can get it.
_CHOSEN_FROM = range(20_000, 32_000)
_LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def refuse_busy(ports: dict[str, int]) -> None:
    """Raise RefusedToStart, naming every port that is taken or asked for twice."""
    if len(set(ports.values())) < len(ports):
        raise RefusedToStart("Give the connector, the org and the core three different ports.")
    busy = [name for name, port in ports.items() if _is_busy(port)]
    if busy:
        named = " and ".join(str(ports[name]) for name in busy)
        options = " and ".join(f"--{name}-port" for name in busy)
        subject = f"Port {named} is" if len(busy) == 1 else f"Ports {named} are"
        raise RefusedToStart(f"{subject} in use: stop what listens there, or choose another with {options}.")


def _is_busy(port: int) -> bool:
    return any(_cannot_bind(family, host, port) for family, host in _LOOPBACKS)


def _cannot_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As the servers do: a connection that lingers in TIME_WAIT is no reason to refuse.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((host, port))
    except OSError:
        # A machine without IPv6 still has a working 127.0.0.1.
        return family == socket.AF_INET or _has_ipv6()
    return False


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def free_port() -> int:
    """Return a free port, as ``free_ports`` does."""
    return free_ports(["one"])["one"]


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """Return a free port for each name; while this process lives, nobody else is given one of them."""
    return {name: next(port for port in _at_random() if _take(port)) for name in names}


def _take(port: int) -> bool:
    """Take a port for as long as this process lives; False where somebody uses it, or another process was given it."""
    # Its number in UDP, which no server of ours listens by: the system itself gives it to one process only, whatever another
    # chose at the same moment, and takes it back when the process ends, however it does.
    mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        mark.bind(("127.0.0.1", port))
    except OSError:
        mark.close()
        return False
    if _is_busy(port):
        mark.close()
        return False
    mark.detach()  # stays open
    return True


def _at_random() -> Iterator[int]:
    while True:
        yield secrets.choice(_CHOSEN_FROM)


def free_or_other_ports(wanted: dict[str, int]) -> dict[str, int]:
    """Return the wanted ports if all are free, and others if one is not."""
    return free_ports(wanted) if any(_is_busy(port) for port in wanted.values()) else wanted


def accepts_connections(port: int) -> bool:
    """Say whether anything accepts a connection on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False

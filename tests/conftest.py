"""What holds for every test: no network beyond this machine, a warning is an error, the same examples every time."""

from __future__ import annotations

import gc
import ipaddress
import logging
import os
import socket
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from foundation import log
from tests.databases.empty_databases import database_url, fast_folder, migrated, migrated_postgres
from tests.databases.postgres import cluster, postgres_url
from tests.peers.demo_core import migrated_core
from tests.suite import both_databases, measuring
from tests.suite.compiled_once import compile_once
from tests.suite.held_locks import locks_watched
from tests.suite.kept_engines import share_statements_of_files
from tests.suite.longest_first import longest_first
from tests.suite.read_once import read_my_share

__all__ = ["cluster", "database_url", "fast_folder", "migrated", "migrated_core", "migrated_postgres", "postgres_url"]

# The outcome is that of the code, never that of chance or of a machine that does other things as well.
settings.register_profile(
    "steady",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")
# Nor of which modules others have imported: their constants are tried as examples, and to read all of them takes seconds.
pytest.MonkeyPatch().setattr(providers, "is_local_module_file", lambda _file: False)
compile_once()
share_statements_of_files()


# How the reason of a skip begins that is said once more at the end, so that nobody takes skipped tests for passed ones.
NOT_RUN = "NOT RUN:"


# Searches for garbage took a sixth of the tests' time with Python's own 700, 10 and 10.
_SEARCHES = (20_000, 20, 20)


class NetworkRefused(RuntimeError):
    """A test tried to leave this machine. No OSError, so that no product code takes it for a peer's fault."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "error")
    config.addinivalue_line("markers", both_databases.MARKER)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        measuring.prepare()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once what this machine could not run, whichever worker found it out."""
    reasons = {one.longrepr[2].removeprefix("Skipped: ") for one in terminalreporter.stats.get("skipped", ())}
    for reason in sorted(reasons):
        if reason.startswith(NOT_RUN):
            terminalreporter.write_line(reason)


def pytest_collection(session: pytest.Session) -> None:
    """Let each of several processes read other files first: what one has compiled is kept for the rest."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker and session.config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        read_my_share(int(worker.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only repeats itself, and begin with what takes longest: nobody is left alone with it at the end."""
    if repeated := both_databases.repeated_on_postgresql(items):
        config.hook.pytest_deselected(items=repeated)
        left_out = set(repeated)
        items[:] = [one for one in items if one not in left_out]
    if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
        items[:] = longest_first(items, workers)


def pytest_collection_finish() -> None:
    """Leave out of every later search for garbage what lives until the end: fourteen thousand tests and all modules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SEARCHES)


def pytest_unconfigure() -> None:
    """Write down what this process has reached, after everything that tests share is closed."""
    measuring.write()


@pytest.fixture(autouse=True)
def every_log_line() -> Iterator[None]:
    """Let each test begin as a process without `log.configure`, which a command may have called in this one.

    All our lines are written, and what libraries log is none of them.
    """
    root = logging.getLogger()
    root.handlers[:] = [one for one in root.handlers if type(one).__module__ != log.__name__]
    with patch.object(log, "_threshold", logging.NOTSET):
        yield


@pytest.fixture(scope="session", autouse=True)
def order_locks() -> Iterator[None]:
    """Let no test pass in which a request changes without its order's lock."""
    with locks_watched():
        yield


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every connection and every name look-up that is not for loopback, in all threads.

    No audit hook does it: one in Python is entered whenever a thread begins to be traced, and lets another begin meanwhile,
    which Python 3.11 refuses. So threads died under coverage, now and then.
    """
    look_up, connect, connect_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex

    def looking_up(host: Any, *args: Any, **options: Any) -> Any:
        _only_loopback(host)
        return look_up(host, *args, **options)

    def connecting(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple):
            _only_loopback(address[0])
        connect(self, address)

    def connecting_ex(self: socket.socket, address: Any) -> int:
        if isinstance(address, tuple):
            _only_loopback(address[0])
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", looking_up)
        patch.setattr(socket.socket, "connect", connecting)
        patch.setattr(socket.socket, "connect_ex", connecting_ex)
        yield


def _only_loopback(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    try:
        fine = ipaddress.ip_address(name.split("%")[0]).is_loopback or name in ("0.0.0.0", "::")
    except ValueError:
        fine = name == "localhost" or name.endswith(".localhost")
    if not fine:
        raise NetworkRefused(f"tests do not leave this machine: {name}")

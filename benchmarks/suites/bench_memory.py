"""P12: the memory of an idle connector and of an idle payment core."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.goals import Figure, figure
from benchmarks.harness import core_setup, setup
from benchmarks.harness.postgres import postgres
from benchmarks.harness.rounds import Bench, open_side
from benchmarks.harness.servers import ROOT, Server, bytecode_environment
from sandbox.processes.ports import free_port

_SERVE = [sys.executable, "-m", "connector.cli", "serve"]
_SERVE_CORE = [sys.executable, "-m", "payment_core.cli", "serve"]
_FLASK_MODULES = "waitress.server, benchmarks.apps.wsgi"
_SERVED_MODULES = ("connector.cli, connector.serving.alone, connector.commands.serve", _FLASK_MODULES)
_CORE_MODULES = ("payment_core.cli, payment_core.serving.alone, payment_core.commands.serve", _FLASK_MODULES)


def idle_memory(bench: Bench) -> Iterator[Figure]:
    """Measure the resident memory of idle servers."""
    for modules in _SERVED_MODULES:
        # A process that compiles what it imports keeps the compiler's memory: compile first.
        _import_once(bench, modules)
    flask = open_side(bench, "noop", kind="waitress", clients=1)
    url, port = f"sqlite:///{bench.folder}/idle.db", free_port()
    setup.prepare_database(url)
    product = Server(_SERVE, port=port, env=setup.environment(url, port=port), folder=bench.folder)
    try:
        product.wait("/health/ready")
        time.sleep(1.0)
        product_kib, flask_kib = _resident_kib(product.process.pid), _resident_kib(flask.server.process.pid)
    finally:
        product.stop()
        flask.close()
    if not bench.quick:
        yield from _fleet(bench, flask_kib)
    note = f"{product_kib / 1024:.0f} MiB / {flask_kib / 1024:.0f} MiB"
    yield figure("P12.memory", [product_kib / flask_kib], server="waitress", note=note)


def core_idle_memory(bench: Bench) -> Iterator[Figure]:
    """Measure the resident memory of an idle payment core, as `chat2pay-core serve` runs it."""
    for modules in _CORE_MODULES:
        _import_once(bench, modules)
    flask = open_side(bench, "noop", kind="waitress", clients=1)
    port = free_port()
    database = core_setup.prepare_core(f"sqlite:///{bench.folder}/idle-core.db")
    core = Server(_SERVE_CORE, port=port, env=database.environment(port), folder=bench.folder)
    try:
        core.wait("/health/ready")
        time.sleep(1.0)
        core_kib, flask_kib = _resident_kib(core.process.pid), _resident_kib(flask.server.process.pid)
    finally:
        core.stop()
        flask.close()
    note = f"{core_kib / 1024:.0f} MiB / {flask_kib / 1024:.0f} MiB"
    yield figure("P12.core", [core_kib / flask_kib], server="waitress", note=note)


def _fleet(bench: Bench, flask_kib: int) -> Iterator[Figure]:
    with postgres() as fresh:
        if fresh is None:
            return
        url, port = fresh(), free_port()
        setup.prepare_database(url)
        env = {**setup.environment(url, port=port), "CHAT2PAY_WEB_WORKERS": "1"}
        product = Server(_SERVE, port=port, env=env, folder=bench.folder)
        try:
            product.wait("/health/ready")
            children = Path(f"/proc/{product.process.pid}/task/{product.process.pid}/children").read_text().split()
            worker_kib = max(_resident_kib(int(child)) for child in children)
        finally:
            product.stop()
    note = f"{worker_kib / 1024:.0f} MiB in its first web process"
    yield figure("P12.fleet", [worker_kib / flask_kib], server="granian", note=note)


def _import_once(bench: Bench, modules: str) -> None:
    env = {**bytecode_environment(bench.folder), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", f"import {modules}"], cwd=ROOT, env=env, check=True)


def _resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

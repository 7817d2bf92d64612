"""Knows what the product weighs before it does anything: P12."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.goals import Figure, figure
from benchmarks.harness import setup
from benchmarks.harness.rounds import Bench, open_side
from benchmarks.harness.servers import ROOT, Server, bytecode_environment, cores, free_port
from benchmarks.suites.bench_fleet import postgres

_IMPORT = "import time; a = time.process_time(); import {0}; print(time.process_time() - a)"


def idle_memory(bench: Bench) -> Iterator[Figure]:
    """Measure imports in fresh processes, and resident memory of idle servers."""
    tries = 5 if bench.quick else 9
    for modules in (
        "connector.cli, connector.serving.alone, connector.commands.serve",
        "waitress.server, benchmarks.apps.wsgi",
    ):
        _import_seconds(bench, modules)  # compiled once, so that no server carries a compiler's leftovers
    pairs = [(_import_seconds(bench, "connector.app"), _import_seconds(bench, "flask")) for _ in range(tries + 1)][1:]
    note = f"{min(ours for ours, _ in pairs) * 1000:.0f} ms / {min(other for _, other in pairs) * 1000:.0f} ms"
    # The shortest of several: an import does the same work every time, and whatever made one longer was not it.
    shortest = min(ours for ours, _ in pairs) / min(other for _, other in pairs)
    yield figure("P12.import", [shortest], server="none", note=note)
    flask = open_side(bench, "noop", kind="waitress", clients=1)
    url, port = f"sqlite:///{bench.folder}/idle.db", free_port()
    setup.prepare_database(url)
    product = Server(
        [sys.executable, "-m", "connector.cli", "serve"],
        port=port,
        env=setup.environment(url, port=port),
        folder=bench.folder,
    )
    try:
        product.wait("/health/ready")
        time.sleep(1.0)
        ours, other = _resident_kib(product.process.pid), _resident_kib(flask.server.process.pid)
    finally:
        product.stop()
        flask.close()
    if not bench.quick:
        yield from _fleet(bench, other)
    yield figure(
        "P12.memory", [ours / other], server="waitress", note=f"{ours / 1024:.0f} MiB / {other / 1024:.0f} MiB"
    )


def _fleet(bench: Bench, other: int) -> Iterator[Figure]:
    with postgres() as fresh:
        if fresh is None:
            return
        url, port = fresh(), free_port()
        setup.prepare_database(url)
        arguments = [sys.executable, "-m", "connector.cli", "serve"]
        env = {**setup.environment(url, port=port), "CHAT2PAY_WEB_WORKERS": "1"}
        product = Server(arguments, port=port, env=env, folder=bench.folder)
        try:
            product.wait("/health/ready")
            children = Path(f"/proc/{product.process.pid}/task/{product.process.pid}/children").read_text().split()
            ours = max(_resident_kib(int(child)) for child in children)
        finally:
            product.stop()
    yield figure("P12.fleet", [ours / other], server="granian", note=f"{ours / 1024:.0f} MiB in its first web process")


def _import_seconds(bench: Bench, module: str) -> float:
    server = cores()[0]
    found = subprocess.run(
        ["taskset", "-c", ",".join(map(str, server)), sys.executable, "-c", _IMPORT.format(module)],
        cwd=ROOT,
        env={**bytecode_environment(bench.folder), "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(found.stdout)


def _resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

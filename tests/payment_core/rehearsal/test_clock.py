"""The time that a rehearsal's processes share."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from foundation.clock import utc_now
from payment_core.demo.clocks.file_clock import FileClock
from sandbox.payment_rehearsal.clock import SharedClock
from tests.faults.fleet import ROOT

_AHEAD = timedelta(days=60)
_MOVES = """
import sys
from pathlib import Path
from sandbox.payment_rehearsal.clock import SharedClock
clock = SharedClock(Path(sys.argv[1]))
clock.advance(float(sys.argv[2]))
print("ahead", flush=True)
for _ in range(300_000):
    clock.advance(0.000001)
"""


def test_time_that_another_process_moves_never_runs_back(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    command = [sys.executable, "-c", _MOVES, str(path), str(_AHEAD.total_seconds())]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as moving:
        assert moving.stdout is not None
        assert moving.stdout.readline() == "ahead\n"
        clock, seen = FileClock(path), 0
        while moving.poll() is None:
            for _ in range(1000):
                before = utc_now()
                assert clock() >= before + _AHEAD
                seen += 1
    assert (moving.returncode, seen > 0) == (0, True)


def test_a_process_reads_the_time_that_the_rehearsal_moved_to(tmp_path: Path) -> None:
    shared = SharedClock(tmp_path / "clock")
    clock = FileClock(shared.path)
    shared.advance(3600)
    assert abs(clock() - shared()) < timedelta(seconds=60)
    assert clock() > utc_now() + timedelta(minutes=59)

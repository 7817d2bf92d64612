"""Knows that a small rehearsal, run as an admin runs it, proves what it promises; the large ones are run by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

# Without those whose healing takes minutes by design: an org's used-up allowance is left alone for one.
FAULTS = (
    "drop_callbacks,duplicate_callbacks,reorder_callbacks,delay,drop_answers,"
    "latency,locked_rows,expire_tokens,http_503,forged,false_ends,wrong_bindings,odd_bodies,kill"
)


def rehearse(*options: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "sandbox.rehearsal", *options, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert done.stdout, done.stderr
    return done.returncode, {**json.loads(done.stdout), "told": done.stderr}


def test_a_small_rehearsal_loses_nothing_and_shows_nothing_wrong() -> None:
    code, outcome = rehearse("--callbacks", "200", "--faults", FAULTS, "--seed", "7", "--settle", "200")
    assert (outcome["lost"], outcome["wrong"]) == (0, 0), outcome["differences"]
    assert code == 0
    assert outcome["kills"] > 0
    assert outcome["sent"] >= 200
    assert outcome["applied"] > 0
    assert outcome["duplicates"] > 0
    assert outcome["stale"] > 0
    assert outcome["forged"] > 0


@pytest.mark.parametrize(("faults", "says"), [("earthquake", "earthquake"), ("", "no fault is named"), (",", "none")])
def test_an_unknown_fault_is_wrong_use_and_named(faults: str, says: str) -> None:
    command = [sys.executable, "-m", "sandbox.rehearsal", "--faults", faults]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert says in done.stderr

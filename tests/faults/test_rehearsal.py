"""A small rehearsal, run as an admin runs it, proves what it promises; the large ones are run by hand."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import Any

import pytest

# Without those that take minutes by design to recover from: an org's used-up allowance is left alone for one.
FAULTS = (
    "drop_callbacks,duplicate_callbacks,reorder_callbacks,delay,drop_answers,"
    "latency,locked_rows,expire_tokens,http_503,forged,false_ends,wrong_bindings,odd_bodies,kill"
)


def rehearse(*options: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "sandbox.rehearsal", *options, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_small_rehearsal_loses_nothing_and_shows_nothing_wrong() -> None:
    # A server that is killed just before its call leaves a send in doubt for the five minutes that a link may live.
    code, outcome = rehearse("--callbacks", "200", "--faults", FAULTS, "--seed", "7", "--settle", "500")
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


SHOWN = """
from sandbox.rehearsal.progress import Status, open_progress
progress = open_progress()
with progress.show(lambda: Status("wave 1 of 2", sent=3, callbacks=60, kills=1)):
    progress.say("started: [8] orders")
"""


def shown_on_terminal(**changes: str) -> str:
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment |= {"TERM": "xterm-256color", "COLUMNS": "120"} | changes
    subprocess.run([sys.executable, "-c", SHOWN], stderr=theirs, env=environment, check=True, timeout=60)
    os.close(theirs)
    parts = []
    try:
        while part := os.read(ours, 65536):
            parts.append(part)
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(ours)
    return b"".join(parts).decode()


def test_a_terminal_shows_how_far_the_rehearsal_is() -> None:
    shown = shown_on_terminal()
    assert "started: [8] orders" in shown
    assert "3/60" in shown
    assert "1 kills" in shown
    assert shown.endswith("\x1b[2K")  # the bar is wiped away


@pytest.mark.parametrize("changes", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_escape_codes_gets_lines_alone(changes: dict[str, str]) -> None:
    assert shown_on_terminal(**changes) == "started: [8] orders\r\n"


def test_a_pipe_gets_lines_alone() -> None:
    environment = os.environ | {"FORCE_COLOR": "1"}
    done = subprocess.run([sys.executable, "-c", SHOWN], capture_output=True, env=environment, check=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"", b"started: [8] orders\n")

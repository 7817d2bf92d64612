"""A small rehearsal, run as an operator runs it, proves what it promises; the large ones are run by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.faults.fleet import ROOT


def test_a_small_rehearsal_charges_nothing_twice_and_reports_everything() -> None:
    command = [sys.executable, "-m", "payment_core", "rehearse"]
    options = ["--payments", "14", "--faults", "all", "--kill-every", "4", "--seed", "7", "--json"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    assert done.stdout, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["differences"] == [], outcome
    assert done.returncode == 0
    assert outcome["kills"] > 0
    assert outcome["outages"] == 1
    assert outcome["charged"] > 7
    assert outcome["payments"] >= 14


def test_an_unknown_fault_is_wrong_use_and_named() -> None:
    command = [sys.executable, "-m", "payment_core", "rehearse", "--faults", "earthquake"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, "earthquake" in done.stderr) == (2, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_early_and_it_says_what_it_proved_so_far(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "payment_core", "rehearse", "--payments", "10"]
    pipe = subprocess.PIPE
    # Where the suite runs in the background of a shell, it is started deaf to Ctrl-C, and so would be what it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as running:
        signal.signal(signal.SIGINT, before)
        assert running.stderr is not None
        assert "rehearsal of 10 payments" in running.stderr.readline()
        if number is signal.SIGINT:  # as a terminal does: to every process of its group
            os.killpg(running.pid, number)
        else:  # as a service manager does: to the command that it started
            running.send_signal(number)
        said, why = running.communicate(timeout=300)
    assert running.returncode == 1
    assert said, why
    assert said.splitlines()[-1] == "ended early; of the payments of whole waves: NOT proven"

"""No two tests are given the same port, also where they run in processes of their own, and no server listens there yet."""

from __future__ import annotations

import itertools
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.processes import ports

ROOT = Path(__file__).parents[3]
# The lowest first, where chance would choose, and each of them twice: whoever asks next would get the same.
LOWEST_FIRST = "places = itertools.count(); secrets.choice = lambda some: some[next(places) // 2]"


def test_a_port_is_given_once_while_whoever_has_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    places = itertools.count()
    monkeypatch.setattr(secrets, "choice", lambda some: some[next(places) // 2])
    mine = [ports.free_port(), *ports.free_ports(["one", "other"]).values()]
    assert len(set(mine)) == 3
    code = f"import itertools, secrets; from sandbox.processes import ports; {LOWEST_FIRST}; print(ports.free_port())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) not in mine

"""The commands as a person types them, each in a process of its own, while a server runs on the same SQLite file."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.factories import CALLBACK_KEY, basic
from tests.journeys.world import World
from tests.operating.conftest import orphan
from tests.processes.command_environment import command_environment
from tests.processes.forkserver import run_command

ROOT = Path(__file__).parents[3]
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens
# One process that answers and works: on PostgreSQL a worker does the work, and tests/faults has the fleet.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def _lonely(world: World) -> None:
    """Let the tenant's peers be on this machine, where nobody answers; news is believed without a question."""
    world.tenant(
        salesforce={"host_url": NOWHERE, "client_id": "client", "frame_origins": [NOWHERE]},
        core={"base_url": NOWHERE, "application": "app-uuid", "environment": "SANDBOX", "confirm": False},
    )


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@pytest.fixture
def env(database_url: str, port: int) -> dict[str, str]:
    return command_environment(database_url, CHAT2PAY_PORT=str(port))


@pytest.fixture
def run(env: dict[str, str]) -> Run:
    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run_command(arguments, env | more)

    return run


@pytest.fixture
def seeded(world: World) -> World:
    """One orphan whose payment is known by now."""
    orphan(world)
    _lonely(world)
    return world


@pytest.fixture
def server(seeded: World, env: dict[str, str], port: int, tmp_path: Path) -> Iterator[str]:
    """A server process on the seeded file; yields its address."""
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "server.log").open("wb") as log:
        inner = subprocess.Popen([sys.executable, "-m", "connector.cli", "serve"], env=env, cwd=ROOT, stderr=log)
        try:
            ends_at = time.monotonic() + 60
            while not _answers(url):
                assert inner.poll() is None, (tmp_path / "server.log").read_text()[-2000:]
                assert time.monotonic() < ends_at
                time.sleep(0.05)
            yield url
        finally:
            inner.terminate()
            inner.wait(60)


def _asked(url: str, *, data: bytes | None = None) -> tuple[int, str]:
    """Ask past ``responses``, which holds every session of this process: a real server is asked."""
    headers = basic() if data is not None else {}
    with urlopen(Request(url, data=data, headers=headers), timeout=60) as answer:
        return answer.status, answer.read().decode()


def _answers(url: str) -> bool:
    try:
        return _asked(f"{url}/health/ready")[0] == 200
    except OSError:
        return False


def _listed(run: Run, *options: str) -> list[dict[str, Any]]:
    done = run("inbox", "list", "--json", *options)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_an_operator_heals_an_orphan_and_puts_the_inbox_away_while_the_server_runs(
    server: str, seeded: World, run: Run, tmp_path: Path
) -> None:
    (entry,) = _listed(run, "--verdict", "orphan", "--since", "3h")
    assert (entry["state"], entry["kind"], entry["tenant"]) == ("buried", "transaction-status", "acme")
    digest = entry["digest"][:12]

    shown = run("inbox", "show", digest)
    assert shown.returncode == 0, shown.stderr
    assert "…4567" in shown.stdout
    assert "27831234567" not in shown.stdout
    assert "link-0001" in shown.stdout

    before = seeded.rows("inbox")
    dry = run("inbox", "replay", digest, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "orphan → applied" in dry.stdout
    assert "link: sent → opened" in dry.stdout
    assert "Nothing was changed" in dry.stdout
    assert dry.stderr == ""
    assert seeded.rows("inbox") == before

    replayed = run("inbox", "replay", "--since", "3h", "--verdict", "orphan", "--json")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    told = json.loads(replayed.stdout)
    assert (told["brought_back"], told["nobody_running"]) == (1, False)
    assert told["entries"][0] | {"reason": None} == {
        "digest": digest,
        "state": "done",
        "verdict": "applied",
        "reason": None,
    }

    assert _asked(f"{server}/callbacks/{CALLBACK_KEY}/payment-status", data=b"junk")[0] == 200
    file = tmp_path / "old.gz"
    archived = run("inbox", "archive", "--keep-days", "0", "--to", str(file), "--json")
    assert archived.returncode == 0, archived.stderr
    assert json.loads(archived.stdout)["written"] in (1, 2)  # the junk may be buried by now
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        assert entry["digest"] in [json.loads(line)["digest"] for line in lines]
    assert entry["digest"] not in [row["digest"].hex() for row in seeded.rows("inbox")]


def test_small_intents_pass_beside_a_server_and_a_second_server_does_not(server: str, seeded: World, run: Run) -> None:
    disabled = run("tenant", "disable", "acme")
    assert disabled.returncode == 0, disabled.stderr
    assert seeded.row("tenants")["disabled"] is True
    for command in (("serve",), ("db", "upgrade")):
        second = run(*command)
        assert second.returncode == 2
        assert "SQLite has one server" in second.stderr
    _, scraped = _asked(f"{server}/metrics")
    assert 'chat2pay_inbox_entries{state="buried",verdict="orphan"} 1.0' in scraped


def test_a_replay_says_that_nobody_is_running(seeded: World, run: Run) -> None:
    name = seeded.row("inbox")["digest"].hex()
    done = run("inbox", "replay", name, "--wait", "0.5")
    assert done.returncode == 1
    assert "Nobody seems to be running" in done.stderr
    assert seeded.row("inbox")["state"] == "postponed"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("inbox", "replay"), "Name entries by DIGEST, or a range with --since"),
        (("inbox", "show", "0123456789abcdef"), "No entry starts with 0123456789abcdef"),
        (("inbox", "list", "--since", "yesterday"), "Write a time as"),
        (("inbox", "list", "--tenant", "acmee"), "There is no tenant"),
        (("inbox", "list", "--since", "1d", "--until", "2d"), "--until is not later than --since"),
        (("inbox", "replay", "--since", "7d", "--tenant", "acmee"), "There is no tenant"),
    ],
)
def test_wrong_use_exits_with_2_and_a_sentence(
    world: World, run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_deployment_without_tenants_has_nothing_to_reconcile(run: Run) -> None:
    done = run("reconcile")
    assert (done.returncode, done.stdout.strip()) == (0, "Nothing to reconcile.")
    named = run("reconcile", "--tenant", "acme")
    assert (named.returncode, "There is no tenant" in named.stderr) == (2, True)


def test_a_missing_database_is_not_made_by_looking(run: Run, tmp_path: Path) -> None:
    done = run("inbox", "list", CHAT2PAY_DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}")
    assert done.returncode == 2
    assert "chat2pay db upgrade" in done.stderr
    assert not (tmp_path / "none.db").exists()

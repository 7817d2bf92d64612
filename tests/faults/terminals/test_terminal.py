"""What is printed survives every terminal: one that knows few letters, one that is closed, a pipe that nobody reads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from connector.services import build_services
from connector.store.schema.migrate import upgrade
from foundation.database.database import Database
from foundation.secret import Secret
from sandbox.processes.ports import free_port
from tests.factories import make_settings, make_tenant
from tests.faults.fleet import ROOT, until
from tests.processes.forkserver import fork_command

KEY = "k" * 43 + "="
COMMANDS = (
    "--help",
    "--version",
    "keys",
    "db check",
    "tenant list",
    "tenant show acme",
    "tenant show nobody",
    "tenant map acme",
    "tenant add --help",
    "tenant map --help",
    "rotate-key --help",
    "rotate-key callback --help",
    "rotate-key api --help",
    "secrets rotate --check",
    "inbox list",
    "inbox show 123",
    "inbox replay --help",
    "doctor",
    "reconcile --help",
    "serve --help",
    "no-such-command",
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with a tenant whose name not every alphabet can write."""
    made = f"sqlite:///{tmp_path_factory.mktemp('terminal')}/c2p.db"
    database = Database(made)
    upgrade(database)
    database.close()
    services = build_services(make_settings(made, encryption_keys=(Secret(KEY),)))
    services.store.tenants.add(make_tenant(name="Łódź “Müller” → 商店"), now=services.now())
    services.store.database.close()
    return made


def environment(url: str, **changes: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CHAT2PAY_", "LC_", "PYTHONUTF8", "PYTHONUNBUFFERED"))
    }
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "CHAT2PAY_ENVIRONMENT": "demo",
        "CHAT2PAY_DATABASE_URL": url,
        "CHAT2PAY_ENCRYPTION_KEYS": KEY,
        "CHAT2PAY_LAUNCH_KEYS": "a-launch-key-of-at-least-32-characters",
        "CHAT2PAY_PUBLIC_URL": "http://127.0.0.1:9",
    } | changes  # fmt: skip


def fork(env: dict[str, str], arguments: str, out: int, err: Path) -> int:
    """Run a command with nothing to read and return its exit code."""
    with Path(os.devnull).open("rb") as nothing, err.open("wb") as complaints:
        return fork_command(arguments.split(), env, [nothing.fileno(), out, complaints.fileno()]).wait(120)


def run_all(env: dict[str, str], folder: Path) -> dict[str, tuple[int, bytes]]:
    """Run every command; return its exit code and all that it printed."""
    ended = {}
    for number, one in enumerate(COMMANDS):
        out, err = folder / f"{number}.out", folder / f"{number}.err"
        with out.open("wb") as stream:
            code = fork(env, one, stream.fileno(), err)
        ended[one] = (code, out.read_bytes() + err.read_bytes())
    return ended


@pytest.mark.parametrize(
    ("changes", "encoding"),
    [
        ({"PYTHONIOENCODING": "latin-1"}, "latin-1"),
        ({"PYTHONIOENCODING": "ascii"}, "ascii"),
        ({"LC_ALL": "C"}, "ascii"),
    ],
    ids=["Latin-1", "ASCII", "the C locale"],
)
def test_a_terminal_that_knows_few_letters_gets_those_it_knows(
    url: str, changes: dict[str, str], encoding: str, told: dict[str, tuple[int, bytes]], tmp_path: Path
) -> None:
    for arguments, (code, said) in run_all(environment(url, **changes), tmp_path).items():
        assert b"Traceback" not in said, said
        assert code == told[arguments][0], arguments
        said.decode(encoding)


@pytest.fixture(scope="module")
def told(url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, bytes]]:
    """What every command says to a terminal that can show it."""
    return run_all(environment(url, PYTHONIOENCODING="utf-8"), tmp_path_factory.mktemp("told"))


def test_names_are_shown_as_far_as_they_can_be(url: str, tmp_path: Path) -> None:
    shown = {}
    for encoding in ("utf-8", "latin-1", "ascii"):
        with (tmp_path / encoding).open("w+b") as out:
            fork(environment(url, PYTHONIOENCODING=encoding), "tenant list", out.fileno(), tmp_path / "err")
            shown[encoding] = (tmp_path / encoding).read_text(encoding)
    assert "Łódź “Müller” → 商店" in shown["utf-8"]
    assert '?ód? "Müller" -> ??' in shown["latin-1"]
    assert '??d? "M?ller" -> ??' in shown["ascii"]


def test_a_pipe_that_nobody_reads_is_no_traceback(url: str, tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    for number, arguments in enumerate(COMMANDS):
        err = tmp_path / f"{number}.err"
        code = fork(environment(url), arguments, writes, err)
        said = err.read_bytes()
        assert (b"Traceback" in said, b"Exception ignored" in said) == (False, False), (arguments, said)
        assert code in (1, 2), arguments
    os.close(writes)


@pytest.mark.parametrize("arguments", ["keys", "tenant list", "--help"])
def test_a_full_disk_is_told_where_it_can_be(url: str, arguments: str, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        code = fork(environment(url), arguments, full.fileno(), tmp_path / "err")
    assert code == 1
    assert (tmp_path / "err").read_text().strip() == "A file or an address cannot be used: No space left on device"


def test_the_end_of_the_interpreter_adds_no_word_about_a_full_disk(url: str) -> None:
    """It writes what is left by itself once more, where that is not taken from it."""
    command = [sys.executable, "-m", "connector.cli", "keys"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, env=environment(url), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=120, check=False
        )
    said = b"A file or an address cannot be used: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, said)


@pytest.mark.parametrize("arguments", ["tenant list", "tenant show nobody", "doctor --json"])
def test_a_terminal_that_is_closed_changes_no_exit_code(url: str, arguments: str, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        open_ones = fork(environment(url), arguments, out.fileno(), tmp_path / "err")
    command = f"{sys.executable} -m connector.cli {arguments} >&- 2>&- <&-"
    closed = subprocess.run(command, shell=True, env=environment(url), cwd=ROOT, timeout=120, check=False)
    assert closed.returncode == open_ones


def test_an_argument_in_another_encoding_is_a_sentence(url: str) -> None:
    command = [sys.executable.encode(), b"-m", b"connector.cli", b"tenant", b"show", b"M\xfcller"]
    done = subprocess.run(
        command, env=environment(url, LC_ALL="C"), cwd=ROOT, capture_output=True, timeout=120, check=False
    )  # fmt: skip
    assert (done.returncode, b"Traceback" in done.stderr) == (2, False)
    assert b"set LANG to C.UTF-8" in done.stderr


def test_a_server_whose_log_nobody_reads_serves_on(url: str) -> None:
    reads, writes = os.pipe()
    port = free_port()
    env = environment(url, CHAT2PAY_PORT=str(port), PYTHONIOENCODING="ascii")
    command = [sys.executable, "-m", "connector.cli", "serve"]
    server = subprocess.Popen(command, env=env, cwd=ROOT, stdout=writes, stderr=writes)
    os.close(writes)
    try:
        first = os.read(reads, 1)
        os.close(reads)
        assert first == b"{"
        until(lambda: _answers(port), within=60, what="serving")
        for _ in range(20):
            assert _answers(port)
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    finally:
        server.kill()
        server.wait()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=10).status_code == 200
    except requests.RequestException:
        return False

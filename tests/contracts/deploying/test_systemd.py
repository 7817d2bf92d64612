"""The units for systemd, and the command beside them: the product's own commands, secrets for them alone, a way back up."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest

from connector.cli import main
from connector.settings import TABLE
from connector.workers import fleet_worker
from foundation.serving import fleet

DEPLOY = Path(__file__).parents[3] / "manifests" / "deploy"
UNITS = {name: DEPLOY / f"{name}.service" for name in ("chat2pay", "chat2pay-worker")}


def unit(name: str) -> dict[str, list[str]]:
    """Return what a unit sets, by section and name, in its order."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in UNITS[name].read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


@pytest.mark.parametrize(("name", "command"), [("chat2pay", "serve"), ("chat2pay-worker", "worker")])
def test_a_unit_runs_one_of_the_products_commands(name: str, command: str) -> None:
    assert unit(name)["Service.ExecStart"] == [f"/opt/chat2pay/bin/chat2pay {command}"]
    assert main.get_command(click.Context(main), command) is not None


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_begins_anew_except_after_what_only_a_person_mends(name: str) -> None:
    told = unit(name)
    assert told["Service.Restart"] == ["always"]
    assert told["Service.RestartPreventExitStatus"] == ["2"]
    assert told["Unit.StartLimitIntervalSec"] == ["0"]
    assert int(told["Service.TimeoutStopSec"][0]) > fleet.STOP_WITHIN_SECONDS + 5
    assert int(told["Service.TimeoutStopSec"][0]) > fleet_worker.STOP_WITHIN_SECONDS + 5


@pytest.mark.parametrize("name", UNITS)
def test_a_units_secrets_are_credentials_that_settings_name(name: str) -> None:
    told = unit(name)
    loaded = dict(one.split(":", 1) for one in told["Service.LoadCredential"])
    named = dict(one.split("=", 1) for one in told["Service.Environment"])
    assert loaded == {key: f"/etc/chat2pay/secrets/{key}" for key in loaded}
    plain = {"CHAT2PAY_WORKER_METRICS_PORT": "8001"} if name == "chat2pay-worker" else {}
    assert named == plain | {f"CHAT2PAY_{key.upper()}_FILE": f"%d/{key}" for key in loaded}
    secret = {row.name for row in TABLE if row.secret}
    assert {f"CHAT2PAY_{key.upper()}" for key in loaded} <= secret
    assert {"encryption_keys", "launch_keys"} <= set(loaded)


def test_both_units_are_closed_in_the_same_way() -> None:
    differing = {"Unit.Description", "Service.ExecStart", "Service.LoadCredential", "Service.Environment"}
    one, other = unit("chat2pay"), unit("chat2pay-worker")
    assert {key: value for key, value in one.items() if key not in differing} == {
        key: value for key, value in other.items() if key not in differing
    }
    for key, value in {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "CapabilityBoundingSet": ""}.items():
        assert one[f"Service.{key}"] == [value]


@pytest.mark.parametrize("name", UNITS)
def test_systemd_has_nothing_against_a_unit(name: str, tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not on this machine")
    copy = tmp_path / UNITS[name].name
    copy.write_text(UNITS[name].read_text().replace("/opt/chat2pay/bin/chat2pay", sys.executable))
    done = subprocess.run([tool, "verify", "--man=no", copy], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user may look into, which pytest's own are not."""
    with TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_a_command_runs_with_the_settings_and_secrets_of_the_service(folder: Path) -> None:
    """By the real ``setpriv`` where tests run as root; where they do not, what it would run is run."""
    (folder / "etc/secrets").mkdir(parents=True)
    (folder / "etc/chat2pay.env").write_text(
        '# a comment\n\nCHAT2PAY_PUBLIC_URL=https://c2p.acme.example/?a=$b&c\nCHAT2PAY_LOG_LEVEL="debug"\nPATH=/nowhere'
    )
    (folder / "etc/secrets/encryption_keys").write_text("new=,\nold=\n")
    (folder / "etc/secrets/launch_keys").write_text("launch\n")
    shown = folder / "command"
    shown.write_text('#!/bin/sh\nid -un; pwd; umask; env | grep "^CHAT2PAY_[A-Z]*_[KUL]" | sort; echo "$@"\n')
    shown.chmod(0o755)
    really = os.geteuid() == 0 and shutil.which("setpriv") is not None
    user = "nobody" if really else getpass.getuser()
    environment = {
        "CHAT2PAY_ETC": str(folder / "etc"), "CHAT2PAY_HOME": "/", "CHAT2PAY_COMMAND": str(shown),
        "CHAT2PAY_USER": user, "PATH": os.environ["PATH"],
    }  # fmt: skip
    if not really:
        (folder / "setpriv").write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n')
        (folder / "setpriv").chmod(0o755)
        environment |= {"PATH": f"{folder}:{environment['PATH']}"}
    done = subprocess.run(
        [DEPLOY / "chat2pay-as-service", "tenant", "add", "--name", "two words"],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        user, "/", "0077",
        "CHAT2PAY_ENCRYPTION_KEYS=new=,old=", "CHAT2PAY_LAUNCH_KEYS=launch", "CHAT2PAY_LOG_LEVEL=debug",
        "CHAT2PAY_PUBLIC_URL=https://c2p.acme.example/?a=$b&c",
        "tenant add --name two words",
    ]  # fmt: skip

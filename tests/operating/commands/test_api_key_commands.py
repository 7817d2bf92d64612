"""The commands for API keys, as a person types them: a key is shown once, lists hold none, and rotation has an overlap."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.journeys.world import World
from tests.processes.command_environment import command_environment
from tests.processes.forkserver import run_command

ROOT = Path(__file__).parents[3]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(world: World, database_url: str) -> Run:
    env = command_environment(database_url)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_command(arguments, env)

    return run


def made(run: Run, *arguments: str) -> dict[str, str]:
    ran = run("rotate-key", "api", "acme", "--name", "Apex", "--json", *arguments)
    assert ran.returncode == 0, ran.stderr
    told: dict[str, str] = json.loads(ran.stdout)
    return told


def status_with(world: World, key: str) -> int:
    return world.client.get("/api/payment-requests", headers={"Authorization": f"Bearer {key}"}).status_code


def test_a_key_is_made_shown_once_and_listed_without_its_text(world: World, run: Run) -> None:
    told = made(run, "--scopes", "read,flow")
    assert told["key"].startswith("c2p_api_")
    world.clock.at = world.services.store.api_keys.of_tenant("acme")[0].created_at
    assert status_with(world, told["key"]) == 200
    for form in ((), ("--json",)):
        shown = run("tenant", "show", "acme", *form)
        assert shown.returncode == 0, shown.stderr
        assert told["key_id"] in shown.stdout
        assert "flow,read" in shown.stdout
        assert told["key"] not in shown.stdout
    (row,) = json.loads(shown.stdout)["api_keys"]
    assert (row["name"], row["valid"]) == ("Apex", True)
    assert "--finish" not in told["note"], "there is no older key to end"


def test_an_older_key_stays_valid_until_it_is_finished(world: World, run: Run) -> None:
    first = made(run, "--scopes", "read")
    second = made(run)
    assert "--finish" in second["note"]
    keys = world.services.store.api_keys.of_tenant("acme")
    world.clock.at = keys[0].created_at
    assert (second["scopes"], [status_with(world, one["key"]) for one in (first, second)]) == ("read", [200, 200])
    assert keys[1].expires_at is not None
    assert (keys[1].expires_at - keys[0].created_at).total_seconds() == 24 * 3600
    finished = made(run, "--finish")
    assert finished["ended"] == first["key_id"]
    assert [status_with(world, one["key"]) for one in (first, second)] == [401, 200]
    assert made(run, "--revoke")["ended"] == second["key_id"]
    assert status_with(world, second["key"]) == 401


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_keys_overlap_and_last_for_as_long_as_is_said(world: World, run: Run) -> None:
    made(run, "--scopes", "read")
    told = made(run, "--overlap", "1", "--lasts", "2")
    new, old = world.services.store.api_keys.of_tenant("acme")
    assert new.expires_at is not None
    assert old.expires_at is not None
    assert (new.expires_at - new.created_at, old.expires_at - new.created_at) == (timedelta(days=2), timedelta(hours=1))
    assert told["ends"][:16] == f"{new.expires_at:%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_person_reads_the_key_the_once(world: World, run: Run) -> None:
    said = run("rotate-key", "api", "acme", "--name", "Apex", "--scopes", "read").stdout
    (key,) = [line.split()[1] for line in said.splitlines() if line.startswith("key ")]
    (kept,) = world.services.store.api_keys.of_tenant("acme")
    world.clock.at = kept.created_at
    assert (status_with(world, key), kept.key_id in said) == (200, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("acme", "--name", "Apex"), "say its scopes"),
        (("acme", "--name", "Apex", "--scopes", "read,everything"), "no scope everything"),
        (("nobody", "--name", "Apex", "--scopes", "read"), "no tenant nobody"),
        (("acme", "--scopes", "read"), "--name"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_says_why(run: Run, arguments: tuple[str, ...], says: str) -> None:
    ran = run("rotate-key", "api", *arguments)
    assert ran.returncode == 2
    assert says in ran.stderr

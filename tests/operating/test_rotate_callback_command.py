"""``chat2pay rotate-key callback`` as an operator types it: which of the two secrets, proof or address, it changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from connector.journeys.connecting.rotate_callback_address import keys_of
from tests.journeys.world import World
from tests.processes.command_environment import command_environment
from tests.processes.forkserver import run_command

# What is kept is the same on both databases; here each command is a process of its own.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PROOF, ADDRESS, FINISH = (), ("--address",), ("--finish", "--yes")


@pytest.fixture
def run(world: World, database_url: str) -> Callable[..., str]:
    world.services.store.database.close()
    env = command_environment(database_url)

    def typed(*options: str) -> str:
        ended = run_command(["rotate-key", "callback", "acme", *options], env, given="")
        assert ended.returncode == 0, ended.stderr
        return str(ended.stdout)

    return typed


def counting(world: World) -> tuple[int, int]:
    """How many proofs, and how many addresses, are good now."""
    return len(world.acme.core.proofs), len(keys_of(world.acme.core))


@pytest.mark.parametrize(
    ("begun", "typed", "left"),
    [
        pytest.param([], PROOF, (2, 1), id="a proof, as the tenant has one"),
        pytest.param([], ADDRESS, (1, 2), id="the addresses, as it was said"),
        pytest.param([PROOF], FINISH, (1, 1), id="the end of a proof"),
        pytest.param([ADDRESS], FINISH, (1, 1), id="the end of the addresses"),
        pytest.param([ADDRESS], ("--undo",), (1, 1), id="the addresses taken back"),
        pytest.param([ADDRESS, PROOF], FINISH, (1, 2), id="of both the proof"),
        pytest.param([PROOF, ADDRESS], ("--address", *FINISH), (2, 1), id="of both the addresses, as it was said"),
    ],
)
def test_changes_what_was_said_or_begun_and_leaves_the_other_alone(
    world: World, run: Callable[..., Any], begun: list[tuple[str, ...]], typed: tuple[str, ...], left: tuple[int, int]
) -> None:
    for options in begun:
        run(*options)
    run(*typed)
    assert counting(world) == left


@pytest.mark.parametrize("typed", [PROOF, ADDRESS, ("--proof", "hmac"), ("--proof", "none")])
def test_says_how_it_is_ended_once_the_portal_has_it(
    world: World, run: Callable[..., str], typed: tuple[str, ...]
) -> None:
    said = run(*typed)
    command = said[said.index("`chat2pay ") :].split("`")[1].split()
    assert command[:4] == ["chat2pay", "rotate-key", "callback", "acme"]
    run(*command[4:], "--yes")
    assert counting(world) == (1, 1)


@pytest.mark.parametrize(
    ("begun", "typed", "words"),
    [
        pytest.param([], PROOF, ["It is shown this once. The old proof counts as well.", "Basic password"], id="proof"),
        pytest.param([], ADDRESS, ["The old addresses are good as well.", "Payment Status URL"], id="addresses"),
        pytest.param(
            [],
            ("--proof", "none"),
            ["Callbacks need no proof now", "only a reason to ask the payment core", "the only secret"],
            id="no proof any more",
        ),
        pytest.param(
            [("--proof", "none"), FINISH],
            ("--proof", "basic"),
            ["Callbacks without a proof count as well.", "Basic password"],
            id="a proof again",
        ),
        pytest.param([PROOF], FINISH, ["The old proof counts no more"], id="finished"),
        pytest.param([ADDRESS], ("--undo",), ["The new addresses counts no more"], id="taken back"),
    ],
)
def test_a_person_is_told_what_counts_now(
    run: Callable[..., str], begun: list[tuple[str, ...]], typed: tuple[str, ...], words: list[str]
) -> None:
    for options in begun:
        run(*options)
    said = run(*typed)
    assert [one for one in words if one not in said] == []


def test_a_script_is_told_the_step_and_only_what_is_new(run: Callable[..., str]) -> None:
    begun = json.loads(run(*ADDRESS, "--json"))
    assert (begun["tenant"], begun["step"], "/callbacks/" in begun["payment_status_url"]) == ("acme", "begin", True)
    assert json.loads(run(*ADDRESS, *FINISH, "--json")) == {"tenant": "acme", "step": "finish"}
    assert json.loads(run("--json")).keys() == {"tenant", "step", "callback_user", "callback_password"}
    assert json.loads(run("--undo", "--json")) == {"tenant": "acme", "step": "undo"}


@pytest.mark.parametrize("options", [("--proof", "hmac"), ("--secret-file", "-")])
def test_the_addresses_and_a_proof_are_not_changed_at_once(world: World, database_url: str, options: Any) -> None:
    env = command_environment(database_url)
    ended = run_command(["rotate-key", "callback", "acme", "--address", *options], env, given="whsec_x")
    assert (ended.returncode, "one change at a time" in ended.stderr) == (2, True)
    assert counting(world) == (1, 1)


@pytest.mark.parametrize("begun", [PROOF, ADDRESS])
def test_nothing_is_dropped_before_a_person_has_said_yes(world: World, run: Any, database_url: str, begun: Any) -> None:
    run(*begun)
    both = counting(world)
    env = command_environment(database_url)
    ended = run_command(["rotate-key", "callback", "acme", *begun, "--finish"], env, given="n\n")
    assert (ended.returncode, counting(world)) == (2, both)

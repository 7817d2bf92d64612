"""``chat2pay tenant news`` as an operator types it: shows what is on, and switches only what is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.world import World
from tests.processes.command_environment import command_environment
from tests.processes.forkserver import run_command

# What is kept is the same on both databases; here each command is a process of its own.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def run(world: World, database_url: str) -> Callable[..., Any]:
    world.services.store.database.close()
    env = command_environment(database_url)
    return lambda *arguments: run_command(["tenant", "news", *arguments], env, given="")


def test_bells_are_on_and_events_off_until_somebody_says_otherwise(world: World, run: Callable[..., Any]) -> None:
    assert run("acme").stdout.split("\n")[:2] == ["bells: on", "events: off"]
    assert run("acme", "--events").stdout.split("\n")[:2] == ["bells: on", "events: on"]
    assert run("acme", "--no-bells").stdout.split("\n")[:2] == ["bells: off", "events: on"]
    assert run("acme", "--payments").stdout.split("\n")[2] == "payments: on"
    assert world.acme.policy.order_payments
    assert (world.acme.policy.notifications, world.acme.policy.payment_events) == (False, True)
    missing = run("nobody")
    assert missing.returncode != 0
    assert "There is no tenant nobody" in missing.stderr

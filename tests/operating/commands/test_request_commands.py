"""`chat2pay request` and `inbox show` as a person types them: what is decided, what is refused, what is told."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.journeys.world import World
from tests.processes.command_environment import command_environment
from tests.processes.forkserver import run_command

ROOT = Path(__file__).parents[3]
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens
REASON = ("--reason", "The core has been down since noon", "--by", "Naledi")
# What is typed, and what a body holds, are the same on both.
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(database_url: str) -> Run:
    env = command_environment(database_url)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_command(arguments, env)

    return run


@pytest.fixture
def unknown(world: World) -> str:
    """A request that blocks its order, and a core that nobody reaches any more. Returns our reference."""
    world.clock.at = datetime.now(UTC)  # a command goes by the real one
    world.core.lose_requests = True
    reference: str = world.send(world.open(world.order())).json["reference"]
    world.tenant(core={"base_url": NOWHERE, "application": "app-uuid", "environment": "SANDBOX", "confirm": True})
    return reference


def test_an_operator_releases_an_order(world: World, run: Run, unknown: str) -> None:
    done = run("request", "release", unknown, *REASON)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Released: another link can be sent")
    assert '"event": "request_released"' in done.stderr
    row = world.row("payment_requests")
    assert (row["live"], row["link"], row["handled_by_name"]) == (False, "unknown", "Naledi")
    (line,) = [one for one in world.rows("payment_events") if one["event"] == "released"]
    assert (line["person"], line["note"]) == ("Naledi", REASON[1])
    again = run("request", "release", unknown, *REASON, "--json")
    assert (again.returncode, json.loads(again.stdout)["outcome"]) == (0, "already_ended")


def test_nothing_is_corrected_without_the_cores_record(world: World, run: Run, unknown: str) -> None:
    before = world.row("payment_requests")
    done = run("request", "correct", unknown, *REASON, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (
        1, {"reference": unknown, "outcome": "core_unreachable", "changes": {}},
    )  # fmt: skip
    assert world.row("payment_requests") == before


@on_one_database
@pytest.mark.parametrize("verb", ["release", "correct"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("c2p_nobodys", "--reason", "x"), "There is no payment request of this reference"),
        (("c2p_nobodys",), "Missing option '--reason'"),
        (("c2p_nobodys", "--reason", "  "), "Use 1 to 200 characters"),
        (("c2p_nobodys", "--reason", "x" * 201), "Use 1 to 200 characters"),
        (("c2p_nobodys", "--reason", "one\ttwo"), "in one line"),
        (("c2p_nobodys", "--reason", "x", "--by", "y" * 121), "Use 1 to 120 characters"),
        (("c2p_nobodys", "--reason", "4111 1111 1111 1111"), "looks like a card number"),
        (("c2p_nobodys", "--reason", "x", "--tenant", "acmee"), "There is no tenant"),
    ],
)
def test_wrong_use_exits_with_2_and_a_sentence(
    world: World, run: Run, verb: str, arguments: tuple[str, ...], sentence: str
) -> None:
    done = run("request", verb, *arguments)
    assert (done.returncode, sentence in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr
    assert "4111" not in done.stderr


@on_one_database
def test_an_entry_that_cannot_be_read_shows_every_name_in_it(world: World, run: Run) -> None:
    body = (
        "{'paymentLinkRef': '5b0e0c5e-1111-2222-3333-444455556666', 'orderNumber': '00000102', 'x': 'c2p_abc c2p_def'"
    )
    world.callback(body.encode())
    world.drain()
    digest = world.row("inbox")["digest"].hex()
    (listed,) = json.loads(run("inbox", "list", "--json").stdout)
    assert (listed["verdict"], listed["reference"], listed["link_reference"]) == (
        "unreadable", "c2p_abc", "5b0e0c5e-1111-2222-3333-444455556666",
    )  # fmt: skip
    shown = json.loads(run("inbox", "show", digest, "--json").stdout)
    assert shown["names"] == {
        "references": ["c2p_abc", "c2p_def"],
        "link_references": ["5b0e0c5e-1111-2222-3333-444455556666"],
        "order_numbers": ["00000102"],
    }
    told = run("inbox", "show", digest).stdout
    assert "c2p_abc, c2p_def" in told


@on_one_database
def test_a_list_of_entries_that_is_cut_says_how_many_it_leaves_out(world: World, run: Run) -> None:
    for number in range(3):
        world.callback(f"unreadable {number}".encode())
    assert run("inbox", "list", "--limit", "1").stderr == "… and 2 more; --limit shows them.\n"
    assert run("inbox", "list", "--limit", "3").stderr == ""

"""``chat2pay inbox replay`` as scripts read it: its exit code, what is foreseen, and what was left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from connector.cli import main
from connector.store.inbox import inbox_claim
from connector.store.schema.tables import inbox
from foundation.database.lease import Lease
from tests.journeys.world import World
from tests.operating.conftest import early_news, orphan

# What is brought back is the same on both databases (test_replay); here it is what the command says of it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Run = Callable[..., Result]


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, beside a server that drains as soon as it is woken."""
    monkeypatch.setattr("connector.commands.inbox.replay.open_shared", lambda **_: world.services)
    monkeypatch.setattr(world.services.work, "inbox_changed", world.drain)
    return lambda *arguments: CliRunner().invoke(main, ["inbox", "replay", *arguments])


def of_nobody(world: World) -> str:
    """Let news come that no replay can apply; return its digest."""
    before = {row["digest"] for row in world.rows("inbox")}
    world.callback(early_news(world) | {"paymentLinkRef": "link-of-nobody"}, kind="transaction-status")
    world.clock.pass_by(minutes=61)
    world.drain()
    (digest,) = {row["digest"] for row in world.rows("inbox")} - before
    return str(digest.hex())


def told(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_it_ends_with_0_only_when_all_that_was_chosen_is_applied(world: World, run: Run) -> None:
    orphan(world)
    applied = world.row("inbox")["digest"].hex()
    of_nobody(world)
    both = run("--since", "7d", "--json")
    assert (both.exit_code, told(both)["chosen"], told(both)["brought_back"]) == (1, 2, 2)
    assert sorted(one["state"] for one in told(both)["entries"]) == ["buried", "done"]
    assert run(applied).exit_code == 0
    assert run("--since", "7d", "--wait", "0").exit_code == 0, "who does not wait is promised nothing"


def test_what_is_drained_just_now_is_left_alone_and_said(world: World, run: Run) -> None:
    orphan(world)
    applied = world.row("inbox")["digest"].hex()
    world.callback(early_news(world) | {"paymentLinkRef": "link-of-nobody"}, kind="transaction-status")
    world.clock.pass_by(minutes=61)  # it waited for its request, and is due again
    lease = Lease("other.1", world.clock() + timedelta(minutes=1))
    with world.services.store.write() as work:
        (held,) = inbox_claim.claim(work, now=world.clock(), lease=lease, most=5)
    result = run(applied, held.digest.hex())
    assert result.exit_code == 1
    assert "1 of them are being drained just now and were left alone." in result.stderr


def test_a_dry_run_is_read_by_scripts_with_numbers_as_numbers(world: World, run: Run) -> None:
    orphan(world)
    digest, unknown = world.row("inbox")["digest"].hex(), of_nobody(world)
    found = told(run(digest, unknown, "--dry-run", "--json"))
    assert (found["dry_run"], found["links_asked_about"]) == (True, 0)
    first, second = found["entries"]
    assert (first["verdict"], first["would_be"], first["core_asked"]) == ("orphan", "applied", False)
    changes = {one["field"]: (one["before"], one["after"]) for one in first["differences"]}
    assert changes["link"] == ("sent", "opened")
    before = world.row("orders")["version"]
    assert changes["version"] == (before, before + 1)
    assert (second["would_be"], second["differences"]) == ("orphan", [])
    text = run(unknown, "--dry-run").stdout
    assert "no field would change" in text
    assert "asked for its record of 0 payment link(s)" in text


def test_a_dry_run_says_of_an_entry_that_nobody_can_read_that_it_was_not_read(world: World, run: Run) -> None:
    world.callback(b"never JSON")
    world.drain()
    digest = world.row("inbox")["digest"].hex()
    (row,) = told(run(digest, "--dry-run", "--json"))["entries"]
    assert (row["would_be"], row["differences"], row["reason"]) == (
        None, [], "not read: a tenant that is not here, or a body that says nothing we understand",
    )  # fmt: skip
    assert "not read" in run(digest, "--dry-run").stdout


def test_a_name_and_a_range_together_are_wrong_use(world: World, run: Run) -> None:
    orphan(world)
    digest = world.row("inbox")["digest"].hex()
    for arguments, sentence in (
        ((digest, "--since", "1d"), "one of the two"),
        ((digest, "--verdict", "orphan"), "go with --since"),
        ((digest[:7],), "is not a digest"),
        (("--since", "2026-11-01T00:00:00Z", "--until", "2026-11-01T00:00:00Z"), "nothing can lie between"),
    ):
        refused = run(*arguments)
        assert (refused.exit_code, sentence in refused.stderr) == (2, True), refused.stderr


def test_a_beginning_that_two_entries_have_names_neither(world: World, run: Run) -> None:
    for body in (b"one", b"two"):
        world.callback(body)
    world.drain()
    with world.services.store.database.write() as connection:
        for number, row in enumerate(world.rows("inbox")):
            mine = inbox.c.digest == row["digest"]
            connection.execute(update(inbox).where(mine).values(digest=bytes([0xAB] * 31 + [number])))
    refused = run("ab" * 6)
    assert (refused.exit_code, "Several entries start with abab" in refused.stderr) == (2, True), refused.stderr
    assert {row["state"] for row in world.rows("inbox")} == {"buried"}

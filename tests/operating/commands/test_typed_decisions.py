"""What `chat2pay reconcile` names, and `chat2pay request` then decides: told in words, as JSON and by the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from connector.cli import main
from connector.store.schema.tables import payment_requests
from tests.journeys.world import World

# What is decided is the same on both databases (tests/journeys/amending); here it is what the commands say of it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REASON = ("--reason", "Compared with the portal", "--by", "Naledi")
Run = Callable[..., Result]


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, on the world's own services and by its clock."""
    for module in ("request", "reconcile", "forget"):
        monkeypatch.setattr(f"connector.commands.{module}.open_shared", lambda: world.services)
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


@pytest.fixture
def link(world: World) -> dict[str, Any]:
    return world.sent(world.open(world.order()))


@pytest.fixture
def reference(link: dict[str, Any]) -> str:
    return str(link["additionalData"]["reference"])


def believed(world: World, **changes: Any) -> None:
    """What an older version believed without the core's record."""
    with world.services.store.database.write() as connection:
        connection.execute(update(payment_requests).values(**changes))


def test_what_reconcile_cannot_explain_is_named_with_its_why_and_ends_with_1(
    world: World, run: Run, reference: str
) -> None:
    healthy = run("reconcile")
    assert (healthy.exit_code, reference in healthy.stdout) == (0, False)
    believed(world, link="cancelled", live=False, closed_at=world.clock(), finished_at=world.clock())
    named = run("reconcile", "--since", "1d")
    assert named.exit_code == 1
    assert (
        f"acme: {reference} needs a look: we have it as closed, and the payment core's record as a link that can still be paid."
        in named.stdout
    )
    (report,) = json.loads(run("reconcile", "--tenant", "acme", "--json").stdout)
    assert (report["tenant"], report["unexplained"], report["unreachable"]) == ("acme", [reference], [])


@pytest.mark.parametrize(("hours", "compared"), [(47, 1), (49, 0)])
def test_what_ended_is_compared_for_two_days_where_no_time_is_given(
    world: World, run: Run, reference: str, hours: int, compared: int
) -> None:
    believed(world, link="expired", live=False, closed_at=world.clock(), finished_at=world.clock())
    world.clock.pass_by(hours=hours)
    (report,) = json.loads(run("reconcile", "--json").stdout)
    assert report["requests"] == compared


def test_what_the_core_could_not_be_asked_about_ends_with_1(world: World, run: Run, reference: str) -> None:
    world.core.mute = True
    named = run("reconcile")
    assert (named.exit_code, f"acme: {reference} needs a look" in named.stdout) == (1, True)


def test_a_correction_shows_each_fact_before_and_after(world: World, run: Run, reference: str) -> None:
    believed(world, link="opened", money="paid", live=False, captured=Decimal("115.00"))
    done = run("request", "correct", reference, *REASON)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "Corrected. The running server writes it to Salesforce.",
        "status    paid → sent",
        "live      no → yes",
        "captured  115.00 → 0.00",
    ]
    again = run("request", "correct", reference, *REASON)
    assert (again.exit_code, again.stdout) == (0, "The payment core's record says the same; nothing was changed.\n")


def test_a_script_reads_the_same_changes(world: World, run: Run, reference: str) -> None:
    believed(world, link="cancelled", live=False)
    told = json.loads(run("request", "correct", reference, *REASON, "--json").stdout)
    assert told == {
        "reference": reference, "outcome": "corrected",
        "changes": {"status": ["cancelled", "sent"], "live": ["no", "yes"]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("mute", "The payment core could not be asked; nothing was changed."),
        ("not_found", "The payment core has no record of this request; nothing was changed."),
    ],
)
def test_a_correction_that_cannot_be_made_ends_with_1(
    world: World, run: Run, reference: str, how: str, sentence: str
) -> None:
    believed(world, link="cancelled", live=False)
    setattr(world.core, how, True)
    world.core.hides = True
    refused = run("request", "correct", reference, *REASON)
    assert (refused.exit_code, refused.stdout.strip()) == (1, sentence)


def test_a_release_that_comes_too_early_says_when_it_can_be_made(world: World, run: Run, reference: str) -> None:
    world.core.mute = True
    told = json.loads(run("request", "release", reference, *REASON, "--json").stdout)
    assert (told["reference"], told["outcome"]) == (reference, "too_early")
    assert datetime.fromisoformat(told["not_before"]) > world.clock()
    early = run("request", "release", reference, *REASON)
    assert (early.exit_code, early.stdout) == (
        1, f"Its link may still be in use. It can be released at {told['not_before']}.\n",
    )  # fmt: skip
    assert world.row("payment_requests")["live"] is True


def test_what_may_still_be_paid_is_not_released(world: World, run: Run, reference: str, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_REVIEW")
    world.core.mute = True
    world.clock.pass_by(minutes=14)
    refused = run("request", "release", reference, *REASON)
    assert (refused.exit_code, "cancel it instead" in refused.stdout) == (1, True)


def test_what_has_ended_is_said_to_need_no_release(world: World, run: Run, reference: str) -> None:
    believed(world, link="expired", live=False, closed_at=world.clock(), finished_at=world.clock())
    done = run("request", "release", reference, *REASON)
    assert (done.exit_code, done.stdout) == (0, "This request has ended, so nothing had to be released.\n")


def test_a_link_is_not_brought_back_beside_another_live_one(world: World, run: Run, reference: str) -> None:
    believed(world, link="cancelled", live=False, closed_at=world.clock(), finished_at=world.clock())
    world.sent(world.open(world.row("orders")["order_id"]))
    refused = run("request", "correct", reference, *REASON)
    assert (refused.exit_code, "Cancel that one first; nothing was changed." in refused.stdout) == (1, True)


@pytest.mark.parametrize("verb", ["release", "correct", "forget"])
def test_whoever_pushes_is_woken_by_what_was_decided(world: World, run: Run, reference: str, verb: str) -> None:
    believed(world, link="cancelled", live=False, closed_at=world.clock(), finished_at=world.clock())
    world.settle()
    world.services.work.outbox.clear()
    arguments = ("forget", "--order", "0000102", "--yes") if verb == "forget" else ("request", verb, reference, *REASON)
    done = run(*arguments)
    assert (done.exit_code, world.services.work.outbox.is_set()) == (0, True), done.output

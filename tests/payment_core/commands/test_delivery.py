"""`chat2pay-core delivery`, `portal` and `forget` at a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from payment_core.cli import main
from payment_core.services import Core
from payment_core.store import changes
from payment_core.store.deliveries import delivery_list
from payment_core.store.schema.tables import applications, deliveries, merchants
from tests.payment_core.conftest import CUSTOMER
from tests.payment_core.notifying.couriers import queue

Run = Callable[..., Result]
# More than any database's integer holds.
BEYOND = "9" * 24


@pytest.fixture
def run(core: Core, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs a command on this test's core."""
    for name in ("application", "delivery", "portal", "data.forget", "merchant", "reconcile"):
        monkeypatch.setattr(f"payment_core.commands.{name}.open_shared", lambda **_: core)
    return lambda *words, **more: CliRunner().invoke(main, list(words), **more)


@pytest.fixture
def parked(core: Core) -> list[int]:
    """Three notifications that were given up, and one that waits."""
    queue(core, "lane", "ONE", "TWO", "THREE")
    with core.transactions.write() as work:
        work.connection.execute(deliveries.update().values(state="parked", due_at=None))
        ids = [one["id"] for one in delivery_list.listed(work)]
    queue(core, "other", "WAITS")
    return ids


def states(core: Core) -> dict[str, str]:
    with core.transactions.read() as work:
        return {one["event"]: one["state"] for one in delivery_list.listed(work)}


def test_list_names_state_and_answer_and_takes_filters(run: Run, parked: list[int]) -> None:
    listed = run("delivery", "list", "mer_karoo", "--state", "parked")
    assert listed.exit_code == 0, listed.output
    assert [line.split()[4] for line in listed.output.splitlines()[:-1]] == ["ONE", "TWO", "THREE"]
    assert "1 pending, 0 delivered, 3 parked" in listed.output
    cut = run("delivery", "list", "mer_karoo", "--json", "--limit", "1")
    assert [one["event"] for one in json.loads(cut.stdout)["deliveries"]] == ["WAITS"]
    assert cut.stderr == "… and 3 more; --limit shows them.\n"
    of_state = run("delivery", "list", "mer_karoo", "--state", "parked", "--limit", "2")
    assert of_state.stderr == "… and 1 more; --limit shows them.\n", "what the filter leaves out is not left"
    assert listed.stderr == ""
    assert json.loads(run("delivery", "show", "mer_karoo", str(parked[0])).output)["event"] == "ONE"
    for unknown in ("99999", BEYOND):
        shown = run("delivery", "show", "mer_karoo", unknown)
        assert (shown.exit_code, "delivery list" in shown.output) == (1, True)
    assert "0 would be sent again" in run("delivery", "replay", "mer_karoo", f"{BEYOND}-{BEYOND}", "--dry-run").output
    assert "3 would be sent again" in run("delivery", "replay", "mer_karoo", f"1-{BEYOND}", "--dry-run").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["delivery", "replay", "mer_karoo", "9-1"], "begins behind its end"),
        (["application", "set", "mer_karoo"], "A new application needs --name; to change one, give its id"),
        (["application", "set", "mer_karoo", "--name", "Shop"], "--payment-status-url: an enabled application"),
        (["application", "set", "mer_karoo", "mine", "--name", "Shop"], "APPLICATION_ID: must be a UUID"),
        (["application", "enable", "mer_karoo", "mine"], "`application list` names all"),
    ],
)
def test_what_is_lacking_or_wrong_is_named_as_it_is_given(run: Run, words: list[str], said: str) -> None:
    refused = run(*words)
    assert refused.exit_code != 0
    assert said in " ".join(refused.output.split())


@pytest.mark.parametrize(
    "words",
    [
        ["delivery", "list", "nobody"],
        ["delivery", "show", "nobody", "1"],
        ["delivery", "replay", "nobody", "1", "--dry-run"],
        ["merchant", "show", "nobody"],
        ["merchant", "key", "add", "nobody", "--name", "shop"],
        ["merchant", "key", "revoke", "nobody", "key_1"],
        ["reconcile", "--merchant", "nobody"],
        ["forget", "nobody", "--payer", "003", "--yes"],
    ],
    ids=" ".join,
)
def test_a_merchant_that_is_not_there_is_said_to_be_none_and_all_are_named_by_a_list(
    run: Run, words: list[str]
) -> None:
    refused = run(*words)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "There is no merchant of this id: `chat2pay-core merchant list` shows all." in refused.stderr


@pytest.mark.parametrize("words", [["merchant", "list"], ["reconcile"]])
def test_where_there_is_no_merchant_yet_the_way_to_one_is_said(run: Run, core: Core, words: list[str]) -> None:
    with core.transactions.write() as work:
        for table in (applications, merchants):
            work.connection.execute(table.delete())
    done = run(*words)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "`chat2pay-core merchant add`" in done.stderr


@pytest.mark.parametrize(
    ("which", "again"),
    [
        (lambda ids: [str(ids[1])], {"TWO"}),
        (lambda ids: [f"{ids[0]}-{ids[1]}"], {"ONE", "TWO"}),
        (lambda _: ["--since", "2026-11-28T11:00"], {"ONE", "TWO", "THREE"}),
        (lambda _: ["--since", "2026-11-28T13:00"], set()),
        (lambda _: ["--state", "delivered"], set()),
    ],
)
def test_replay_takes_one_a_range_or_all_since(
    core: Core, run: Run, parked: list[int], which: Callable[[list[int]], list[str]], again: set[str]
) -> None:
    words = ["delivery", "replay", "mer_karoo", *which(parked)]
    tried = run(*words, "--dry-run")
    assert tried.output.startswith(f"{len(again)} would"), tried.output
    assert list(states(core).values()).count("parked") == 3, "a dry run changes nothing"
    said = run(*words).output
    assert said.startswith(f"{len(again)} are queued")
    assert ("the running server sends them" in said) is bool(again), "nothing is sent where nothing is queued"
    assert {event for event, state in states(core).items() if state == "pending"} == again | {"WAITS"}
    with core.transactions.read() as work:
        counts = work.connection.execute(select(deliveries.c.event, deliveries.c.replays)).all()
        recorded = [(one.what, one.detail) for one in changes.listed(work, "mer_karoo", most=5)]
    assert recorded == ([("notifications sent again", f"{len(again)} of them")] if again else [])
    assert {event for event, number in counts if number == 1} == again


def test_replay_of_everything_has_to_be_asked_for(run: Run, parked: list[int]) -> None:
    assert run("delivery", "replay", "mer_karoo").exit_code == 2
    assert run("delivery", "replay", "mer_karoo", "one").exit_code == 2
    assert run("delivery", "replay", "nobody", "1").exit_code == 1


def test_a_sign_in_link_is_for_a_known_merchant(run: Run) -> None:
    made = run("portal", "link", "--merchant", "mer_karoo", "--person", "Thandi")
    assert "https://pay.example/portal/sign-in/" in made.output
    assert run("portal", "link", "--merchant", "nobody", "--person", "Thandi").exit_code == 1


@pytest.mark.parametrize(("person", "code"), [(" ", 2), ("T", 0), ("x" * 80, 0), ("x" * 81, 2)])
def test_whoever_signs_in_has_a_name_that_a_change_can_be_recorded_under(run: Run, person: str, code: int) -> None:
    assert run("portal", "link", "--merchant", "mer_karoo", "--person", person).exit_code == code


def test_forget_asks_first_and_never_repeats_the_number(run: Run) -> None:
    assert run("forget", "mer_karoo", "--number", CUSTOMER, input="n\n").exit_code == 1
    done = run("forget", "mer_karoo", "--number", f"+{CUSTOMER}", "--yes")
    assert done.output.startswith("Forgotten: 0 cards")
    assert CUSTOMER not in done.output
    assert run("forget", "mer_karoo", "--yes").exit_code == 2


def test_reconcile_says_that_nothing_is_unexplained(run: Run) -> None:
    done = run("reconcile", "--merchant", "mer_karoo", "--since", "2026-11-28")
    assert (done.exit_code, "0 unexplained" in done.output) == (0, True)
    assert run("reconcile", "--since", "yesterday").exit_code == 2

"""`chat2pay outbox`: which orders are not in Salesforce, what it said of them, and trying them again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector.cli import main
from tests.factories import long_id
from tests.journeys.crowds import crowd, go_on
from tests.journeys.world import World

RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
SENTENCE = "Please call Ms Miller on 083 123 4567 before order is changed.\x1b[31m"
Run = Callable[..., Result]


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, on the world's own services and by its clock."""
    for module in ("listing", "pushing"):
        monkeypatch.setattr(f"connector.commands.outbox.{module}.open_shared", lambda: world.services)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["outbox", *arguments])

    return run


@pytest.fixture
def refused(world: World) -> list[str]:
    """Three orders: two that a rule refuses, and one whose trigger fails; the ids."""
    ids = crowd(world, 3)
    trigger = [{"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": "T: AfterUpdate", "fields": []}]
    rule = [{"statusCode": RULE, "message": SENTENCE, "fields": ["Reason__c"]}]
    world.org.answers_with = lambda record: trigger if record["id"] == ids[2] else rule
    go_on(world, seconds=10)
    return ids


@pytest.fixture
def pushing(world: World) -> Iterator[None]:
    """Somebody pushes while a command waits."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.05):
            with world.services.store.database.read() as connection:
                due = connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE due_at IS NOT NULL").scalar_one()
            if due:
                world.clock.pass_by(seconds=1)
                world.push()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    done.set()
    thread.join()


def listed(run: Run, *options: str) -> list[dict[str, Any]]:
    result = run("list", "--json", *options)
    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return rows


def test_a_list_names_order_field_and_sentence_and_when_it_is_tried_next(run: Run, refused: list[str]) -> None:
    rows = {row["order"]: row for row in listed(run)}
    assert {number: row["state"] for number, row in rows.items()} == {"N0": "refused", "N1": "refused", "N2": "waiting"}
    row = rows["N0"]
    assert (row["tenant"], row["order_id"], row["record"]) == ("acme", refused[0], "order")
    assert (row["code"], row["fields"]) == (RULE, ["Reason__c"])
    assert row["sentence"] == "Please call Ms Miller on [number] before order is changed.�[31m"
    assert "validation rule" in row["because"]
    assert row["since"] < row["next_try"]
    table = run("list").stdout
    assert f"{row['sentence']}\n" in table, "a short one is shown whole"
    assert all(word in table for word in ("N0", RULE, "Reason__c", "Ms Miller", row["cause"]))
    assert "083" not in table + json.dumps(rows)


def test_a_long_sentence_is_cut_in_the_table_alone_and_without_one_the_reason_is_shown(run: Run, world: World) -> None:
    long, bare = crowd(world, 2)
    sentence = "Please say why. " * 10
    world.org.answers_with = lambda record: [
        {"statusCode": RULE, "message": sentence if record["id"] == long else "", "fields": []}
    ]
    go_on(world, seconds=10)
    cut, reason = run("list").stdout.splitlines()[1:]
    assert cut.endswith(f"  {sentence[:99]}…")
    assert reason.rstrip("…").endswith(listed(run)[1]["because"][:99])
    assert sentence.strip() in run("show", long).stdout
    assert (listed(run)[0]["order_id"], listed(run)[1]["order_id"]) == (long, bare)


def test_an_order_whose_number_several_have_is_asked_for_by_its_id(run: Run, world: World) -> None:
    first, second = crowd(world, 2)
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE orders SET number = 'N0'")
    refused = run("show", "N0")
    assert (refused.exit_code, "Several orders are called N0" in refused.output) == (2, True)
    assert first in refused.output
    assert second in refused.output
    assert json.loads(run("show", second, "--json").stdout)["order_id"] == second


def test_an_order_is_tried_when_the_list_said_so_and_not_before(run: Run, refused: list[str], world: World) -> None:
    go_on(world, seconds=600)
    row = listed(run, "--state", "waiting")[0]
    next_try = datetime.fromisoformat(row["next_try"])
    world.clock.at = next_try - timedelta(seconds=1)
    world.sweep()
    world.push()
    assert listed(run, "--state", "waiting")[0]["last_try"] == row["last_try"]
    world.clock.at = next_try
    world.sweep()
    world.push()
    assert listed(run, "--state", "waiting")[0]["last_try"] == row["next_try"]


def test_what_was_refused_once_and_is_written_since_is_shown_without_the_old_code(run: Run, world: World) -> None:
    world.org.call_fails = (500, '[{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}]')
    crowd(world, 1)
    go_on(world, seconds=10)
    assert json.loads(run("show", "N0", "--json").stdout)["code"] == "UNKNOWN_EXCEPTION"
    world.org.call_fails = None
    go_on(world, seconds=300)
    shown = json.loads(run("show", "N0", "--json").stdout)
    assert (shown["state"], shown["code"], shown["next_try"]) == ("written", None, None)


def test_a_written_order_whose_status_was_refused_says_so_also_where_nobody_knows_what_it_showed(
    run: Run, world: World
) -> None:
    world.tenant(mapping={"write_status": {"values": {"unpaid": "Nowhere"}}})
    world.org.answers["Order"] = "QUERY_TIMEOUT"
    crowd(world, 1)
    go_on(world, seconds=20)
    shown = json.loads(run("show", "N0", "--json").stdout)
    assert (shown["state"], shown["cause"], shown["code"]) == (
        "written", None, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    )  # fmt: skip


def test_a_list_says_since_when_an_order_has_been_without_its_status(run: Run, world: World) -> None:
    world.tenant(mapping={"write_status": {"values": {"unpaid": "Nowhere"}}})
    crowd(world, 1)
    go_on(world, seconds=20)
    (first,) = listed(run)
    go_on(world, seconds=600)
    (later,) = listed(run)
    assert later["since"] == first["since"] < later["next_try"]


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (("--state", "refused"), ["N0", "N1"]),
        (("--state", "waiting"), ["N2"]),
        (("--state", "buried"), []),
        (("--tenant", "acme", "--limit", "1"), ["N0"]),
    ],
)
def test_a_list_can_be_narrowed(run: Run, refused: list[str], options: tuple[str, ...], numbers: list[str]) -> None:
    assert [row["order"] for row in listed(run, *options)] == numbers


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--limit", "1"), "… and 2 more; --limit shows them.\n"),
        (("--limit", "1", "--state", "refused"), "… and 1 more; --limit shows them.\n"),
        (("--limit", "3"), ""),
        ((), ""),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_list_that_is_cut_says_how_many_it_leaves_out(
    run: Run, refused: list[str], form: tuple[str, ...], options: tuple[str, ...], said: str
) -> None:
    assert run("list", *form, *options).stderr == said


def test_a_list_of_one_cause(run: Run, refused: list[str]) -> None:
    cause = next(row["cause"] for row in listed(run) if row["order"] == "N2")
    assert [row["order"] for row in listed(run, "--cause", cause)] == ["N2"]


def test_where_nothing_waits_it_says_so(run: Run) -> None:
    assert run("list").stdout == "No order waits.\n"
    assert listed(run) == []


@pytest.mark.parametrize("by", ["number", "id"])
def test_one_order_is_shown_with_what_to_do(run: Run, refused: list[str], by: str) -> None:
    result = run("show", "N0" if by == "number" else refused[0])
    assert result.exit_code == 0
    assert all(word in result.stdout for word in ("Ms Miller", "Reason__c", "Validation Rules", "refused"))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("show", "N9"), "never to be told"),
        (("list", "--tenant", "nobody"), "no tenant"),
        (("push",), "one of the three"),
        (("push", "N0", "--all"), "one of the three"),
        (("push", "N9"), "never to be told"),
    ],
)
def test_wrong_use_is_said(run: Run, refused: list[str], arguments: tuple[str, ...], word: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert word in result.output


def test_a_push_waits_for_the_result_and_fails_where_it_is_refused_again(
    run: Run, world: World, refused: list[str], pushing: None
) -> None:
    result = run("push", "N0", "--wait", "60")
    assert result.exit_code == 1, result.output
    assert "refused" in result.stdout


def test_a_push_after_the_fix_writes_one_order_a_cause_or_all(
    run: Run, world: World, refused: list[str], pushing: None
) -> None:
    cause = next(row["cause"] for row in listed(run) if row["order"] == "N2")
    world.org.answers_with = lambda _record: None
    for arguments in (("--cause", cause), ("N0",), ("--all", "--tenant", "acme")):
        result = run("push", *arguments, "--wait", "60", "--json")
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)
        assert told["nobody_running"] is False
        assert told["written"] == told["chosen"]
    assert {row["state"] for row in world.rows("outbox")} == {"written"}
    nothing = run("push", "--all")
    assert (nothing.exit_code, nothing.output) == (0, "Salesforce takes every order.\n")


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        (("N0",), ["N0"]),
        (("N0", "N1", "N0"), ["N0", "N1"]),
        (("--all",), ["N0", "N1", "N2"]),
        (("--all", "--tenant", "globex"), []),
    ],
    ids=["one", "one twice", "all", "another tenant's"],
)
def test_a_push_makes_due_what_was_chosen(
    run: Run, world: World, refused: list[str], chosen: tuple[str, ...], numbers: list[str]
) -> None:
    world.tenant(tenant_id="globex", org_id=long_id("00Dxx0000009zZz"), callback_key="the-key-of-globex")
    world.clock.pass_by(minutes=2)
    before = {row["order_id"]: row["due_at"] for row in world.rows("outbox")}
    told = json.loads(run("push", *chosen, "--wait", "0", "--json").stdout)
    assert [row["order"] for row in told["orders"]] == numbers
    due = {row["order_id"] for row in world.rows("outbox") if row["due_at"] not in (None, before[row["order_id"]])}
    assert due == {refused[int(number[1])] for number in numbers}


def test_what_only_waits_for_its_turn_is_not_tried_out_of_turn(run: Run, world: World) -> None:
    (order_id,) = crowd(world, 1)
    world.org.locked.add(order_id)
    go_on(world, seconds=10)
    due = world.row("outbox")["due_at"]
    assert json.loads(run("push", "--all", "--wait", "0", "--json").stdout)["chosen"] == 0
    assert world.row("outbox")["due_at"] == due


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # where it is an event
def test_a_push_wakes_whoever_pushes(run: Run, world: World, refused: list[str]) -> None:
    world.services.work.outbox.clear()
    run("push", "N0", "--wait", "0")
    assert world.services.work.outbox.is_set()


def test_a_push_says_when_nobody_runs(run: Run, refused: list[str]) -> None:
    result = run("push", "--all", "--wait", "0.5")
    assert result.exit_code == 1
    assert "Nobody seems to be running" in result.output


def test_a_push_that_does_not_wait_promises_nothing(run: Run, refused: list[str]) -> None:
    result = run("push", "--all", "--wait", "0")
    assert (result.exit_code, "Nobody" in result.output) == (0, False)


def test_the_sentence_is_sealed_at_rest_and_in_no_log_line(world: World, refused: list[str], lines: list[Any]) -> None:
    assert b"Miller" not in b"".join(bytes(row["refusal"]) for row in world.rows("outbox"))
    assert "Miller" not in repr(lines)


def test_an_order_that_waits_shows_salesforces_sentence_too(run: Run, world: World) -> None:
    (order_id,) = crowd(world, 1)
    world.org.locked.add(order_id)
    go_on(world, seconds=10)
    (row,) = listed(run)
    assert (row["state"], row["code"], row["cause"]) == ("waiting", "UNABLE_TO_LOCK_ROW", None)
    assert row["sentence"] == "unable to obtain exclusive access to this record"
    assert row["next_try"] is not None

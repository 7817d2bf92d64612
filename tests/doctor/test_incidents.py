"""What strangers can cause costs a write a minute, says that it may be them, and changes nothing of what they hear."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from connector.domain.health.finding import Finding, Level
from connector.errors import Invalid, LaunchNames
from connector.journeys.connecting.rotate_core_key import rotate_core_key
from connector.journeys.incidents.report_launch_refused import report_launch_refused
from connector.services import Services, build_services
from connector.store.health import due_checks, findings
from foundation.secret import Secret
from tests.doctor.clinic import Clinic
from tests.factories import basic, long_id, make_settings
from tests.journeys.conftest import world
from tests.journeys.world import AtOnce, World

__all__ = ["world"]
WRONG = basic(password="a guess")
BODY = {"paymentLinkRef": "x", "paymentStatus": "PAYMENT_RECEIVED"}


@pytest.fixture
def written(world: World) -> Iterator[list[str]]:
    """Every statement that this process sends to its database."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(world.services.store.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(world.services.store.database.engine, "before_cursor_execute", note)


def changes(statements: list[str]) -> list[str]:
    return [one for one in statements if one.startswith(("INSERT", "UPDATE", "DELETE"))]


def rows(world: World, check: str) -> list[dict[str, Any]]:
    return [one for one in world.rows("findings") if one["check"] == check]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_storm_of_wrong_proofs_is_one_write_a_minute(world: World, written: list[str]) -> None:
    for _ in range(3):
        written.clear()
        for number in range(100):
            assert world.callback({**BODY, "n": number}, headers=WRONG).status_code == 401
        assert len([one for one in changes(written) if "findings" in one]) == 1
        world.clock.pass_by(seconds=61)
    (row,) = rows(world, findings.CALLBACKS_REFUSED)
    assert row["seen_at"] > row["found_at"]
    assert "payment-status" in row["wrong"]
    assert "the portal's proof is wrong, or somebody is trying" in row["wrong"]


def test_nobodys_address_is_never_written_down(world: World, written: list[str]) -> None:
    for number in range(50):
        assert world.callback(BODY, key=f"key-of-nobody-{number}", headers=WRONG).status_code == 401
    assert changes(written) == []
    assert world.rows("findings") == []


def test_a_stranger_hears_the_same_whether_or_not_it_is_noted(world: World) -> None:
    def told(**options: Any) -> tuple[int, Any, Any]:
        answer = world.callback(BODY, headers=WRONG, **options)
        body = json.loads(answer.data)["error"]
        return answer.status_code, {**body, "request_id": ""}, dict(answer.headers) | {"X-Request-Id": ""}

    first, second, unknown = told(), told(), told(key="of-nobody")
    assert first == second == unknown


def test_a_database_that_cannot_keep_it_changes_no_answer(world: World, lines: list[dict[str, Any]]) -> None:
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE findings RENAME TO elsewhere")
    assert world.callback(BODY, headers=WRONG).status_code == 401
    assert world.callback(BODY).status_code == 200
    world.drain()
    assert [one["where"] for one in lines if one["event"] == "not_noted"] == ["findings", "findings"]
    assert world.row("inbox")["state"] != "new"
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO findings")


def test_an_accepted_callback_asks_nothing_more_of_the_database(world: World, written: list[str]) -> None:
    world.callback(BODY, headers=WRONG)
    written.clear()
    assert world.callback(BODY).status_code == 200
    assert [one for one in written if "findings" in one or "callbacks_heard" in one or "looks_due" in one] == []


def test_a_good_callback_closes_it_and_an_older_one_does_not(world: World) -> None:
    world.callback({**BODY, "n": 1})  # taken before, and drained after
    world.clock.pass_by(seconds=1)
    world.callback(BODY, headers=WRONG)
    world.drain()
    assert len(rows(world, findings.CALLBACKS_REFUSED)) == 1
    world.clock.pass_by(seconds=1)
    world.callback({**BODY, "n": 2})
    world.drain()
    assert rows(world, findings.CALLBACKS_REFUSED) == []


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        ((403, {}, "<html>Forbidden</html>"), "no code", "salesforce_refused"),
        ((400, {}, '[{"errorCode": "INVALID_FIELD"}]'), "INVALID_FIELD", "salesforce_refused:INVALID_FIELD"),
    ],
    ids=["a proxy's page", "an answer of Salesforce"],
)
def test_a_refused_launch_is_told_with_the_code_where_there_is_one(
    clinic: Clinic, answer: tuple[int, dict[str, str], str], code: str, reason: str
) -> None:
    clinic.on_the_way = lambda request: answer if "/query" in str(request.url) else None
    assert clinic.launch().status_code == 403
    with clinic.services.store.read() as work:
        told = findings.open_findings(work, [findings.LAUNCHES_REFUSED, findings.LAUNCH_OF_AGENT], tenant_id="acme")
    found = {one.finding.check: one.finding for one in told}
    assert found[findings.LAUNCHES_REFUSED].problem == f"Salesforce refuses to show agents their orders ({code})."
    order_id = clinic.org.extensions["org"].orders()[0]["Id"]
    assert found[findings.LAUNCH_OF_AGENT].problem == f"The reason was “{reason}”, at the order {order_id}."


@pytest.mark.parametrize(
    ("reason", "order_id", "problem", "remedy"),
    [
        ("no_order_id", None, "The reason was “no_order_id”.", "Setup → Lightning App Builder"),
        ("salesforce_limit", "801", "The reason was “salesforce_limit”, at the order 801.", "The org's API calls"),
        ("no_access", "801", "The reason was “no_access”, at the order 801.", "What this agent lacks"),
        ("salesforce_refused:X", "801", "The reason was “salesforce_refused:X”, at the order 801.", "What this agent"),
    ],
)
def test_of_one_agents_refused_launch_the_reason_and_its_remedy_are_kept(
    world: World, reason: str, order_id: str | None, problem: str, remedy: str
) -> None:
    names = LaunchNames("acme", "005xx000001X8UzAAK", order_id)
    report_launch_refused(tenant=world.acme, reason=reason, store=world.services.store, names=names)
    (found,) = rows(world, findings.LAUNCH_OF_AGENT)
    assert (found["subject"], found["wrong"]) == ("005xx000001X8UzAAK", problem)
    assert found["mend"].startswith(remedy)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("payment-status", "payment-status"),
        ("payment-status", "transaction-status"),
        ("transaction-status", "payment-status"),
    ],
)
def test_the_latest_of_those_that_are_drained_together_closes_it(world: World, before: str, after: str) -> None:
    world.callback({**BODY, "n": 1}, kind=before)
    world.clock.pass_by(seconds=1)
    world.callback(BODY, headers=WRONG)
    world.clock.pass_by(seconds=1)
    world.callback({**BODY, "n": 2}, kind=after)
    world.drain()
    assert rows(world, findings.CALLBACKS_REFUSED) == []


def test_another_tenants_good_callback_closes_none(world: World) -> None:
    world.tenant(tenant_id="globex", org_id=long_id("00Dxx0000009zZz"), callback_key="the-key-of-globex")
    world.callback(BODY)
    world.clock.pass_by(seconds=1)
    world.callback(BODY, headers=WRONG)
    world.clock.pass_by(seconds=1)
    world.callback(BODY, key="the-key-of-globex")
    world.drain()
    assert [one["tenant_id"] for one in rows(world, findings.CALLBACKS_REFUSED)] == ["acme"]


def test_two_processes_write_it_once(world: World) -> None:
    other: Services = build_services(make_settings(world.database_url), now=world.clock, aside=AtOnce())
    finding = Finding("callbacks_refused", Level.SOON, "Refused.")
    world.services.store.findings.record("acme", finding)
    world.clock.pass_by(seconds=30)
    other.store.findings.record("acme", finding)
    (row,) = rows(world, "callbacks_refused")
    assert row["seen_at"] == row["found_at"]
    other.store.database.close()


def test_what_goes_on_is_looked_into_ever_more_rarely(world: World) -> None:
    asked = 0
    for _ in range(120):
        world.services.store.findings.suspect("acme", "core_answers")
        with world.services.store.write() as work:
            due = due_checks.claim_due(work, now=world.clock())
            asked += "core_answers" in due.get("acme", ())
            due_checks.finish(work, "acme", ["core_answers"], now=world.clock())
        world.clock.pass_by(minutes=1)
    assert 5 <= asked <= 8
    world.clock.pass_by(hours=5)  # and a new one is a new one
    world.services.store.findings.suspect("acme", "core_answers")
    with world.services.store.write() as work:
        assert due_checks.claim_due(work, now=world.clock()) == {"acme": {"core_answers"}}


def test_a_key_that_somebody_tries_raises_nothing(clinic: Clinic) -> None:
    """`rotate-key core` tries a new key before it is kept: that it is refused says nothing of the tenant's own."""
    with pytest.raises(Invalid):
        rotate_core_key(
            tenant=clinic.tenant, new=Secret("wrong"), store=clinic.services.store, core=clinic.services.core,
            now=clinic.clock(),
        )  # fmt: skip
    clinic.wait(70)
    assert clinic.open_findings() == set()


def test_the_doctors_own_probe_counts_among_no_refusals_and_writes_no_line(clinic: Clinic, lines: list[Any]) -> None:
    before = refusals(clinic)
    assert clinic.findings() == []
    assert refusals(clinic) == before
    assert [one for one in lines if one["log_level"] != "debug" and one.get("route", "").startswith("/callbacks")] == []
    assert [one for one in lines if one["event"] == "refused" and one["log_level"] != "debug"] == []


def test_somebody_who_plays_the_doctor_is_counted(clinic: Clinic) -> None:
    before = refusals(clinic)
    key = f"doctor-{'0' * 32}-{'0' * 64}"
    assert clinic.app.test_client().post(f"/callbacks/{key}/settings").status_code == 401
    assert refusals(clinic) != before


def refusals(clinic: Clinic) -> list[str]:
    """Every line of /metrics that counts callbacks which were refused."""
    text = clinic.app.test_client().get("/metrics").text
    words = ("chat2pay_callbacks_", 'route="/callbacks/')
    return [line for line in text.splitlines() if any(one in line for one in words) and not line.startswith("#")]


def test_what_a_person_changes_is_looked_at_at_once(clinic: Clinic) -> None:
    clinic.control("PATCH", "org", {"client_secret_expired": True})
    clinic.night()
    assert ("login", "") in clinic.open_findings()
    clinic.control("PATCH", "org", {"client_secret_expired": False})
    clinic.clock.pass_by(hours=6)
    clinic.wait(5)
    clinic.services.store.tenants.change("acme", lambda kept: kept, now=clinic.clock())
    clinic.wait(5)
    assert clinic.open_findings() == set()


def test_what_nobody_fixes_costs_few_checks(clinic: Clinic) -> None:
    clinic.control("PATCH", "org", {"client_secret_expired": True})
    clinic.night()
    before = clinic.control("GET", "calls")["logins"]
    # Twelve hours: the first by the minute; then in longer steps, each of which would still be a login too many.
    for minutes in [1] * 60 + [10] * (11 * 6):
        clinic.clock.pass_by(minutes=minutes)
        clinic.look()
    assert clinic.control("GET", "calls")["logins"] - before < 80


def test_the_first_round_is_due_at_once_whatever_was_requested_for_later(world: World) -> None:
    """A process that has just begun on a new database finds what is wrong now and not at the first event."""
    now = world.clock()
    with world.services.store.write() as work:
        due_checks.request_checks(work, "acme", ["login"], at=now + timedelta(seconds=30))
        assert due_checks.any_due(work, now=now)
        assert due_checks.begin_round(work, now=now)
        assert not due_checks.any_due(work, now=now), "it was just made"
        assert not due_checks.begin_round(work, now=now + timedelta(seconds=59)), "somebody else made it"
        for seconds, due in ((29, False), (30, True)):
            assert due_checks.any_due(work, now=now + timedelta(seconds=seconds)) is due
        assert due_checks.claim_due(work, now=now + timedelta(seconds=30)) == {"acme": {"login"}}
        assert not due_checks.any_due(work, now=now + timedelta(seconds=59)), "it is being made"
        assert due_checks.begin_round(work, now=now + timedelta(seconds=60))


def test_a_check_that_was_requested_again_while_it_ran_stays_due(world: World) -> None:
    now = world.clock()
    with world.services.store.write() as work:
        due_checks.request_checks(work, "acme", ["login", "org_answers"], at=now)
        due_checks.claim_due(work, now=now)
        due_checks.request_checks(work, "acme", ["login"], at=now)
        due_checks.finish(work, "acme", ["login", "org_answers"], now=now)
        assert due_checks.claim_due(work, now=now + timedelta(minutes=10)) == {"acme": {"login"}}

"""What events raise and close beside a request: once a minute at most, ever more rarely while they recur, and never an error."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text

from connector.domain.health.finding import Finding, Level
from connector.errors import (
    CoreRefused,
    CoreUnavailable,
    OrgLimitReached,
    OrgSessionExpired,
    SalesforceRefused,
    SalesforceUnavailable,
    UpstreamError,
)
from connector.store.health.recorder import FindingRecorder
from connector.store.peer_watch import PeerWatch
from connector.store.schema.tables import metadata
from foundation.database.unit_of_work import Transactions
from foundation.secret import Secret
from tests.factories import long_id
from tests.journeys.world import AtOnce, Clock, World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
FINDING = Finding("core_key", Level.WRONG, problem="It is wrong.", remedy="Mend it.", impact="It stays.", subject="one")


@pytest.fixture
def recorder(world: World, clock: Clock) -> FindingRecorder:
    world.tenant(tenant_id="globex", org_id=long_id("00Dxx0000009zZz"), callback_key="the-key-of-globex")
    store = world.services.store
    return FindingRecorder(Transactions(store.database, store.vault), now=clock, aside=AtOnce())


def seen(world: World) -> set[tuple[str, str, str]]:
    return {(row["tenant_id"], row["check"], row["subject"]) for row in world.rows("findings")}


def is_requested(world: World, check: str = "core_key") -> bool:
    """Say whether a check was requested since the last time."""
    table = metadata.tables["looks_due"]
    with world.services.store.database.write() as connection:
        return connection.execute(delete(table).where(table.c.check == check)).rowcount > 0


def test_of_an_event_that_recurs_one_is_stored_a_minute_and_the_first_is_logged(
    world: World, recorder: FindingRecorder, clock: Clock, lines: list[Any]
) -> None:
    stored = []
    for _ in range(3):
        recorder.record("acme", FINDING)
        stored.append(clock() - world.row("findings")["seen_at"])
        clock.pass_by(seconds=30)
    assert stored == [0 * SECOND, 30 * SECOND, 0 * SECOND]
    assert [line["kind"] for line in lines if line["event"] == "finding_new"] == ["core_key"]


def test_tenants_checks_and_users_have_a_minute_each(world: World, recorder: FindingRecorder) -> None:
    other = replace(FINDING, subject="other")
    recorder.record("acme", FINDING)
    recorder.record("acme", other)
    recorder.record("globex", other)
    recorder.record("acme", replace(other, check="login"))
    assert seen(world) == {
        ("acme", "core_key", "one"), ("globex", "core_key", "other"), ("acme", "login", "other"),
    }  # fmt: skip
    for one in (FINDING, other):
        recorder.record_of("acme", replace(one, check="launch_of_agent"))
    assert {subject for _, check, subject in seen(world) if check == "launch_of_agent"} == {"one", "other"}


def test_a_finding_about_a_user_is_no_log_line(world: World, recorder: FindingRecorder, lines: list[Any]) -> None:
    recorder.record_of("acme", FINDING)
    assert (len(world.rows("findings")), [line for line in lines if line["event"] == "finding_new"]) == (1, [])


def test_a_check_is_requested_ever_more_rarely_while_its_event_recurs(
    world: World, recorder: FindingRecorder, clock: Clock
) -> None:
    asked_at, begun = [], clock()
    for _ in range(2 * 60 * 3):
        recorder.suspect("acme", "core_key")
        if is_requested(world):
            asked_at.append((clock() - begun) // MINUTE)
        clock.pass_by(seconds=30)
    assert asked_at == [0, 1, 3, 7, 15, 31, 63, 123], "an hour at most"


@pytest.mark.parametrize(("after", "pause"), [(4 * MINUTE - SECOND, 2 * MINUTE), (4 * MINUTE, MINUTE)])
def test_an_event_that_comes_after_a_long_silence_is_a_new_one(
    world: World, recorder: FindingRecorder, clock: Clock, after: timedelta, pause: timedelta
) -> None:
    requested = []
    for wait in (0 * SECOND, after, pause - SECOND, SECOND):
        clock.pass_by(seconds=wait.total_seconds())
        recorder.suspect("acme", "core_key")
        requested.append(is_requested(world))
    assert requested == [True, True, False, True]


@pytest.mark.parametrize(
    ("tried", "is_tenants"),
    [({}, True), ({"api_key": Secret("another-key")}, False), ({"base_url": "https://pay.acme.example"}, False)],
    ids=["its own", "another key", "another core"],
)
def test_a_trial_of_values_that_are_not_the_tenants_says_nothing_of_it(
    world: World, recorder: FindingRecorder, tried: dict[str, Any], *, is_tenants: bool
) -> None:
    watch = PeerWatch(tenants=world.services.store.tenants, findings=recorder)
    watch.core(replace(world.acme.core, **tried), CoreRefused("No.", operation="x", status=401))
    assert is_requested(world) is is_tenants


@pytest.mark.parametrize(("client_id", "is_tenants"), [("client", True), ("another-client", False)])
def test_a_trial_of_another_login_says_nothing_of_the_tenants_org(
    world: World, recorder: FindingRecorder, client_id: str, *, is_tenants: bool
) -> None:
    known = world.acme
    watch = PeerWatch(tenants=world.services.store.tenants, findings=recorder)
    tried = replace(known, salesforce=replace(known.salesforce, client_id=client_id))
    watch.salesforce(tried, SalesforceUnavailable("Away.", operation="x"), as_agent=False)
    assert is_requested(world, "org_answers") is is_tenants


def test_the_clock_of_a_core_on_trial_says_nothing_of_the_tenants(world: World, recorder: FindingRecorder) -> None:
    watch = PeerWatch(tenants=world.services.store.tenants, findings=recorder)
    watch.core_clock(replace(world.acme.core, base_url="https://trial.example"), HOUR)
    assert not is_requested(world, "core_clock")
    watch.core_clock(world.acme.core, HOUR)
    assert is_requested(world, "core_clock")


def requested(world: World) -> set[str]:
    return {row["check"] for row in world.rows("looks_due") if row["tenant_id"] == "acme"}


SEND, AGENT = "send_payment_link", {"as_agent": True}


@pytest.mark.parametrize(
    ("error", "by", "checks"),
    [
        pytest.param(CoreRefused("No.", operation=SEND, status=401), {}, {"core_key"}, id="the core's key"),
        pytest.param(CoreRefused("No.", operation="x", status=403), {}, {"core_key"}, id="the core's key, too"),
        pytest.param(
            CoreRefused("No.", operation=SEND, status=422), {}, {"core_application", "core_offers"}, id="a link"
        ),
        pytest.param(CoreRefused("No.", operation="x", status=422), {}, set(), id="what says nothing of the core"),
        pytest.param(CoreUnavailable("Away.", operation="x"), {}, {"core_answers"}, id="a core that is away"),
        pytest.param(
            OrgLimitReached("Full.", operation="x"), AGENT, {"org_serves", "api_limits"}, id="no calls left, for agents as well"
        ),
        pytest.param(OrgSessionExpired("Over.", operation="x"), {}, {"integration_user"}, id="our own session"),
        pytest.param(OrgSessionExpired("Over.", operation="x"), AGENT, set(), id="an agent's session"),
        pytest.param(
            SalesforceRefused("No.", operation="x", reason="INVALID_FIELD"), {},
            {"integration_user", "permissions", "mapping"}, id="what our user may not",
        ),
        pytest.param(
            SalesforceRefused("No.", operation="x", reason="INVALID_FIELD"), AGENT, set(), id="what an agent may not"
        ),
        pytest.param(
            SalesforceUnavailable("Away.", operation="x"), AGENT, {"org_answers", "org_serves"}, id="an org that is away"
        ),
    ],
)  # fmt: skip
def test_what_a_peer_answers_is_examined_by_what_it_may_mean_and_again_once_it_works(
    world: World, recorder: FindingRecorder, error: UpstreamError, by: dict[str, bool], checks: set[str]
) -> None:
    watch = PeerWatch(tenants=world.services.store.tenants, findings=recorder)

    def ended(error: UpstreamError | None) -> set[str]:
        if error is None or isinstance(error, (CoreRefused, CoreUnavailable)):
            watch.core(world.acme.core, error)
        if error is None or not isinstance(error, (CoreRefused, CoreUnavailable)):
            watch.salesforce(world.acme, error, as_agent=by == AGENT)
        found = requested(world)
        with world.services.store.database.write() as connection:
            connection.execute(delete(metadata.tables["looks_due"]))
        return found

    assert [ended(one) for one in (None, error, None, None)] == [set(), checks, checks, set()]


def test_what_has_an_open_finding_is_examined_anyway_and_asked_for_again_only_when_it_seems_to_be_over(
    world: World, recorder: FindingRecorder
) -> None:
    recorder.record("acme", FINDING)
    recorder.suspect("acme", "core_key", "core_answers")
    assert (is_requested(world), is_requested(world, "core_answers")) == (False, True)
    recorder.recheck("acme", ["core_key"])
    assert is_requested(world)


@pytest.mark.parametrize(
    ("worked", "subject", "is_over"),
    [
        pytest.param({"acme": 0 * SECOND}, None, True, id="in the moment in which it was seen last"),
        pytest.param({"acme": -SECOND}, None, False, id="before it was seen last"),
        pytest.param({"acme": SECOND}, "one", True, id="this one"),
        pytest.param({"acme": SECOND}, "other", False, id="another one"),
        pytest.param({"globex": SECOND}, None, False, id="another tenant's"),
    ],
)
def test_a_finding_is_closed_once_its_subject_has_worked(
    world: World, recorder: FindingRecorder, clock: Clock, lines: list[Any], worked: Any, subject: Any, *, is_over: bool
) -> None:
    recorder.record("acme", FINDING)
    moments = {tenant: clock() + after for tenant, after in worked.items()}
    recorder.resolve_before(moments, ["core_answers"], subject=subject)
    assert len(world.rows("findings")) == 1, "another check's"
    recorder.resolve_before(moments, ["core_key"], subject=subject)
    assert (world.rows("findings") == []) is is_over
    assert [line["kind"] for line in lines if line["event"] == "finding_gone"] == (["core_key"] if is_over else [])


def test_a_database_that_is_away_fails_no_caller(world: World, recorder: FindingRecorder, lines: list[Any]) -> None:
    with world.services.store.database.write() as connection:
        connection.execute(text("ALTER TABLE findings RENAME TO elsewhere"))
    recorder.record("acme", FINDING)
    recorder.suspect("acme", "core_key")
    recorder.resolve("acme", ["core_key"])
    assert [line["where"] for line in lines if line["event"] == "not_noted"] == ["findings", "looks_due", "findings"]
    with world.services.store.database.write() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO findings"))


def test_a_tenant_that_cannot_be_read_just_now_fails_no_call_to_its_peers(
    world: World, recorder: FindingRecorder
) -> None:
    known = world.acme
    watch = PeerWatch(tenants=world.services.store.tenants, findings=recorder)

    def told() -> bool:
        world.services.store.tenants.forget()
        watch.core(known.core, CoreRefused("No.", operation="x", status=401))
        watch.salesforce(known, SalesforceUnavailable("Away.", operation="x"), as_agent=False)
        watch.core_clock(known.core, HOUR)
        return bool(requested(world))

    with world.services.store.database.write() as connection:
        connection.execute(text("ALTER TABLE tenants RENAME TO elsewhere"))
    assert not told(), "the database is away"
    with world.services.store.database.write() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO tenants"))
        lost = world.services.store.vault.seal("another", b"{}")
        connection.execute(metadata.tables["tenants"].update().values(secrets=lost))
    assert not told(), "its secrets are of a key that was removed"

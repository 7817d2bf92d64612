"""How an examination goes: no look stops another, none takes for ever; what it finds stays until it is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connector.domain.health.examination import Check, ExaminationResult, Unchecked
from connector.domain.health.finding import Finding, Level
from connector.errors import SalesforceRefused
from connector.journeys.examining.examine import examine
from connector.journeys.examining.save_findings import save_findings
from connector.store.health import due_checks
from connector.store.health.findings import CLONED_ORG, CONSENT_UNREADABLE, StoredFinding, add_finding, stored_findings
from connector.workers.embedded_workers import EmbeddedWorkers
from connector.workers.nightly import examine_all, moment_of_night, next_night
from tests.doctor.clinic import Clinic
from tests.factories import make_settings

BAD = Finding("wheel", Level.WRONG, "The wheel is off.", "Setup → Wheels.", "It does not roll.", "left")
OTHER_ORG = replace(BAD, check="org_id", subject="00Dyy0000003hFiEAI")


def looked(
    clinic: Clinic, looks: Sequence[Check], *, told: Callable[[str], None] = lambda _: None, check_timeout: float = 60
) -> ExaminationResult:
    every = list(
        examine(
            examiner=clinic.examiner(),
            choose=clinic.services.store.tenants.every,
            on_check=told,
            extra_checks=lambda _: looks,
            check_timeout=check_timeout,
        )
    )
    return every[-1]


def raises(fault: Exception) -> Callable[[], Sequence[Finding]]:
    def look() -> Sequence[Finding]:
        raise fault

    return look


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (SalesforceRefused("Salesforce refused this.", operation="x", reason="INVALID_TYPE"), "INVALID_TYPE"),
        (SalesforceRefused("Salesforce refused this.", operation="x", status=410), "status 410"),
        (ZeroDivisionError("27831234567"), "ZeroDivisionError"),
    ],
)
def test_a_check_that_fails_stops_no_other_and_says_why(clinic: Clinic, fault: Exception, words: str) -> None:
    examined = looked(clinic, [Check("broken", raises(fault)), Check("wheel", lambda: [BAD])])
    (unseen,) = examined.unseen
    assert unseen.check == "broken"
    assert words in unseen.why
    assert "27831234567" not in unseen.why
    assert examined.found[0] == BAD
    assert not examined.is_well


def test_a_check_that_hangs_is_given_up(clinic: Clinic) -> None:
    end = threading.Event()

    def hang() -> Sequence[Finding]:
        end.wait(60)
        return []

    try:
        examined = looked(clinic, [Check("hanging", hang), Check("wheel", lambda: [BAD])], check_timeout=2)
    finally:
        end.set()
    assert examined.unseen == (Unchecked("hanging", "it was given up after 2 seconds without an answer."),)
    assert BAD in examined.found


def test_what_needs_a_check_that_failed_is_not_asked(clinic: Clinic) -> None:
    asked: list[str] = []
    looks = [
        Check("wheel", lambda: [BAD]),
        Check("axle", lambda: asked.append("axle") or [], needs="wheel"),
        Check("brake", lambda: asked.append("brake") or [], needs="axle"),
        Check("bell", lambda: asked.append("bell") or []),
    ]
    examined = looked(clinic, looks)
    assert asked == ["bell"]
    assert [unseen.check for unseen in examined.unseen] == ["axle", "brake"]


@pytest.mark.parametrize(
    ("level", "looked_in_vain", "is_well"),
    [
        (Level.WRONG, False, False),
        (Level.SOON, False, True),
        (Level.FINE, False, True),
        (None, False, True),
        (None, True, False),
    ],
)
def test_all_is_well_where_nothing_is_wrong_and_nothing_stayed_in_the_dark(
    level: Level | None, *, looked_in_vain: bool, is_well: bool
) -> None:
    found = (replace(BAD, level=level),) if level else ()
    unseen = (Unchecked("wheel", "It is dark."),) if looked_in_vain else ()
    assert ExaminationResult("acme", "Acme", found, unseen, ("wheel",)).is_well is is_well


def test_the_worst_comes_first_and_progress_is_told(clinic: Clinic) -> None:
    soon = Finding("bell", Level.SOON, "The bell is dull.")
    told: list[str] = []
    examined = looked(clinic, [Check("bell", lambda: [soon]), Check("wheel", lambda: [BAD])], told=told.append)
    levels = [one.level for one in examined.found]
    assert levels == sorted(levels, key=["wrong", "soon", "fine"].index)
    assert "Acme: custom permissions" in told


# --- what stays ---------------------------------------------------------------------------------------------------------


def night(clinic: Clinic) -> list[StoredFinding]:
    examine_all(clinic.services, examiner=clinic.examiner())
    with clinic.services.store.read() as work:
        return [one for one in stored_findings(work) if one.finding.check != "assumed"]


def events(lines: list[Any], name: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == name and line["kind"] != "assumed"]


def test_a_finding_keeps_its_first_time_and_is_logged_when_it_comes_and_when_it_goes(
    clinic: Clinic, lines: list[Any]
) -> None:
    assert night(clinic) == []
    clinic.free_space = 0
    first = clinic.clock()
    (found,) = night(clinic)
    assert (found.found_at, found.seen_at, found.tenant_id) == (first, first, "")
    clinic.clock.pass_by(days=1)
    (found,) = night(clinic)
    assert (found.found_at, found.seen_at) == (first, clinic.clock())
    assert [line["kind"] for line in events(lines, "finding_new")] == ["disk_space"]
    assert events(lines, "finding_gone") == []
    clinic.free_space = 2**40
    clinic.clock.pass_by(days=1)
    assert night(clinic) == []
    assert [line["kind"] for line in events(lines, "finding_gone")] == ["disk_space"]


@pytest.mark.parametrize(("used", "after"), [(98_500, timedelta(minutes=1)), (85_000, timedelta(minutes=15))])
def test_what_stays_is_looked_at_again_the_sooner_the_worse_it_is(clinic: Clinic, used: int, after: timedelta) -> None:
    def is_due() -> bool:
        with clinic.services.store.write() as work:
            return "api_limits" in due_checks.claim_due(work, now=clinic.clock()).get("acme", ())

    clinic.control("PUT", "faults", {"api_used": used})
    assert [one.finding.check for one in night(clinic)] == ["api_limits"]
    clinic.clock.at += after - timedelta(seconds=1)
    assert not is_due()
    clinic.clock.pass_by(seconds=1)
    assert is_due()


@pytest.mark.parametrize(("every_minute", "is_due"), [((), True), (("wheel",), False)])
def test_an_old_finding_is_looked_at_within_the_hour_and_one_of_every_minute_anyway(
    clinic: Clinic, every_minute: tuple[str, ...], *, is_due: bool
) -> None:
    def claimed() -> bool:
        with clinic.services.store.write() as work:
            return "wheel" in due_checks.claim_due(work, now=clinic.clock()).get("acme", ())

    examined = ExaminationResult("acme", "Acme", (BAD,), (), ("wheel",), frozenset(every_minute))
    save_findings(examined=examined, store=clinic.services.store, now=clinic.clock())
    clinic.clock.pass_by(hours=12)
    assert claimed() is is_due
    save_findings(examined=examined, store=clinic.services.store, now=clinic.clock())
    clinic.clock.pass_by(hours=1, seconds=-1)
    assert not claimed()
    clinic.clock.pass_by(seconds=1)
    assert claimed() is is_due


def test_what_could_not_be_checked_is_not_taken_for_fixed(clinic: Clinic, lines: list[Any]) -> None:
    clinic.control("PUT", "faults", {"api_used": 85_000})
    assert [one.finding.check for one in night(clinic)] == ["api_limits"]
    clinic.control("PUT", "faults", {})
    clinic.control("PATCH", "org", {"client_secret_expired": True})
    clinic.clock.pass_by(days=1)
    assert {one.finding.check for one in night(clinic)} == {"api_limits", "login"}
    assert events(lines, "finding_gone") == []


def test_what_an_event_raised_is_told_and_not_renewed_by_looking(clinic: Clinic) -> None:
    raised = Finding(CONSENT_UNREADABLE, Level.WRONG, "A consent could not be read.", subject="sms")
    first = clinic.clock()
    with clinic.services.store.write() as work:
        add_finding(work, "acme", raised, now=first)
    assert [one.check for one in clinic.findings()] == [CONSENT_UNREADABLE]
    clinic.clock.pass_by(days=6)
    assert [one.seen_at for one in night(clinic) if one.finding.check == CONSENT_UNREADABLE] == [first]
    clinic.clock.pass_by(days=2)
    assert CONSENT_UNREADABLE not in {one.finding.check for one in night(clinic)}


def test_findings_are_a_metric_by_tenant_check_and_level(clinic: Clinic) -> None:
    clinic.free_space = 0
    clinic.control("PATCH", "org", {"client_secret_expired": True})
    night(clinic)
    text = clinic.app.test_client().get("/metrics").text
    (family,) = [one for one in text_string_to_metric_families(text) if one.name == "chat2pay_findings"]
    shown = {(one.labels["tenant"], one.labels["check"], one.labels["level"]): one.value for one in family.samples}
    assert shown["", "disk_space", "wrong"] == 1
    assert shown["acme", "login", "wrong"] == 1


def test_a_night_that_is_told_to_stop_stops_after_what_it_has_begun(clinic: Clinic) -> None:
    clinic.control("PATCH", "org", {"client_secret_expired": True})
    examine_all(clinic.services, examiner=clinic.examiner(), going=lambda: False)
    with clinic.services.store.read() as work:
        assert stored_findings(work, "acme") == []


def test_each_deployment_has_a_moment_of_the_night_of_its_own() -> None:
    moments = {
        moment_of_night(make_settings("sqlite:///x.db", public_url=f"https://c{number}.example"))
        for number in range(200)
    }
    assert len(moments) > 100
    assert {hour for hour, _ in moments} == {1, 2, 3, 4}


def test_the_next_night_is_always_ahead_and_less_than_a_day_away() -> None:
    settings = make_settings("sqlite:///x.db")
    hour, minute = moment_of_night(settings)
    at = datetime(2026, 11, 21, hour, minute, tzinfo=UTC)
    assert next_night(settings, now=at) == datetime(2026, 11, 22, hour, minute, tzinfo=UTC)
    assert next_night(settings, now=datetime(2026, 11, 21, 0, 0, tzinfo=UTC)) == at


def test_a_kept_finding_is_kept_once_however_often_it_is_found(clinic: Clinic) -> None:
    examined = ExaminationResult("acme", "Acme", (BAD, BAD), (), ("wheel",))
    save_findings(examined=examined, store=clinic.services.store, now=clinic.clock())
    with clinic.services.store.read() as work:
        assert [one.finding for one in stored_findings(work, "acme")] == [BAD]


@pytest.mark.parametrize(
    ("examined", "subject", "is_over"),
    [
        pytest.param({"seen": ("org_id",)}, "login", True, id="the login opens the right org"),
        pytest.param(
            {"seen": ("org_id",)}, "launch", False, id="a copy has the launches' secret, whatever the login opens"
        ),
        pytest.param({"seen": ("org_id",), "found": (OTHER_ORG,)}, "login", False, id="the login opens another org"),
        pytest.param(
            {"seen": ("org_id",), "unseen": (Unchecked("org_id", "x"),)}, "login", False, id="nobody could say"
        ),
        pytest.param({"seen": ("wheel",)}, "login", False, id="nobody has looked"),
    ],
)
def test_a_copied_org_is_over_once_the_login_has_opened_the_right_one(
    clinic: Clinic, lines: list[Any], examined: dict[str, Any], subject: str, is_over: bool
) -> None:
    copied = replace(BAD, check=CLONED_ORG, subject=subject)
    with clinic.services.store.write() as work:
        add_finding(work, "acme", copied, now=clinic.clock())
    result = ExaminationResult("acme", "Acme", **{"found": (), "unseen": (), **examined})
    save_findings(examined=result, store=clinic.services.store, now=clinic.clock())
    with clinic.services.store.read() as work:
        left = [one.finding for one in stored_findings(work, "acme") if one.finding.check == CLONED_ORG]
    assert left == ([] if is_over else [copied])
    assert [one["kind"] for one in lines if one["event"] == "finding_gone"] == ([CLONED_ORG] if is_over else [])


def test_one_process_examines_itself_once_a_night(clinic: Clinic, lines: list[Any]) -> None:
    workers = EmbeddedWorkers(clinic.services)  # never started: one step of one of its loops is all we want
    workers.examine_once()
    assert [line for line in lines if line["event"] == "examined"] == []
    clinic.clock.at = next_night(clinic.settings, now=clinic.clock())
    workers.examine_once()
    workers.examine_once()
    assert workers.stop(within=30)
    assert [line.get("tenant") for line in lines if line["event"] == "examined"] == [None, "acme"]

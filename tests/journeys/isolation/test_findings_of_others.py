"""Findings that an event raised are closed by time or by their subject, those of one tenant or check without the others'."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connector.domain.health.finding import Finding, Level
from connector.store.health import findings
from foundation.database.unit_of_work import UnitOfWork
from tests.journeys.world import World
from tests.unit.examples import NOW

DAY, MOMENT = timedelta(days=1), timedelta(seconds=1)


def found(check: str, subject: str = "", level: Level = Level.WRONG) -> Finding:
    return Finding(check, level, "It is wrong.", "Mend it.", "It stays wrong.", subject=subject)


@pytest.fixture
def work(world: World) -> Iterator[UnitOfWork]:
    """Two tenants with a copied org, and refused callbacks."""
    with world.services.store.write() as work:
        for tenant in ("acme", "globex"):
            for check in (findings.CLONED_ORG, findings.CALLBACKS_REFUSED):
                findings.add_finding(work, tenant, found(check, "one,two"), now=NOW)
        yield work


def shown(work: UnitOfWork) -> set[tuple[str, str]]:
    return {(one.tenant_id, one.finding.check) for one in findings.stored_findings(work)}


def test_one_is_closed_when_it_was_not_seen_for_its_own_time(work: UnitOfWork) -> None:
    checks, before = [findings.CLONED_ORG, findings.CALLBACKS_REFUSED], shown(work)
    findings.replace_findings(work, "acme", [], seen=checks, now=NOW + DAY - MOMENT)
    assert shown(work) == before
    findings.replace_findings(work, "acme", [], seen=checks, now=NOW + DAY)
    assert shown(work) == before - {("acme", findings.CLONED_ORG)}
    findings.replace_findings(work, "acme", [], seen=[], now=NOW + 7 * DAY)
    assert shown(work) == {("globex", check) for check in checks}


@pytest.mark.parametrize(
    "check",
    [
        findings.AGENT_REFUSED, findings.CALLBACKS_REFUSED, findings.CONSENT_UNREADABLE, findings.LAUNCHES_REFUSED,
        findings.LAUNCH_OF_AGENT, findings.LAUNCH_UNSIGNED, findings.OPT_OUT_UNPROVEN, findings.SETTINGS_UNANNOUNCED,
        findings.STOP_UNREAD,
    ],
)  # fmt: skip
def test_one_is_told_for_a_week_and_closed_by_no_examination_before(work: UnitOfWork, check: str) -> None:
    def is_open(at: timedelta) -> bool:
        findings.replace_findings(work, "new", [], seen=[check], now=NOW + at)
        return findings.open_findings(work, [check], tenant_id="new") != []

    findings.add_finding(work, "new", found(check), now=NOW)
    assert [is_open(at) for at in (DAY, 7 * DAY - MOMENT, 7 * DAY)] == [True, True, False]


def test_one_that_an_examination_finds_again_stays_with_its_first_time(work: UnitOfWork) -> None:
    findings.add_finding(work, "acme", found("login"), now=NOW)
    findings.replace_findings(work, "acme", [found("login")], seen=["login"], now=NOW + DAY - MOMENT)
    (kept,) = findings.open_findings(work, ["login"])
    assert (kept.found_at, kept.seen_at) == (NOW, NOW + DAY - MOMENT)


@pytest.mark.parametrize(("subject", "closed"), [("two", 2), ("%", 0), ("three", 0)])
def test_a_subject_that_works_again_closes_its_group_for_every_tenant(
    work: UnitOfWork, subject: str, closed: int
) -> None:
    assert findings.clear_subject(work, findings.CLONED_ORG, subject) == closed
    left = {("acme", findings.CALLBACKS_REFUSED), ("globex", findings.CALLBACKS_REFUSED)}
    copies = set() if closed else {("acme", findings.CLONED_ORG), ("globex", findings.CLONED_ORG)}
    assert shown(work) == left | copies


def test_they_are_listed_the_worst_first_then_the_oldest_and_no_agents_refusal_among_them(work: UnitOfWork) -> None:
    for check, level, at in (
        ("b", Level.SOON, 0),
        ("a", Level.SOON, 0),
        ("old", Level.WRONG, -1),
        ("c", Level.SOON, -1),
    ):
        findings.add_finding(work, "new", found(check, level=level), now=NOW + at * DAY)
    findings.add_finding(work, "new", found(findings.LAUNCH_OF_AGENT, "005xx000001X8UzAAK"), now=NOW)
    assert [one.finding.check for one in findings.stored_findings(work, "new")] == ["old", "c", "a", "b"]
    assert [one.finding.check for one in findings.stored_findings(work)][:2] == ["old", findings.CALLBACKS_REFUSED]
    assert len(findings.open_findings(work, [findings.LAUNCH_OF_AGENT], tenant_id="new")) == 1
    assert findings.open_findings(work, [findings.LAUNCH_OF_AGENT], tenant_id="acme") == []

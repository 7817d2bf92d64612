"""Which findings a launch that works closes, and which checks are asked for where one does not."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.rights import UNREAD, Right, Rights
from connector.errors import LaunchNames
from connector.journeys.incidents.report_agent_refused import report_agent_refused
from connector.journeys.incidents.report_launch_refused import report_launch_opened, report_launch_refused
from connector.store.health import findings
from connector.store.store import Store
from tests.factories import make_tenant
from tests.journeys.conftest import world
from tests.journeys.world import World

__all__ = ["world"]
SENDER = Rights(frozenset({Right.SEND}))
THANDI, NALEDI = "005xx000001X8UzAAK", "005xx000001X8UzAAZ"


def opened(world: World) -> set[tuple[str, str]]:
    return {(row["check"], row["subject"]) for row in world.rows("findings")}


def test_a_launch_that_works_closes_what_was_found_of_all_and_of_its_own_agent(world: World) -> None:
    store = world.services.store
    for reason in ("wrong_signature", "incomplete"):
        report_launch_refused(tenant=world.acme, reason=reason, store=store)
    report_agent_refused(tenant=world.acme, store=store)
    for user_id in (THANDI, NALEDI):
        report_launch_refused(
            tenant=world.acme, reason="tenant_disabled", store=store, names=LaunchNames("acme", user_id)
        )
    of_all = {(findings.LAUNCH_UNSIGNED, ""), (findings.LAUNCHES_REFUSED, "incomplete"), (findings.AGENT_REFUSED, "")}
    of_agents = {(findings.LAUNCH_OF_AGENT, THANDI), (findings.LAUNCH_OF_AGENT, NALEDI)}
    assert opened(world) == of_all | of_agents
    world.clock.pass_by(minutes=2)
    report_launch_opened(tenant=world.acme, rights=SENDER, store=store, user_id=THANDI)
    assert opened(world) == {(findings.LAUNCH_OF_AGENT, NALEDI)}


class Asked:
    """A store that keeps only which checks it is asked for."""

    def __init__(self) -> None:
        self.checks: list[tuple[tuple[str, ...], timedelta | None]] = []
        self.found: list[Finding] = []
        self.findings = self

    def suspect(self, _tenant_id: str, *checks: str, every: timedelta | None = None) -> None:
        self.checks.append((checks, every))

    def record(self, _tenant_id: str, finding: Finding) -> None:
        self.found.append(finding)

    def resolve(self, *_args: Any, **_how: Any) -> None: ...

    @property
    def as_store(self) -> Store:
        return cast(Store, SimpleNamespace(findings=self))


@pytest.mark.parametrize(
    ("rights", "asked"),
    [
        (SENDER, []),
        (Rights(), [(("permissions", "custom_permissions"), timedelta(minutes=15))]),
        (UNREAD, [(("permissions", "custom_permissions"), timedelta(minutes=1))]),
    ],
    ids=["may send", "may not, as many", "nobody could read it"],
)
def test_an_agent_who_may_not_send_has_permissions_looked_at(rights: Rights, asked: list[Any]) -> None:
    store = Asked()
    report_launch_opened(tenant=make_tenant(), rights=rights, store=store.as_store, user_id=THANDI)
    assert store.checks == asked


@pytest.mark.parametrize(
    ("reason", "asked", "found"),
    [
        ("salesforce_unavailable", [(("org_answers", "login", "org_serves"), None)], []),
        ("cloned_org", [(("org_id",), None)], []),
        ("wrong_signature", [], [(findings.LAUNCH_UNSIGNED, "", Level.SOON)]),
        ("not_an_order", [], [(findings.LAUNCHES_REFUSED, "not_an_order", Level.SOON)]),
        ("launch_undated", [], [(findings.LAUNCHES_REFUSED, "launch_undated", Level.WRONG)]),
        ("salesforce_refused:INVALID_FIELD", [], [(findings.LAUNCHES_REFUSED, "salesforce_refused", Level.WRONG)]),
        ("unknown_org", [], []),
    ],
)
def test_a_refused_launch_is_looked_into_or_told(reason: str, asked: list[Any], found: list[Any]) -> None:
    store = Asked()
    report_launch_refused(tenant=make_tenant(), reason=reason, store=store.as_store)
    assert store.checks == asked
    assert [(one.check, one.subject, one.level) for one in store.found] == found


def test_a_token_that_salesforce_refused_is_looked_into_and_told() -> None:
    store = Asked()
    report_agent_refused(tenant=make_tenant(), store=store.as_store)
    assert store.checks == [(("agents_refused",), None)]
    assert [(one.check, one.level) for one in store.found] == [(findings.AGENT_REFUSED, Level.SOON)]

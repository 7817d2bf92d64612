"""What the org says of our own user, and of the rights that it gives out: as it is, or that nobody can tell."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import requests

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import RightsFrom
from connector.store.health.findings import AGENT_REFUSED, add_finding
from tests.doctor.clinic import Clinic
from tests.peers.answers import Answer


def answers(clinic: Clinic, part: str, body: Any, *, status: int = 200) -> None:
    """Let the org answer one question: the one whose address holds ``part``."""

    def answer(request: requests.PreparedRequest) -> Answer | None:
        return (status, {}, json.dumps(body)) if part in str(request.url) else None

    clinic.on_the_way = answer


def refuses(clinic: Clinic, part: str, code: str) -> None:
    answers(clinic, part, [{"errorCode": code, "message": "No."}], status=403)


@pytest.mark.parametrize("rows", [[], [{"IsActive": False}]], ids=["it cannot see itself", "it is not active"])
def test_a_user_who_is_not_active_is_named(clinic: Clinic, rows: list[Any]) -> None:
    answers(clinic, "FROM+User+", {"records": rows, "done": True})
    (finding,) = clinic.findings()
    assert (finding.check, finding.level) == ("integration_user", "wrong")
    assert finding.subject.startswith("005")
    assert "Edit → Active" in finding.remedy


def test_a_user_who_may_not_use_the_api_is_named_by_the_permission(clinic: Clinic) -> None:
    refuses(clinic, "FROM+User+", "API_DISABLED_FOR_ORG")
    (finding,) = clinic.findings()
    assert (finding.check, finding.subject) == ("integration_user", "PermissionsApiEnabled")
    assert "“API Enabled”" in finding.problem


def test_of_a_user_about_whom_the_org_refuses_to_say_anything_nothing_is_claimed(clinic: Clinic) -> None:
    refuses(clinic, "FROM+User+", "INSUFFICIENT_ACCESS")
    assert clinic.names() == []
    assert "integration_user" in clinic.dark()


def test_a_user_whose_own_sets_cannot_be_seen_may_not_view_the_setup(clinic: Clinic) -> None:
    answers(clinic, "FROM+PermissionSetAssignment", {"records": [], "done": True})
    found = [one for one in clinic.findings() if one.check == "permissions"]
    assert [one.subject for one in found] == ["PermissionsViewSetup"]
    assert "custom_permissions" in clinic.dark()


def test_custom_permissions_are_not_asked_for_where_rights_come_from_the_order(clinic: Clinic) -> None:
    by_order = replace(clinic.tenant.policy, rights_from=RightsFrom.ORDER_ACCESS)
    clinic.keep(replace(clinic.tenant, policy=by_order))
    answers(clinic, "FROM+CustomPermission+", {"records": [], "done": True})
    assert [one for one in clinic.names() if one[0] == "custom_permissions"] == []


@pytest.mark.parametrize("name", ["DailyBulkV2QueryJobs", "DailyApiRequests"], ids=["not of calls", "of no calls"])
def test_an_org_that_names_no_limit_of_calls_has_none_that_runs_out(clinic: Clinic, name: str) -> None:
    answers(clinic, "/limits", {name: {"Max": 0, "Remaining": 0}})
    assert clinic.names() == []
    assert "api_limits" not in clinic.dark()


def test_agents_who_are_shut_out_since_the_last_launch_that_worked_are_named(clinic: Clinic) -> None:
    assert clinic.launch().status_code == 200
    clinic.clock.pass_by(minutes=5)
    clinic.control("PATCH", "org", {"ip_refused": True})
    assert clinic.launch().status_code == 403
    assert clinic.names() == [("agents_refused", "wrong", "")]


def test_a_refusal_that_a_later_launch_disproves_is_over_though_its_finding_is_still_open(clinic: Clinic) -> None:
    refused_at = clinic.clock()
    clinic.clock.pass_by(minutes=5)
    assert clinic.launch().status_code == 200
    refused = Finding(AGENT_REFUSED, Level.WRONG, "An agent's token was refused.")
    with clinic.services.store.write() as work:
        add_finding(work, clinic.tenant.tenant_id, refused, now=refused_at)
    assert clinic.names() == []

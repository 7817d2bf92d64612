"""Our sets in an org, whoever holds them: each permission that one has lost, against the file that it ships with."""

from __future__ import annotations

from functools import cache
from itertools import zip_longest

import pytest

from connector.domain.health.finding import Finding, Level
from connector.journeys.examining.peers.examine_project import examine_project
from connector.salesforce.inspection.diagnostics import read_login
from connector.salesforce.permissions.org_facts import read_org_facts
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind, shipped_sets
from tests.doctor.clinic import Clinic
from tests.doctor.peers.set_changes import leads_back, put_back, said, take_out

SETS = sorted(shipped_sets().values(), key=lambda one: one.name)
# Ours with its right to see the set-up from elsewhere, too: else nothing could be said once its own set has lost it.
OURS, READS_SETUP = "Chat2Pay_Integration", "Setup_Readers"


def about_sets(clinic: Clinic) -> list[Finding]:
    """What the check of the sets says, without the other checks."""
    salesforce, tenant = clinic.services.salesforce, clinic.tenant
    login = read_login(salesforce, tenant)
    checks = examine_project(
        tenant=tenant,
        facts=cache(lambda: read_org_facts(salesforce, tenant, own_id=login.user_id)),
        salesforce=salesforce,
        store=clinic.services.store,
    )
    return list(next(one for one in checks if one.name == "permission_sets").run())


@pytest.fixture
def whole(clinic: Clinic) -> Clinic:
    """An org with all six directories, in which nobody but our own user holds a set."""
    clinic.control("PATCH", "org", {"order_summaries": True})
    clinic.control("POST", "deploy", {"directories": sorted({one.directory for one in SETS})})
    for user in clinic.control("GET", "credentials")["users"]:
        sets = [OURS, READS_SETUP] if "Integration" in user["name"] else []
        clinic.control("PATCH", f"users/{user['id']}", {"permission_sets": sets})
    return clinic


def test_each_permission_is_named_although_nobody_holds_the_set(whole: Clinic) -> None:
    """Each set loses its permissions one after the other, and all sets at the same time: none is blamed for another's."""
    assert about_sets(whole) == []
    for lost in zip_longest(*([(shipped, one) for one in sorted(shipped.grants)] for shipped in SETS)):
        gone = {f"{shipped.name} {one.kind.value}": (shipped, one) for shipped, one in filter(None, lost)}
        taken = [take_out(whole, shipped, one) for shipped, one in gone.values()]
        found = about_sets(whole)
        assert sorted(finding.subject for finding in found) == sorted(gone)
        for finding in found:
            shipped, one = gone[finding.subject]
            assert one.name in said(finding), one
            assert leads_back(finding, shipped, one), one
        for row in taken:
            put_back(whole, row)
    assert about_sets(whole) == []


def test_the_whole_examination_names_it_too_and_stops_nothing(clinic: Clinic) -> None:
    taken = take_out(clinic, shipped_sets()["Chat2Pay_Flow"], Grant(GrantKind.APEX, "Chat2PaySendAction"))
    (finding,) = clinic.findings()
    assert (finding.check, finding.level) == ("permission_sets", Level.SOON)
    put_back(clinic, taken)
    assert clinic.findings() == []


def test_a_set_that_lost_nothing_is_not_blamed_for_what_the_org_lacks(whole: Clinic) -> None:
    """A class, a permission or an older set that is not there: the check of the project names these with the deploy."""
    org = whole.org.extensions["org"]
    (row,) = [row for row in org.records.rows("ApexClass") if row["Name"] == "Chat2PaySendAction"]
    agent = org.permissions.set_named("Chat2Pay_Agent")
    take_out(whole, shipped_sets()["Chat2Pay_Agent"], Grant(GrantKind.FIELD, "Contact.Phone", "PermissionsRead"))
    with org.records.transaction():
        org.records.remove("ApexClass", row["Id"])
        org.records.put("PermissionSet", agent | {"Description": "Agents. Version 0.0.9."})
    assert about_sets(whole) == []

"""One permission taken from the people of an org, and the finding that names it with its set and its click."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import pytest
import requests

import manifests
from connector.domain.health.finding import Finding, Level
from connector.journeys.examining.peers.examine_people import examine_people, examine_person
from connector.salesforce.inspection.diagnostics import read_login
from connector.salesforce.permissions.org_facts import read_org_facts
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind, ShippedSet, shipped_sets
from tests.doctor.clinic import Clinic
from tests.doctor.peers.set_changes import leads_back, put_back, said, take_out
from tests.peers.answers import Answer

HOLDERS = {"Chat2Pay_Agent": "Thandi", "Chat2Pay_Supervisor": "Naledi", "Chat2Pay_Integration": "Integration"}
ORDER_MANAGEMENT = "Chat2Pay_Order_Management"
# What is for our own user beside Chat2Pay_Integration belongs to the check of events.
OTHERS = sorted(
    (
        one
        for one in shipped_sets().values()
        if one.directory != "base" and one.name not in (ORDER_MANAGEMENT, "Chat2Pay_Integration_Events")
    ),
    key=lambda one: one.name,
)
BASE = sorted((one for one in shipped_sets().values() if one.directory == "base"), key=lambda one: one.name)


def as_user(clinic: Clinic, username: str) -> list[Finding]:
    """What the command finds for one user."""
    check = examine_person(
        tenant=clinic.tenant,
        username=username,
        salesforce=clinic.services.salesforce,
        store=clinic.services.store,
    )
    return [one for one in check.run() if one.level is not Level.FINE]


def about_ourselves(clinic: Clinic) -> list[Finding]:
    """What the check of the integration user finds, without the other checks."""
    salesforce, tenant = clinic.services.salesforce, clinic.tenant
    login = read_login(salesforce, tenant)
    checks = examine_people(
        tenant=tenant,
        read_login=lambda: login,
        facts=cache(lambda: read_org_facts(salesforce, tenant, own_id=login.user_id)),
        salesforce=salesforce,
        store=clinic.services.store,
    )
    return list(next(one for one in checks if one.name == "integration_rights").run())


def about_holder(clinic: Clinic, shipped: ShippedSet, kind: GrantKind) -> list[Finding]:
    """What is found about the holder of a set, in the directory of that set."""
    if shipped.name == "Chat2Pay_Integration":
        # A permission of the system stops other checks too, so everything is looked at.
        return clinic.findings() if kind is GrantKind.SYSTEM else about_ourselves(clinic)
    found = as_user(clinic, clinic.user(HOLDERS[shipped.name])["username"])
    return [one for one in found if "Chat2Pay_Agent_Panel" not in one.subject]


def take_from_profile(clinic: Clinic, shipped: ShippedSet, one: Grant, *, back: bool = False) -> None:
    """Untick a permission of the system in the profile of the holder, which may give it, too."""
    if one.kind is not GrantKind.SYSTEM:
        return
    org = clinic.org.extensions["org"]
    for row in org.permissions.sets_of(org.user(clinic.user(HOLDERS[shipped.name])["id"])):
        if row["IsOwnedByProfile"]:
            clinic.control("PATCH", f"permission-sets/{row['Name']}", {f"Permissions{one.name}": back})


def kinds_of(shipped: ShippedSet) -> list[GrantKind]:
    return sorted({one.kind for one in shipped.grants})


@pytest.mark.parametrize(
    ("shipped", "kind"),
    [pytest.param(one, kind, id=f"{one.name}-{kind.name}") for one in BASE for kind in kinds_of(one)],
)
def test_each_permission_that_is_taken_out_of_a_set_is_named(
    clinic: Clinic, shipped: ShippedSet, kind: GrantKind
) -> None:
    """Every permission of the set, one after the other: it is named with the set and the click, and goes when it is back."""
    for one in sorted(grant for grant in shipped.grants if grant.kind is kind):
        taken = take_out(clinic, shipped, one)
        take_from_profile(clinic, shipped, one)
        found = [finding for finding in about_holder(clinic, shipped, kind) if one.name in said(finding)]
        assert found, one
        assert any(leads_back(finding, shipped, one) for finding in found), (one, found)
        put_back(clinic, taken)
        take_from_profile(clinic, shipped, one, back=True)
    assert about_holder(clinic, shipped, kind) == []


@pytest.mark.parametrize("shipped", OTHERS, ids=lambda one: one.name)
def test_each_permission_that_is_taken_out_of_an_optional_set_is_named(clinic: Clinic, shipped: ShippedSet) -> None:
    thandi = clinic.user("Thandi")
    clinic.control("PATCH", f"users/{thandi['id']}", {"permission_sets": ["Chat2Pay_Agent", shipped.name]})
    for one in sorted(shipped.grants - shipped_sets()["Chat2Pay_Agent"].grants):
        taken = take_out(clinic, shipped, one)
        found = [finding for finding in as_user(clinic, thandi["username"]) if one.name in said(finding)]
        assert any(leads_back(finding, shipped, one) for finding in found), (one, found)
        put_back(clinic, taken)
    assert [one for one in as_user(clinic, thandi["username"]) if shipped.name in one.subject] == []


def test_each_permission_that_is_taken_out_of_the_set_for_order_management_is_named(clinic: Clinic) -> None:
    shipped, integration = shipped_sets()[ORDER_MANAGEMENT], clinic.user("Integration")
    clinic.control("PATCH", "org", {"order_summaries": True})
    clinic.control("POST", "deploy", {"directories": ["oms"]})
    assert any("sf org assign permset -n Chat2Pay_Order_Management" in one.remedy for one in about_ourselves(clinic))
    clinic.control("PATCH", f"users/{integration['id']}", {"permission_sets": ["Chat2Pay_Integration", shipped.name]})
    assert about_ourselves(clinic) == []
    for one in sorted(shipped.grants - shipped_sets()["Chat2Pay_Integration"].grants):
        taken = take_out(clinic, shipped, one)
        found = [finding for finding in about_ourselves(clinic) if one.name in said(finding)]
        assert any(leads_back(finding, shipped, one) for finding in found), (one, found)
        put_back(clinic, taken)


def test_every_kind_of_right_in_our_files_is_looked_at() -> None:
    """What a permission set may hold, by its elements: a new one has to be read, and be tried above."""
    elements = set()
    for path in (Path(manifests.__file__).parent / "salesforce").glob("*/main/default/permissionsets/*.xml"):
        elements |= {one.tag.rpartition("}")[2] for one in ElementTree.parse(path).getroot()}
    assert elements - {"description", "hasActivationRequired", "label", "license"} == {
        "classAccesses", "customMetadataTypeAccesses", "customPermissions", "externalCredentialPrincipalAccesses",
        "fieldPermissions", "objectPermissions", "tabSettings", "userPermissions",
    }  # fmt: skip
    assert {one.kind for shipped in shipped_sets().values() for one in shipped.grants} == set(GrantKind)


@pytest.mark.parametrize("hidden", ["EntityDefinition", "PermissionSetTabSetting", "named-credentials"])
def test_nobody_is_said_to_lack_what_the_org_does_not_show(clinic: Clinic, hidden: str) -> None:
    thandi = clinic.user("Thandi")
    sets = ["Chat2Pay_Agent", "Chat2Pay_Agent_Panel", "Chat2Pay_Flow"]
    clinic.control("PATCH", f"users/{thandi['id']}", {"permission_sets": sets})
    assert as_user(clinic, thandi["username"]) == []

    def refuse(request: requests.PreparedRequest) -> Answer | None:
        asked = f"{unquote_plus(str(request.url))} {unquote_plus(str(request.body))}"
        named = f"/{hidden}/" in asked or f"FROM {hidden} " in asked
        return (403, {}, '[{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}]') if named else None

    clinic.on_the_way = refuse
    assert as_user(clinic, thandi["username"]) == []


def test_a_set_that_was_never_assigned_is_named_with_the_command(clinic: Clinic) -> None:
    thandi = clinic.user("Thandi")
    clinic.control("PATCH", f"users/{thandi['id']}", {"permission_sets": []})
    (finding,) = [one for one in as_user(clinic, thandi["username"]) if "Chat2Pay_Agent " in f"{one.subject} "]
    assert finding.level is Level.WRONG
    assert "does not hold the permission set Chat2Pay_Agent" in finding.problem
    assert f"sf org assign permset -n Chat2Pay_Agent -o ORG --on-behalf-of {thandi['username']}" in finding.remedy


def test_agents_who_launched_last_are_looked_at_by_themselves(clinic: Clinic) -> None:
    clinic.launch()
    take_out(clinic, shipped_sets()["Chat2Pay_Agent"], Grant(GrantKind.FIELD, "Contact.MobilePhone", "PermissionsRead"))
    found = clinic.findings()
    assert [(one.check, one.level) for one in found] == [("agents", Level.WRONG), ("permission_sets", Level.SOON)]
    assert all("Read on Contact.MobilePhone" in one.problem for one in found)


def test_an_agent_who_was_given_another_task_is_no_fault(clinic: Clinic) -> None:
    clinic.launch()
    clinic.control("PATCH", f"users/{clinic.user('Thandi')['id']}", {"permission_sets": []})
    assert clinic.findings() == []


def test_an_agent_who_has_left_is_no_fault_and_is_named_who_is_asked_about(clinic: Clinic) -> None:
    clinic.launch()
    take_out(clinic, shipped_sets()["Chat2Pay_Agent"], Grant(GrantKind.FIELD, "Contact.MobilePhone", "PermissionsRead"))
    thandi = clinic.user("Thandi")
    clinic.control("PATCH", f"users/{thandi['id']}", {"active": False})
    assert [one.check for one in clinic.findings()] == ["permission_sets"]
    found = [one for one in as_user(clinic, thandi["username"]) if "is not active" in one.problem]
    assert [(one.level, one.remedy) for one in found] == [(Level.WRONG, "Setup → Users → Edit → Active.")]


def test_a_supervisor_needs_no_agents_set_beside_the_own_one(clinic: Clinic) -> None:
    naledi = clinic.user("Naledi")
    clinic.control("PATCH", f"users/{naledi['id']}", {"permission_sets": ["Chat2Pay_Supervisor"]})
    number = Grant(GrantKind.FIELD, "Contact.MobilePhone", "PermissionsRead")
    take_out(clinic, shipped_sets()["Chat2Pay_Supervisor"], number)
    assert [one for one in as_user(clinic, naledi["username"]) if "Chat2Pay_Supervisor " in one.subject]
    assert [one for one in as_user(clinic, naledi["username"]) if "Chat2Pay_Agent " in f"{one.subject} "] == []


def test_what_a_group_mutes_is_named_with_the_group(clinic: Clinic) -> None:
    thandi = clinic.user("Thandi")
    clinic.control("PATCH", f"users/{thandi['id']}", {"permission_sets": []})
    group = {"name": "Sales_Desk", "permission_sets": ["Chat2Pay_Agent"], "users": [thandi["id"]]}
    clinic.control("POST", "permission-set-groups", group | {"muted": ["Contact.Phone", "Chat2Pay_Send"]})
    found = [one for one in as_user(clinic, thandi["username"]) if "Chat2Pay_Agent " in f"{one.subject} "]
    assert {one.problem.rpartition(": ")[2] for one in found} == {
        "Read on Contact.Phone.",
        "the custom permission Chat2Pay_Send.",
    }
    assert all("Setup → Permission Set Groups → Sales_Desk → Muting Permission Set" in one.remedy for one in found)


def test_a_group_that_was_not_worked_out_anew_is_named(clinic: Clinic) -> None:
    thandi = clinic.user("Thandi")
    clinic.control("PATCH", f"users/{thandi['id']}", {"permission_sets": []})
    group = {"name": "Sales_Desk", "permission_sets": ["Chat2Pay_Agent"], "users": [thandi["id"]]}
    clinic.control("POST", "permission-set-groups", group | {"status": "Outdated"})
    found = as_user(clinic, thandi["username"])
    assert any("Sales_Desk → Recalculate" in one.remedy for one in found)


def test_a_user_with_all_of_it_through_a_group_lacks_nothing(clinic: Clinic) -> None:
    thandi = clinic.user("Thandi")
    clinic.control("PATCH", f"users/{thandi['id']}", {"permission_sets": []})
    group = {"name": "Sales_Desk", "permission_sets": ["Chat2Pay_Agent"], "users": [thandi["id"]]}
    clinic.control("POST", "permission-set-groups", group)
    assert [one for one in as_user(clinic, thandi["username"]) if "Chat2Pay_Agent " in f"{one.subject} "] == []


def test_a_username_that_nobody_has_is_named(clinic: Clinic) -> None:
    (finding,) = as_user(clinic, "nobody@acme.example")
    assert (finding.level, "no user nobody@acme.example" in finding.problem) == (Level.WRONG, True)


def test_an_order_that_sharing_hides_is_named(clinic: Clinic) -> None:
    clinic.launch()
    pieter = clinic.user("Pieter")
    clinic.control("PATCH", f"users/{pieter['id']}", {"sees_all_orders": False})
    order_id = clinic.org.extensions["org"].orders()[0]["Id"]
    assert [one.subject for one in as_user(clinic, pieter["username"]) if order_id in one.problem] == [
        f"{pieter['username']} {order_id}"
    ]


def test_a_user_is_looked_at_on_the_order_that_they_opened_last(clinic: Clinic) -> None:
    pieter = clinic.user("Pieter")
    for sees_all, name, place in ((True, "Pieter", 0), (False, "Thandi", 1)):
        clinic.control("PATCH", f"users/{pieter['id']}", {"sees_all_orders": sees_all})
        assert clinic.launch(clinic.signed(name=name, place=place)).status_code == 200
        clinic.clock.pass_by(minutes=1)
        clinic.control("PATCH", f"users/{pieter['id']}", {"sees_all_orders": False})
    order_id = clinic.org.extensions["org"].orders()[0]["Id"]
    assert any(order_id in one.problem for one in as_user(clinic, pieter["username"]))


def test_the_last_refused_launch_of_a_user_is_shown_until_one_works(clinic: Clinic) -> None:
    thandi = clinic.user("Thandi")
    clinic.control("PUT", "agent-field-permissions", {"Contact.Phone": {"readable": False, "editable": False}})
    assert clinic.launch().status_code == 403
    found = [one for one in as_user(clinic, thandi["username"]) if one.subject.endswith(" launch")]
    assert ["refused on 2026-" in one.problem and "salesforce_refused" in one.problem for one in found] == [True]
    assert all(check != "launch_of_agent" for check, _ in clinic.open_findings())
    clinic.control("PUT", "agent-field-permissions", {})
    clinic.clock.pass_by(minutes=2)
    assert clinic.launch().status_code == 200
    assert [one for one in as_user(clinic, thandi["username"]) if one.subject.endswith(" launch")] == []


def test_looking_costs_few_calls(clinic: Clinic) -> None:
    clinic.launch()
    clinic.control("DELETE", "calls")
    as_user(clinic, clinic.user("Thandi")["username"])
    assert clinic.control("GET", "calls")["api_calls"] <= 8


@pytest.mark.parametrize("right", ["PermissionsViewAllRecords", "PermissionsModifyAllRecords"])
def test_private_orders_that_our_user_may_not_see_all_of_are_named(clinic: Clinic, right: str) -> None:
    values = {"QualifiedApiName": "Order", "InternalSharingModel": "Private"}
    clinic.control("POST", "records", {"object": "EntityDefinition", "values": values})
    (finding,) = about_ourselves(clinic)
    assert "tick Modify All Records" in finding.remedy
    every = {"objects": {"Order": {right: True}}}
    clinic.control("PATCH", "permission-sets/Chat2Pay_Integration", every)
    assert about_ourselves(clinic) == []

"""How much of the Salesforce project an org has, dated launches, and orders that were cloned with their payment."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import connector.journeys as journeys_package
import manifests
from connector.cli import main
from connector.domain.health.examination import CheckSelection
from connector.domain.health.finding import Finding, Level
from connector.journeys.examining.examine import examine
from connector.salesforce.permissions.shipped_sets import ShippedSet, shipped_sets
from tests.doctor.clinic import Clinic
from tests.journeys.world import page_data

FLOW = "Chat2Pay_Blank_Cloned_Order"
SETS = sorted(shipped_sets().values(), key=lambda one: one.name)


def all_of(clinic: Clinic, check: str) -> list[Finding]:
    """What one check says, what is fine included; only those that it needs are made beside it."""
    only = CheckSelection(frozenset({check}))
    made = list(
        examine(
            examiner=clinic.examiner(),
            choose=clinic.services.store.tenants.every,
            on_check=lambda _: None,
            selections={"": only, clinic.tenant.tenant_id: only},
        )
    )
    assert any(check in one.seen for one in made), made
    return [finding for one in made for finding in one.found if finding.check == check]


def rows(clinic: Clinic, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = clinic.org.extensions["org"].records.rows(name)
    return found


def put(clinic: Clinic, name: str, row: dict[str, Any]) -> None:
    records = clinic.org.extensions["org"].records
    with records.transaction():
        records.put(name, row)


def forget(clinic: Clinic, name: str, record_id: str) -> None:
    records = clinic.org.extensions["org"].records
    with records.transaction():
        records.remove(name, record_id)


@pytest.mark.parametrize("directory", sorted({one.directory for one in shipped_sets().values()} - {"base"}))
def test_an_optional_directory_that_is_not_there_is_only_mentioned(clinic: Clinic, directory: str) -> None:
    names = {one.name for one in shipped_sets().values() if one.directory == directory}
    for row in rows(clinic, "PermissionSet"):
        if row["Name"] in names:
            forget(clinic, "PermissionSet", row["Id"])
    (finding,) = [one for one in all_of(clinic, "project") if one.subject == directory]
    assert finding.level is Level.FINE
    assert f"sf project deploy start --source-dir {directory} -o ORG" in finding.remedy


def test_the_remedy_begins_with_an_export_that_runs_and_deploys_from_its_folder(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever installed the package has no source tree, and a deploy from one would overwrite the org's addresses."""
    for row in rows(clinic, "PermissionSet"):
        if row["Name"] == "Chat2Pay_Flow":
            forget(clinic, "PermissionSet", row["Id"])
    (finding,) = [one for one in all_of(clinic, "project") if one.subject == "automation"]
    commands = re.findall(r"`(.+?)`", finding.remedy)
    assert [one.split()[0] for one in commands] == ["chat2pay", "sf"]
    assert f"--tenant {clinic.tenant.tenant_id} " in commands[0]
    monkeypatch.setattr("connector.commands.salesforce.values.open_shared", lambda quiet: clinic.services)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, commands[0].replace("MAIL", "it@acme.example").split()[1:])
    assert done.exit_code == 0, done.output
    (directory,) = re.findall(r"--source-dir (\w+) ", commands[1])
    assert (tmp_path / "c2p-project" / directory).is_dir()


def test_no_remedy_leaves_the_tenant_or_the_folder_to_the_reader() -> None:
    journeys = Path(journeys_package.__file__).parent
    sources = {path: path.read_text() for path in journeys.rglob("*.py")}
    assert [path for path, text in sources.items() if "manifests/salesforce" in text] == []
    assert [path for path, text in sources.items() if re.search(r"chat2pay [^`\"]*\bTENANT\b", text)] == []


def test_a_part_of_base_that_is_missing_is_named_with_the_command(clinic: Clinic) -> None:
    (supervisor,) = [row for row in rows(clinic, "PermissionSet") if row["Name"] == "Chat2Pay_Supervisor"]
    forget(clinic, "PermissionSet", supervisor["Id"])
    (finding,) = [one for one in all_of(clinic, "project") if one.subject == "base"]
    assert (finding.level, finding.subject) == (Level.SOON, "base")
    assert "lacks the permission set Chat2Pay_Supervisor" in finding.problem
    assert "--source-dir base -o ORG" in finding.remedy


@pytest.mark.parametrize(
    ("description", "named"), [("An older set.", "an older version"), ("Agents. Version 0.0.9.", "version 0.0.9")]
)
@pytest.mark.parametrize("shipped", SETS, ids=lambda one: one.name)
def test_an_older_version_is_named(clinic: Clinic, shipped: ShippedSet, description: str, named: str) -> None:
    clinic.control("PATCH", "org", {"order_summaries": True})
    clinic.control("POST", "deploy", {"directories": [shipped.directory]})
    assert [one for one in all_of(clinic, "project") if one.subject == shipped.directory] == []
    (there,) = [row for row in rows(clinic, "PermissionSet") if row["Name"] == shipped.name]
    put(clinic, "PermissionSet", there | {"Description": description})
    (finding,) = [one for one in all_of(clinic, "project") if one.subject == shipped.directory]
    assert finding.level is Level.SOON
    assert f"has {named} of the directory {shipped.directory}" in finding.problem


def test_every_version_in_a_description_is_the_connectors() -> None:
    """Raised with every release, or doctor would call a fresh deployment old."""
    versions = {one.name: one.version for one in shipped_sets().values()}
    assert versions == dict.fromkeys(versions, manifests.load("connector.json")["version"])


def test_says_that_launches_are_dated_and_nobody_looks(clinic: Clinic) -> None:
    (finding,) = all_of(clinic, "launch_dates")
    assert (finding.level, "require_launched_at" in finding.remedy) == (Level.FINE, True)
    clinic.keep(replace(clinic.tenant, policy=replace(clinic.tenant.policy, require_launched_at=True)))
    assert all_of(clinic, "launch_dates") == []


def test_a_date_that_nothing_sets_is_wrong(clinic: Clinic) -> None:
    clinic.keep(replace(clinic.tenant, policy=replace(clinic.tenant.policy, require_launched_at=True)))
    (lifecycle,) = [row for row in rows(clinic, "ApexClass") if row["Name"] == "PaymentCanvasLifecycle"]
    forget(clinic, "ApexClass", lifecycle["Id"])
    (finding,) = all_of(clinic, "launch_dates")
    assert finding.level is Level.WRONG
    assert "--source-dir panel -o ORG" in finding.remedy


def cloned(clinic: Clinic) -> dict[str, Any]:
    """An order that was paid, and its clone with all of its fields, as Salesforce makes it."""
    clinic.send()
    clinic.wait(10)
    original = clinic.org.extensions["org"].orders()[0]
    put(clinic, "Order", original | {"Chat2Pay_Status__c": "paid", "Chat2Pay_Payment_State__c": "paid"})
    original = clinic.org.extensions["org"].orders()[0]
    assert original["Chat2Pay_Reference__c"]
    other = clinic.org.extensions["org"].orders()[1]
    ours = {name: value for name, value in original.items() if name.startswith("Chat2Pay_")}
    put(clinic, "Order", other | ours)
    return other


def test_a_clone_with_anothers_payment_is_named(clinic: Clinic) -> None:
    clone = cloned(clinic)
    (finding,) = all_of(clinic, "cloned_orders")
    assert finding.level is Level.WRONG
    assert finding.problem.endswith(f"cloned from it: {clone['OrderNumber']}.")
    assert f"Setup → Flows → {FLOW} → Activate" in finding.remedy


def test_a_clone_is_named_before_the_flow_is_active_and_there_is_none_after(clinic: Clinic) -> None:
    clinic.send()
    clinic.wait(10)
    original = clinic.org.extensions["org"].orders()[0]
    assert original["Chat2Pay_Reference__c"]
    cloned_before = clinic.control("POST", f"orders/{original['Id']}/clone", {})
    (finding,) = all_of(clinic, "cloned_orders")
    assert (finding.level, finding.problem.rpartition(": ")[2]) == (Level.WRONG, f"{cloned_before['OrderNumber']}.")
    clinic.control("PATCH", f"records/{flow_id(clinic)}", {"ActiveVersionId": "301Qy0000000001AAA"})
    cloned_after = clinic.control("POST", f"orders/{original['Id']}/clone", {})
    (finding,) = all_of(clinic, "cloned_orders")
    assert finding.problem.endswith(f": {cloned_before['OrderNumber']}.")
    assert "Activate" not in finding.remedy
    blank = {name: None for name in cloned_before if name.startswith("Chat2Pay_")}
    assert {name: cloned_after[name] for name in blank} == blank
    put(clinic, "Order", cloned_before | blank)  # what the remedy asks for
    assert all_of(clinic, "cloned_orders") == []


def flow_id(clinic: Clinic) -> str:
    (flow,) = [row for row in rows(clinic, "FlowDefinitionView") if row["ApiName"] == FLOW]
    return str(flow["Id"])


def test_the_page_of_a_clone_does_not_say_paid(clinic: Clinic) -> None:
    clone = cloned(clinic)
    signed = clinic.control("POST", "launches", {"order_id": clone["Id"], "user_id": clinic.user("Naledi")["id"]})
    opened = clinic.launch(signed["signed_request"])
    assert opened.status_code == 200, opened.text
    order = page_data(opened.text)["order"]
    assert order["payment_requests"] == []
    assert order["payment_state"] == "unpaid"


def test_says_that_the_flow_is_not_active_until_it_is(clinic: Clinic) -> None:
    (finding,) = all_of(clinic, "cloned_orders")
    assert (finding.level, finding.subject) == (Level.FINE, FLOW)
    assert finding.remedy == f"Setup → Flows → {FLOW} → Activate."
    (flow,) = [row for row in rows(clinic, "FlowDefinitionView") if row["ApiName"] == FLOW]
    # The newest version need not be the active one.
    put(clinic, "FlowDefinitionView", flow | {"ActiveVersionId": "301Qy0000000001AAA", "IsActive": False})
    assert all_of(clinic, "cloned_orders") == []

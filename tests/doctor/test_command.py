"""`chat2pay doctor` against a running connector, org and core over real HTTP: healthy, then broken on purpose."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.demo.scripted.actors import launch
from sandbox.demo.state_folder import StateFolder
from sandbox.processes.ports import free_ports
from sandbox.processes.supervisor import Supervisor
from tests.processes.forkserver import run_command
from tests.processes.quick_stack import QuickStack


class Patient:
    """A stack with all three programs, and the command beside them."""

    def __init__(self, folder: Path, supervisor: Supervisor) -> None:
        self.stack = QuickStack(StateFolder(folder), free_ports(("connector", "org", "core")), supervisor)
        self.stack.start_peers()
        self.stack.connect()
        (listed,) = json.loads(self.chat2pay("tenant", "list", "--json").stdout)
        self.tenant: str = listed["tenant"]

    def chat2pay(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command as an admin does."""
        return run_command(arguments, self.stack.connector_environment())

    def found(self, *arguments: str) -> tuple[int, set[tuple[str, str]], set[str]]:
        """Return (exit code, checks with their level, checks that stayed in the dark)."""
        ran = self.chat2pay("doctor", "--json", *arguments)
        told = json.loads(ran.stdout)
        assert told["well"] is (ran.returncode == 0)
        findings = {(one["check"], one["level"]) for part in told["examined"] for one in part["findings"]}
        dark = {one["check"] for part in told["examined"] for one in part["not_looked_at"]}
        return ran.returncode, findings, dark

    def control(self, method: str, path: str, body: Any) -> None:
        """Use a control of the org."""
        self.stack.org.request(method, f"/sandbox/{path}", json=body)

    def switch_application(self, status: str) -> None:
        """Do it in the core's portal."""
        uuid = self.stack.application()["uuid"]
        self.stack.core.request("PUT", f"/sandbox/applications/{uuid}", json={"status": status})

    def set_permission(self, name: str, *, ticked: bool) -> None:
        """Tick or untick a permission of the integration user's set."""
        self.control("PATCH", "permission-sets/Chat2Pay_Integration", {f"Permissions{name}": ticked})


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    supervisor = Supervisor(say=print)
    try:
        yield Patient(tmp_path_factory.mktemp("patient"), supervisor)
    finally:
        supervisor.stop()


def test_a_healthy_deployment_ends_with_zero(patient: Patient) -> None:
    launch(patient.stack)  # whoever opened a page last is looked at, too
    code, findings, dark = patient.found()
    assert ({one for one in findings if one[1] == "wrong"}, dark) == (set(), set())
    assert code == 0


def test_people_read_sentences_and_see_how_far_it_is(patient: Patient) -> None:
    ran = patient.chat2pay("doctor", "--tenant", patient.tenant)
    assert ran.returncode == 0
    assert "This deployment\n" in ran.stdout
    assert f"Karoo Trading ({patient.tenant})" in ran.stdout
    assert "0 wrong" in ran.stdout
    assert "Everything is in order." in ran.stdout
    assert "0 could not be looked at" in ran.stdout
    assert "… Karoo Trading: custom permissions" in ran.stderr


def test_six_things_broken_on_purpose_are_named_one_by_one(patient: Patient) -> None:
    field = "Order.Chat2Pay_Amount_Due__c"
    database = Path(patient.stack.folder.database_url.removeprefix("sqlite:///"))
    patient.set_permission("EditActivatedOrders", ticked=False)
    patient.control("PUT", "field-permissions", {field: {"readable": True, "editable": False}})
    patient.control("PUT", "faults", {"api_used": 99_000})
    database.chmod(0o666)
    patient.chat2pay("tenant", "disable", patient.tenant)
    patient.switch_application("DEACTIVATED")
    try:
        code, findings, dark = patient.found()
        text = patient.chat2pay("doctor")
    finally:
        patient.set_permission("EditActivatedOrders", ticked=True)
        patient.control("PUT", "field-permissions", {})
        patient.control("PUT", "faults", {})
        for file in database.parent.glob(f"{database.name}*"):  # SQLite gave its log the rights of its database
            file.chmod(0o600)
        patient.chat2pay("tenant", "enable", patient.tenant)
        patient.switch_application("ACTIVATED")
    assert code == text.returncode == 1
    assert dark == set()
    assert {
        ("permissions", "wrong"),
        ("mapping", "wrong"),
        ("api_limits", "wrong"),
        ("database_file", "wrong"),
        ("tenant_disabled", "soon"),
        ("core_application", "wrong"),
    } <= findings
    read = " ".join(text.stdout.split())
    for sentence in (
        "does not have the permission “Edit Activated Orders”",
        "Chat2Pay_Amount_Due__c",
        "of its 100000 API calls left",
        "Run `chmod 600",
        f"`chat2pay tenant enable {patient.tenant}`",
        "If nothing is done: Orders that were activated never show that they were paid.",
    ):
        assert sentence in read
    assert patient.found()[0] == 0


def test_a_login_that_is_refused_is_told_with_what_stays_in_the_dark(patient: Patient) -> None:
    patient.control("PATCH", "org", {"client_secret_expired": True})
    try:
        code, findings, dark = patient.found()
        text = patient.chat2pay("doctor").stdout
    finally:
        patient.control("PATCH", "org", {"client_secret_expired": False})
    assert code == 1
    assert ("login", "wrong") in findings
    assert {"org_id", "permissions", "mapping", "api_limits"} <= dark
    assert "DARK" in text
    known = patient.stack.org.get_json("/sandbox/credentials")
    assert known["client_secret"] not in text


def test_the_write_probe_leaves_the_order_as_it_was(patient: Patient) -> None:
    order = patient.stack.first_order()["Id"]
    code, findings, _ = patient.found("--write-probe", order)
    assert code == 0
    assert ("write_probe", "fine") in findings


def test_one_user_may_be_looked_at(patient: Patient) -> None:
    code, findings, dark = patient.found("--as", "nobody@acme.example")
    assert (code, ("as_user", "wrong") in findings, dark) == (1, True, set())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tenant", "nobody"), "There is no tenant"),
        (("--write-probe", "00000102"), "Give the order's Salesforce id"),
        (("--as", "Thandi"), "Give the user's username in Salesforce"),
        (("--as", "it's@acme.example"), "Give the user's username in Salesforce"),
        (("--colour",), "No such option"),
    ],
)
def test_wrong_use_ends_with_two(patient: Patient, arguments: tuple[str, ...], words: str) -> None:
    ran = patient.chat2pay("doctor", *arguments)
    assert ran.returncode == 2
    assert words in ran.stderr


def test_a_connector_that_does_not_run_is_named(patient: Patient) -> None:
    connector = patient.stack.children["connector"]
    connector.stop()
    try:
        code, findings, dark = patient.found()
    finally:
        connector.start()
        patient.stack.wait_for_health(patient.stack.connector, "/health/ready")
    assert code == 1
    assert {("server", "wrong"), ("public_url_answers", "wrong")} <= findings
    assert "callback_door" in dark

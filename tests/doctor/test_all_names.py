"""A finding of many names: the first in the text with the way to all, all of them with ``--all`` and in JSON."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from connector.cli import main
from connector.salesforce.permissions.shipped_sets import GrantKind, shipped_sets
from tests.doctor.clinic import Clinic
from tests.factories import long_id, make_tenant

AGENT = "Chat2Pay_Agent"


@pytest.fixture
def agent(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> str:
    """An agent without any set, for whom the command looks."""
    monkeypatch.setattr("connector.commands.doctor.open_unchecked", lambda quiet: clinic.services)
    monkeypatch.setattr("connector.commands.doctor.make_examiner", lambda services: clinic.examiner())
    user = clinic.user("Thandi")
    clinic.control("PATCH", f"users/{user['id']}", {"permission_sets": []})
    return str(user["username"])


def doctor(*arguments: str) -> str:
    return CliRunner().invoke(main, ["doctor", *arguments]).stdout


def names_in(text: str) -> set[str]:
    return set(re.findall(r"Chat2Pay_Payment_Request__c\.\w+", text))


def test_of_several_tenants_all_are_examined_and_an_orders_or_a_users_must_be_named(clinic: Clinic, agent: str) -> None:
    """An order's id says nothing of its org: tried at another tenant it would look like a missing right."""
    clinic.keep(make_tenant("globex", org_id=long_id("00Dxx0000009zZz"), callback_key="the-key-of-globex"))
    assert {one["tenant"] for one in json.loads(doctor("--json"))["examined"]} == {None, "acme", "globex"}
    for options, said in (
        (["--write-probe", "801xx0000001gEhAAI"], "Say whose order it is: --tenant."),
        (["--as", agent], "Say whose user it is: --tenant."),
    ):
        told = CliRunner().invoke(main, ["doctor", *options])
        assert (told.exit_code, said in told.stderr) == (2, True)


def test_all_that_a_user_lacks_can_be_read(agent: str) -> None:
    fields = {one.name for one in shipped_sets()[AGENT].grants if one.kind is GrantKind.FIELD}
    requests = {one for one in fields if one.startswith("Chat2Pay_Payment_Request__c.")}
    short = doctor("--as", agent)
    assert re.search(r"and\s+\d+\s+more", short)
    assert "All of them: the same command with --all" in short
    assert names_in(short) < requests
    full = doctor("--as", agent, "--all")
    assert names_in(full) >= requests
    assert not re.search(r"and\s+\d+\s+more|All of them", full)
    told = json.loads(doctor("--as", agent, "--json"))
    (lacking,) = [
        one["wrong"] for part in told["examined"] for one in part["findings"] if one["subject"] == f"{agent} {AGENT}"
    ]
    assert names_in(lacking) == requests

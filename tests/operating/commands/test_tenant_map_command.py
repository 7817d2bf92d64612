"""``chat2pay tenant map`` as an admin types it, over real HTTP against a sandbox org."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from foundation.secret import Secret
from tests.factories import make_tenant
from tests.journeys.world import World
from tests.peers.sandboxes import sandbox_org
from tests.processes.command_environment import command_environment
from tests.processes.forkserver import run_command

Run = Callable[..., "subprocess.CompletedProcess[str]"]
# What is kept is the same on both databases (test_change_mapping); here each command is a process of its own.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Org:
    """A sandbox org."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Org]:
    with sandbox_org(tmp_path / "org") as address:
        yield Org(address)


@pytest.fixture
def run(world: World, org: Org, database_url: str, tmp_path: Path) -> Run:
    keys = org.ask("GET", "/sandbox/credentials")
    access = {"host_url": org.address, "client_id": keys["client_id"], "frame_origins": [org.address]}
    made = make_tenant("mapped", org_id=keys["org_id"], salesforce=access, callback_key="callback-key-of-mapped")
    made = replace(made, salesforce=replace(made.salesforce, client_secret=Secret(keys["client_secret"])))
    world.services.store.tenants.add(made, now=world.clock())
    world.services.store.database.close()
    env = command_environment(database_url)

    def run(*arguments: str, file: Any = None, typed: str = "") -> subprocess.CompletedProcess[str]:
        command = ["tenant", "map", "mapped", *arguments]
        if file is not None:
            (tmp_path / "mapping.json").write_text(json.dumps(file))
            command += ["--set", str(tmp_path / "mapping.json")]
        return run_command(command, env, given=typed)

    return run


def present(run: Run) -> Any:
    return json.loads(run("--json").stdout)


def test_an_admin_maps_an_org_that_changes(org: Org, run: Run) -> None:
    checked = run("--check")
    assert (checked.returncode, "wrong " in checked.stdout) == (0, False), checked.stdout + checked.stderr

    org.ask("PATCH", "/sandbox/org", {"multi_currency": True})
    checked = run("--check")
    assert checked.returncode == 1
    assert "wrong  read.currency: This org has several currencies" in checked.stdout
    assert "Set read.currency to CurrencyIsoCode." in checked.stdout
    (wrong,) = [one for one in json.loads(run("--check", "--json").stdout) if one["level"] == "wrong"]
    assert list(wrong) == ["check", "level", "wrong", "mend", "otherwise", "subject"]
    assert wrong["mend"] == "Set read.currency to CurrencyIsoCode."

    refused = run(file={"read": {"currency": "CurrencyIsoCode", "number": "Nummer"}}, typed="y\n")
    assert refused.returncode == 1
    assert 'read.currency: - -> "CurrencyIsoCode"' in refused.stdout
    assert "wrong  read.number: Nummer cannot be read" in refused.stdout
    assert present(run)["read"]["currency"] is None

    declined = run(file={"read": {"currency": "CurrencyIsoCode"}}, typed="n\n")
    assert declined.returncode == 2
    assert present(run)["read"]["currency"] is None

    kept = run("--yes", file={"read": {"currency": "CurrencyIsoCode"}})
    assert (kept.returncode, present(run)["read"]["currency"]) == (0, "CurrencyIsoCode"), kept.stderr
    assert run("--check").returncode == 0

    reset = run("--reset", "--json")
    assert (reset.returncode, json.loads(reset.stdout)["found"][0]["subject"]) == (1, "read.currency")
    assert json.loads(reset.stdout)["found"][0].keys() == wrong.keys()
    org.ask("PATCH", "/sandbox/org", {"multi_currency": False})
    reset = run("--reset", "--json", "--yes")
    assert (reset.returncode, json.loads(reset.stdout)["kept"]) == (0, True)
    assert present(run)["read"]["currency"] is None
    again = run("--reset")
    assert (again.returncode, again.stdout.splitlines()[0]) == (0, "This is the mapping that is in force already.")
    assert "Keep this mapping?" not in again.stderr


def test_a_mapping_is_shown_whole_and_with_what_is_the_tenants_own(run: Run) -> None:
    own = run()
    assert (json.loads(own.stdout), own.stderr) == (present(run), "The tenant's own entries are in: read.\n")
    assert run("--reset", "--yes").returncode == 0
    assert run().stderr == "The tenant's own entries are in: nothing: this is the default.\n"


def test_a_field_that_the_integration_user_may_not_edit_is_named(org: Org, run: Run) -> None:
    closed = {"Order.Chat2Pay_Amount_Due__c": {"readable": True, "editable": False}}
    org.ask("PUT", "/sandbox/field-permissions", closed)
    org.ask(
        "PUT", "/sandbox/picklists", {"Order.Chat2Pay_Payment_State__c": {"restricted": True, "without": ["overpaid"]}}
    )
    checked = run("--check", "--json")
    found = {one["subject"]: one["wrong"] for one in json.loads(checked.stdout) if one["level"] == "wrong"}
    assert checked.returncode == 1
    assert found == {
        "write_order.amount_due": "Our user may not edit Order.Chat2Pay_Amount_Due__c.",
        "write_order.payment_state": "Order.Chat2Pay_Payment_State__c is a restricted picklist without the values overpaid.",
    }


def test_a_file_with_faults_is_wrong_use_and_names_them_all(run: Run) -> None:
    refused = run(file={"read": {"number": "a b"}, "nonsense": 1})
    assert refused.returncode == 2
    assert "read.number: " in refused.stderr
    assert "nonsense: Unknown entry" in refused.stderr
    assert run("--check", "--reset").returncode == 2

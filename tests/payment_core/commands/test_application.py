"""`chat2pay-core application` at a terminal: what is given is changed, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from foundation.secret import Secret
from payment_core.cli import main
from payment_core.domain.application import Application, Proof
from payment_core.domain.enums import ApplicationKind, ApplicationStatus
from payment_core.services import Core
from payment_core.store import applications
from tests.payment_core.conftest import APPLICATION

pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Run = Callable[..., Result]
ID = APPLICATION.application_id


@pytest.fixture
def run(core: Core, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs a command on this test's core."""
    monkeypatch.setattr("payment_core.commands.application.open_shared", lambda **_: core)
    return lambda *words, **more: CliRunner().invoke(main, ["application", *words], **more)


def stored(core: Core) -> list[Application]:
    with core.transactions.read() as work:
        return applications.listed(work, APPLICATION.merchant_id)


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (["--name", "Shop"], {"name": "Shop"}),
        (["--type", "CUSTOMER"], {"kind": ApplicationKind.CUSTOMER}),
        (["--payment-status-url", "https://a.example/1"], {"payment_status_url": "https://a.example/1"}),
        (["--transaction-status-url", ""], {"transaction_status_url": ""}),
        (["--settings-url", "https://a.example/3"], {"settings_url": "https://a.example/3"}),
        (["--messages"], {"wants_messages": True}),
        ([], {}),
    ],
)
def test_what_is_given_is_changed_and_the_rest_stays(
    core: Core, run: Run, words: list[str], changed: dict[str, Any]
) -> None:
    done = run("set", "mer_karoo", ID, *words)
    assert done.exit_code == 0, done.output
    after = replace(APPLICATION, **changed)
    assert stored(core) == [after]
    assert done.output == f"{ID}  ACTIVATED  {after.name}\n"


def test_what_is_taken_away_is_said_so(core: Core, run: Run) -> None:
    run("set", "mer_karoo", ID, "--messages")
    assert run("set", "mer_karoo", ID, "--no-messages").exit_code == 0
    assert stored(core) == [APPLICATION]


def test_what_proves_notifications_is_read_from_a_file_and_shown_by_no_list(core: Core, run: Run) -> None:
    basic = {"basic": {"user": "core", "password": "hidden-of-twenty-letters"}}
    assert run("set", "mer_karoo", ID, "--proof", "-", input=json.dumps(basic)).exit_code == 0
    assert stored(core)[0].proof == Proof("core", Secret("hidden-of-twenty-letters"))
    assert "hidden" not in run("list", "mer_karoo").output
    refused = run("set", "mer_karoo", ID, "--proof", "-", input=json.dumps({**basic, "bearer": "x"}))
    assert (refused.exit_code, "basic, hmac or both" in refused.output) == (1, True)
    assert run("set", "mer_karoo", ID, "--proof", "-", input='{"basic": null}').exit_code == 0
    assert stored(core)[0].proof == Proof()
    both = {**basic, "hmac": {"key": "whsec_" + "QUJD" * 10}}
    assert run("set", "mer_karoo", ID, "--proof", "-", input=json.dumps(both)).exit_code == 0
    assert (stored(core)[0].proof.basic_user, bool(stored(core)[0].proof.hmac_key)) == ("core", True)


def test_a_new_application_has_an_id_of_its_own_or_the_one_it_is_given(core: Core, run: Run) -> None:
    given = "1c9f7f6f-3f1a-4f69-8b68-7f2f7d2e3f4b"
    urls = ("--payment-status-url", "https://a.example/1", "--transaction-status-url", "https://a.example/2")
    made = [
        run("set", "mer_karoo", *place, "--name", "Shop", "--settings-url", "https://a.example/3", *urls)
        for place in ([], [], [given])
    ]
    ids = [one.output.split()[0] for one in made]
    assert [one.exit_code for one in made] == [0, 0, 0]
    assert sorted(one.application_id for one in stored(core)) == sorted([ID, *ids])
    assert (ids[2], len(set(ids))) == (given, 3)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["disable", "mer_karoo", ID], ApplicationStatus.DEACTIVATED),
        (["enable", "mer_karoo", ID], ApplicationStatus.ACTIVATED),
        (["delete", "mer_karoo", ID, "--yes"], ApplicationStatus.DELETED),
    ],
)
def test_each_command_does_what_it_is_called(core: Core, run: Run, words: list[str], status: ApplicationStatus) -> None:
    run("disable" if words[0] == "enable" else "enable", "mer_karoo", ID)
    done = run(*words)
    assert (done.exit_code, done.output) == (0, f"{ID} is {status.value}.\n")
    assert [one.status for one in stored(core)] == ([] if status is ApplicationStatus.DELETED else [status])


def test_nothing_is_deleted_before_somebody_said_yes(core: Core, run: Run) -> None:
    assert run("delete", "mer_karoo", ID, input="n\n").exit_code == 1
    assert stored(core) == [APPLICATION]


def test_a_list_has_each_with_its_addresses(core: Core, run: Run) -> None:
    with core.transactions.write() as work:
        applications.save(work, replace(APPLICATION, transaction_status_url=""), now=core.now())
    assert run("list", "mer_karoo").output.splitlines() == [
        f"{ID}  ACTIVATED  OMS  Salesforce",
        "  payment status url: https://salesforce.example/payment-status",
        "  transaction status url: none",
        "  settings url: https://salesforce.example/settings",
    ]


@pytest.mark.parametrize("words", [["list", "nobody"], ["set", "nobody", ID], ["disable", "nobody", ID]])
def test_of_a_merchant_that_there_is_not_that_is_said(run: Run, words: list[str]) -> None:
    refused = run(*words)
    assert (refused.exit_code, "merchant list" in refused.output) == (1, True)

"""`chat2pay forget`: after it nothing that is kept holds the number, and the account of money is whole."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from connector.domain.payments.payment import Channel
from connector.store.encryption.vault import TenantVault
from connector.store.requests import erasure, opt_outs
from connector.store.schema.encrypted_columns import SEALED
from connector.store.schema.tables import metadata, orders
from foundation.phones.phone import Phone
from foundation.secret import Secret
from tests.factories import make_tenant
from tests.journeys.world import World
from tests.processes.command_environment import command_environment
from tests.processes.forkserver import run_command

ROOT = Path(__file__).parents[3]
NUMBER, ENDS = "27831234567", "831234567"
NAME = "Naledi Dlamini"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(database_url: str) -> Run:
    env = command_environment(database_url)
    return lambda *arguments, given="": run_command(arguments, env, given=given)


@pytest.fixture
def paid(world: World) -> dict[str, Any]:
    """A paid order of a customer whose name and number the core repeats in its news."""
    page = world.open(world.order())
    note = {"text": f"{NAME} calls from +{NUMBER}", "version": 0}
    assert world.client.post("/api/order-notes", json=note, headers=page.headers).status_code == 200
    link = world.sent(page, key=f"crm-{NUMBER}")
    world.told(link, "PAYMENT_LINK_CLICKED", endUserMobileNumber=NUMBER, payerName=NAME)
    world.told(link, "PAYMENT_RECEIVED", endUserMobileNumber=f"+{NUMBER}", additionalData={"payer": NAME})
    world.settle()
    return link


def kept(world: World) -> str:
    """Everything in every column of every table, decrypted."""
    vault = world.services.store.vault
    sealed = {(column.table.name, column.name) for column in SEALED}
    found = []
    for table in metadata.sorted_tables:
        for row in world.rows(table.name):
            for name, value in row.items():
                if (table.name, name) in sealed and value is not None and table.name not in ("tenants", "tokens"):
                    value = vault.open(row["tenant_id"], value)
                found.append(value.decode(errors="replace") if isinstance(value, bytes) else str(value))
    return "\n".join(found)


def account(world: World) -> list[dict[str, Any]]:
    """What is known of money, request by request."""
    gone = {"phone", "phone_digest", "body_digest", "idempotency_key", "version", "not_told_because"}
    return [{name: value for name, value in row.items() if name not in gone} for row in world.rows("payment_requests")]


@pytest.mark.parametrize("by", [("--number", "+27 83 123 4567"), ("--order", "0000102")])
def test_nothing_that_is_kept_holds_the_number_or_the_name(
    world: World, run: Run, paid: dict[str, Any], by: tuple[str, str]
) -> None:
    before = kept(world)
    assert ENDS in before
    assert NAME in before
    money = account(world)
    page = world.open(world.row("orders")["order_id"])
    done = run("forget", *by, "--yes")
    assert done.returncode == 0, done.stderr
    assert world.client.get(f"/api/orders/{page.order_id}", headers=page.headers).status_code == 401, "no page shows it"
    assert done.stdout.startswith("Erased the person from 1 payment requests, 1 orders and 2 callbacks.")
    assert "STOP" in done.stdout
    assert '"event": "person_forgotten"' in done.stderr
    assert ENDS not in done.stderr + done.stdout
    after = kept(world)
    assert ENDS not in after
    assert NAME not in after
    assert account(world) == money
    world.clock.pass_by(hours=3)
    world.settle()
    ((_, record),) = world.org.requests.items()
    assert (record["Phone_Ending__c"], record["Amount_Paid__c"], record["Status__c"]) == (None, 115, "paid")
    again = run("forget", *by, "--yes")
    assert again.returncode == 0, again.stderr
    assert "0 callbacks" in again.stdout


def test_neither_a_repeated_callback_nor_late_news_brings_it_back(world: World, run: Run, paid: dict[str, Any]) -> None:
    body = world.core.happen(paid, "PAYMENT_RECEIVED", endUserMobileNumber=NUMBER, payerName=NAME)
    assert world.callback(body).status_code == 200
    world.drain()
    assert run("forget", "--number", NUMBER, "--yes").returncode == 0
    assert world.callback(body).status_code == 200
    world.drain()
    assert ENDS not in kept(world)
    late = world.core.happen(paid, "PAYMENT_REVERSED", endUserMobileNumber=NUMBER, payerName=NAME)
    assert world.callback(late).status_code == 200
    world.drain()
    assert (world.row("payment_requests")["money"], ENDS in kept(world), NAME in kept(world)) == (
        "reversed",
        False,
        False,
    )


def test_a_replayed_entry_changes_nothing_and_brings_nothing_back(world: World, run: Run, paid: dict[str, Any]) -> None:
    assert run("forget", "--number", NUMBER, "--yes").returncode == 0
    money = account(world)
    since = (world.clock() - timedelta(days=1)).isoformat()
    sealed = [row["body"] for row in world.rows("inbox")]
    assert run("inbox", "replay", "--since", since, "--dry-run").returncode in (0, 2)
    assert run("inbox", "replay", "--since", since, "--yes").returncode in (0, 2)
    world.clock.pass_by(hours=2)
    world.drain()
    assert account(world) == money
    assert ENDS not in kept(world)
    assert [row["body"] for row in world.rows("inbox")] == sealed, "what is erased is not written once more"


def test_a_live_link_stands_in_the_way_and_says_until_when(world: World, run: Run) -> None:
    world.sent(world.open(world.order()))
    before = kept(world)
    done = run("forget", "--number", NUMBER, "--yes", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["erased"]) == (1, False)
    assert said["until"] is not None
    told = run("forget", "--number", NUMBER, "--yes")
    assert told.returncode == 1
    assert told.stdout.startswith("Nothing was erased: a link can still be paid until 20")
    assert kept(world) == before


def test_news_that_waits_to_be_applied_stands_in_the_way(world: World, run: Run, paid: dict[str, Any]) -> None:
    """Else it would bring the number back a moment later."""
    body = world.core.happen(paid, "PAYMENT_REVERSED", endUserMobileNumber=NUMBER, payerName=NAME)
    assert world.callback(body).status_code == 200
    before = kept(world)
    done = run("forget", "--number", NUMBER, "--yes", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["erased"], said["unread"]) == (1, False, 1)
    told = run("forget", "--number", NUMBER, "--yes")
    assert (told.returncode, told.stdout) == (
        1, "Nothing was erased: 1 callbacks still wait to be applied. Try again in a minute.\n",
    )  # fmt: skip
    assert kept(world) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_number_that_no_key_decrypts_any_more_stands_in_no_way(world: World, run: Run, paid: dict[str, Any]) -> None:
    lost = TenantVault([Secret(Fernet.generate_key().decode())]).seal("acme", NUMBER.encode())
    with world.services.store.write() as work:
        work.connection.execute(update(orders).values(phone=lost))
    done = run("forget", "--number", NUMBER, "--yes")
    assert done.returncode == 0, done.stderr
    assert ENDS not in kept(world)


def test_another_tenants_erasure_leaves_keys_and_orders_alone(world: World, paid: dict[str, Any]) -> None:
    """A key that is changed would let a flow send the same payment once more."""
    before = kept(world)
    order = world.row("orders")["order_id"]
    with world.services.store.write() as work:
        erasure.erase_keys(work, "another", {ENDS})
        erasure.erase_orders(work, "another", [order])
    assert kept(world) == before


def test_another_number_that_paid_the_same_order_is_another_person(world: World, run: Run) -> None:
    page = world.open(world.order())
    world.sent(page)
    world.cancel(page, world.row("payment_requests")["reference"])
    link = world.sent(page, phone="27831239876")
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert run("forget", "--number", NUMBER, "--yes").returncode == 0
    vault = world.services.store.vault
    phones = {vault.open(row["tenant_id"], row["phone"]) for row in world.rows("payment_requests")}
    assert phones == {b"", b"27831239876"}


def test_a_dry_run_changes_nothing(world: World, run: Run, paid: dict[str, Any]) -> None:
    before = kept(world)
    done = run("forget", "--number", NUMBER, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    assert {**json.loads(done.stdout)} == {
        "erased": False, "orders": 1, "requests": 1, "callbacks": 2, "until": None, "unread": 0,
    }  # fmt: skip
    told = run("forget", "--order", "0000102", "--dry-run").stdout
    assert told.startswith("Would erase the person from 1 payment requests, 1 orders and 2 callbacks.")
    assert kept(world) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_is_erased_before_a_person_has_said_yes(world: World, run: Run, paid: dict[str, Any]) -> None:
    before = kept(world)
    done = run("forget", "--number", NUMBER, given="n\n")
    assert (done.returncode, "Would erase the person from 1 payment requests" in done.stderr) == (2, True)
    assert kept(world) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_there_are_several_tenants_the_number_is_whose_was_said(
    world: World, run: Run, paid: dict[str, Any]
) -> None:
    other = make_tenant("another", org_id="00Dyy0000002hFiEAI", callback_key="key-of-another")
    world.services.store.tenants.add(other, now=world.clock())
    before = kept(world)
    guessed = run("forget", "--number", NUMBER, "--yes")
    assert (guessed.returncode, "Give --tenant" in guessed.stderr) == (2, True)
    of_another = run("forget", "--number", NUMBER, "--yes", "--tenant", "another")
    assert "from 0 payment requests, 0 orders and 0 callbacks" in of_another.stdout
    assert kept(world) == before
    assert run("forget", "--number", NUMBER, "--yes", "--tenant", "acme").returncode == 0
    assert ENDS not in kept(world)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_number_may_come_from_standard_input(world: World, run: Run, paid: dict[str, Any]) -> None:
    done = run("forget", "--number", "-", "--yes", given="083 123 4567\n")
    assert done.returncode == 0, done.stderr
    assert ENDS not in kept(world)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Give either --number or --order"),
        (("--number", NUMBER, "--order", "1"), "Give either --number or --order"),
        (("--number", "not a number 831234567x"), "This is no phone number"),
        (("--number", NUMBER, "--tenant", "acmee"), "Give --tenant"),
    ],
)
def test_wrong_use_exits_with_2_and_repeats_no_number(
    world: World, run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    done = run("forget", *arguments)
    assert (done.returncode, sentence in done.stderr, ENDS in done.stderr) == (2, True, False), done.stderr


def test_a_stop_survives_without_the_number(world: World, run: Run, paid: dict[str, Any]) -> None:
    digests = world.acme.digests_of(Phone(NUMBER))
    with world.services.store.write() as work:
        opt_outs.record(work, "acme", digests, Channel.SMS, stopped=True, said_at=world.clock())
    assert run("forget", "--number", NUMBER, "--yes").returncode == 0
    with world.services.store.read() as work:
        assert opt_outs.channels_stopped(work, "acme", digests) == {Channel.SMS}
    refused = world.send(world.open(world.order()))
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "channel_refused")

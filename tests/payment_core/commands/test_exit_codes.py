"""What a script reads of the commands that examine: an exit code of 1 while something is open, and JSON that says what."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from secrets import token_urlsafe

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from foundation.secret import Secret
from payment_core.cli import main
from payment_core.commands.data import encryption
from payment_core.domain.enums import Channel
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.services import Adapters, Core, build_core
from payment_core.store import merchants, phone_key
from payment_core.store.messages import opt_outs
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import press

pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Run = Callable[..., Result]
OTHER = replace(MERCHANT, merchant_id="mer_other", hook="hook_other")


@pytest.fixture
def run(core: Core, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs a command on this test's core, or on another one of the same database."""

    def ran(*words: str, on: Core = core) -> Result:
        for place in (
            "reconcile.open_shared",
            "data.db.open_shared",
            "data.db.open_unchecked",
            "doctor.open_unchecked",
        ):
            monkeypatch.setattr(f"payment_core.commands.{place}", lambda **_: on)
        monkeypatch.setattr(encryption, "open_shared", lambda **_: on)
        return CliRunner().invoke(main, list(words))

    return ran


@pytest.fixture
def silent(core: Core, merchant: Merchant, make_link: Callable[..., Link], gateway: FakeGateway) -> Link:
    """A link of whose payment the gateway does not say what became."""
    link = make_link()
    press(core, merchant, link)
    gateway.loses("look", Lost.BEFORE)
    return link


def test_a_payment_that_could_not_be_compared_is_named_and_is_no_success(run: Run, silent: Link) -> None:
    done = run("reconcile")
    assert done.exit_code == 1
    assert "mer_karoo: 1 links" in done.output
    assert "1 could not be asked" in done.output
    assert f"  {silent.reference}: the gateway did not say" in done.output


def test_a_comparison_is_read_as_json_of_one_merchant_or_of_all(core: Core, run: Run, silent: Link) -> None:
    with core.transactions.write() as work:
        merchants.add(work, OTHER, MerchantSecrets(), now=core.now())
    done = run("reconcile", "--json")
    told = {one["merchant"]: one for one in json.loads(done.stdout)}
    assert (done.exit_code, list(told), list(told["mer_karoo"]["unreachable"])) == (
        *(1, ["mer_karoo", "mer_other"], [silent.reference]),
    )
    other = run("reconcile", "--json", "--merchant", "mer_other")
    assert (other.exit_code, [one["merchant"] for one in json.loads(other.stdout)]) == (0, ["mer_other"])
    assert run("reconcile", "--merchant", "nobody").exit_code == 1


@pytest.mark.parametrize(
    ("hours", "since", "links"),
    [
        (47, [], 1),
        (49, [], 0),
        (49, ["--since", "2026-11-28T11:00"], 1),
        (1, ["--since", "2026-11-28T13:00"], 0),
    ],
)
def test_links_of_the_last_two_days_are_compared_where_no_time_is_given(
    run: Run, make_link: Callable[..., Link], clock: MovableClock, hours: int, since: list[str], links: int
) -> None:
    make_link()
    clock.move(hours=hours)
    assert f"mer_karoo: {links} links" in run("reconcile", *since).output


def test_older_digest_keys_are_kept_while_something_needs_them(core: Core, run: Run, merchant: Merchant) -> None:
    only = run("db", "rekey")
    assert (only.exit_code, "There is one digest key" in only.output) == (0, True)
    both = replace(
        core, settings=replace(core.settings, digest_keys=(Secret(token_urlsafe(32)), core.settings.digest_keys[0]))
    )
    whole = run("db", "rekey", on=both)
    assert (whole.exit_code, "The older keys are not needed any more" in whole.output) == (0, True)
    with core.transactions.write() as work:
        key = phone_key.of(core, merchant.merchant_id, "27830000009")
        mark = phone_key.mark_of(core)
        opt_outs.stop(work, merchant.merchant_id, key, Channel.SMS, at=core.now(), key_mark=mark)
    left = run("db", "rekey", on=both)
    assert left.exit_code == 1
    assert "Keep the older keys: 1 STOPs of numbers" in left.output
    assert "not needed" not in left.output


def test_a_schema_that_somebody_changed_is_no_success(core: Core, run: Run) -> None:
    well = run("db", "check")
    assert (well.exit_code, well.output) == (0, "The schema equals the code.\n")
    with core.transactions.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX links_by_phone")
    changed = run("db", "check")
    assert (changed.exit_code, "links_by_phone" in changed.output, "equals" in changed.output) == (1, True, False)


def test_of_a_database_that_cannot_be_used_nobody_outside_is_asked(core: Core, run: Run) -> None:
    with core.transactions.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE merchants")
    done = run("doctor", "--json")
    assert done.exit_code == 1, done.output
    assert [one["check"] for one in json.loads(done.stdout)] == ["database"]


def test_an_older_encryption_key_may_go_once_nothing_needs_it(
    core: Core, run: Run, make_link: Callable[..., Link]
) -> None:
    make_link()
    keys = (Secret(Fernet.generate_key().decode()), *core.settings.encryption_keys)
    after = build_core(replace(core.settings, encryption_keys=keys), Adapters())
    waits = run("secrets", "rotate", "--check", "--json", on=after)
    told = json.loads(waits.stdout)
    assert (waits.exit_code, told["resealed"], list(told["waiting_by_key"]), told["removable_keys"]) == (
        1,
        0,
        ["2"],
        [],
    )
    done = run("secrets", "rotate", on=after)
    assert (done.exit_code, f"{told['waiting_by_key']['2']} encrypted anew" in done.output) == (0, True)
    assert "You may remove the second key" in done.output
    after.transactions.database.close()

"""An examination names what is wrong, and finds nothing where all is well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from foundation.secret import Secret
from payment_core.domain.enums import ApplicationStatus
from payment_core.domain.finding import Finding, Level
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.gateways.gateway import PaymentIds, Sighting
from payment_core.journeys.configuring.add_merchant import add_merchant
from payment_core.journeys.configuring.read_merchant import read_merchant
from payment_core.journeys.examining.examine import examine
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.webhooks.news_content import of_sighting
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Adapters, Core, build_core
from payment_core.store import applications, leases, merchants
from payment_core.store.schema.tables import deliveries, links, messages
from payment_core.store.schema.tables import merchants as merchant_table
from tests.payment_core.configuring.test_read_merchant import given
from tests.payment_core.conftest import APPLICATION, stored_news
from tests.payment_core.fakes import MovableClock


@pytest.fixture(autouse=True)
def working(core: Core) -> None:
    with core.transactions.write() as work:
        leases.sign_of_life(work, "worker1", now=core.now())


# What stops something now, and what will; secrets and applications are either.
WRONG = ("workers", "webhooks", "links", "queues", "deliveries", "attention")
SOON = ("unknown_payments", "messages", "settings", "secret_files", "templates")


def checks(core: Core) -> set[str]:
    found = {one.check: one.level for one in examine(core)}
    for names, level in ((WRONG, Level.WRONG), (SOON, Level.SOON)):
        assert {found[name] for name in names if name in found} <= {level}, found
    return set(found)


def test_nothing_is_found_where_all_is_well(core: Core) -> None:
    assert examine(core) == []


@pytest.mark.both_databases
def test_a_fleet_without_a_worker(core: Core, clock: MovableClock) -> None:
    clock.move(minutes=5)
    assert checks(core) == ({"workers"} if core.settings.is_fleet else set())


@pytest.mark.both_databases
def test_a_merchant_without_an_application(core: Core) -> None:
    with core.transactions.write() as work:
        applications.set_status(
            work, APPLICATION.merchant_id, APPLICATION.application_id, ApplicationStatus.DEACTIVATED
        )
    assert [(one.check, one.level) for one in examine(core)] == [("applications", Level.SOON)]


def test_keys_that_are_gone(core: Core, clock: MovableClock) -> None:
    other = replace(core.settings, encryption_keys=(Secret(Fernet.generate_key().decode()),))
    without = build_core(other, Adapters(), now=clock)
    (found,) = examine(without)
    without.transactions.database.close()
    assert (found.check, found.level, found.subject) == ("secrets", Level.WRONG, APPLICATION.merchant_id)


@pytest.mark.parametrize(
    ("reported", "days", "is_named"),
    [(None, 0, True), (24.01, 0, True), (24, 0, False), (None, 7, True), (None, 7.01, False)],
)
def test_a_gateway_is_silent_where_somebody_paid_lately_and_it_had_reported_nothing_for_a_day(
    core: Core, merchant: Merchant, make_link: Callable[..., Link], clock: MovableClock,
    reported: float | None, days: float, is_named: bool,
) -> None:  # fmt: skip
    """Of what nobody paid lately there is nothing to report."""
    with core.transactions.write() as work:
        merchant = merchants.save(work, replace(merchant, gateway="stripe"), now=core.now())
    if reported is not None:
        stored_news(
            core, "evt_1", of_sighting(Sighting("evt_1", "payout.paid", PaymentIds(None, None))), provider="stripe"
        )
        clock.move(hours=reported)
    begin_payment(core, merchant, make_link(), saves_card=False, return_url="https://pay.example/pay/x")
    clock.move(days=days)
    assert ("webhooks" in checks(core)) is is_named


@pytest.mark.both_databases
def test_a_merchant_whose_gateway_never_reports(core: Core, merchant: Merchant, make_link: Callable[..., Link]) -> None:
    link = make_link()
    begin_payment(core, merchant, link, saves_card=False, return_url="https://pay.example/pay/x")
    with core.transactions.write() as work:
        work.connection.execute(update(deliveries).values(due_at=None))
        row = update(merchant_table).where(merchant_table.c.merchant_id == merchant.merchant_id)
        config = merchants.get(work, merchant.merchant_id)
        merchants.save(work, replace(config, gateway="stripe"), now=core.now())
        work.connection.execute(row.values(changed_at=core.now()))
    # What the messenger reports says nothing of the gateway.
    stored_news(core, "of the messenger", {"kind": "fate"})
    found = {one.check: one for one in examine(core)}
    assert f"/hooks/stripe/{merchant.hook}" in found["webhooks"].remedy
    assert found["secrets"].subject == merchant.merchant_id


@pytest.mark.both_databases
def test_reports_of_payments_that_the_database_does_not_know(
    core: Core, merchant: Merchant, clock: MovableClock
) -> None:
    """A back-up was restored, and what was paid since is known to the gateway alone."""
    with core.transactions.write() as work:
        merchants.save(work, replace(merchant, gateway="stripe"), now=core.now())
    ids = PaymentIds("cs_1", "pi_1", "link-of-before", "att_of_before")
    report = of_sighting(Sighting("evt_1", "checkout.session.completed", ids))
    stored_news(core, "evt_1", report, provider="stripe")
    read_due(core, owner="test")
    clock.move(minutes=10)
    assert "unknown_payments" not in checks(core), "our own commit may be behind it"
    clock.move(seconds=1)
    (found,) = (one for one in examine(core) if one.check == "unknown_payments")
    assert (found.level, found.subject, found.problem[:2]) == (Level.SOON, merchant.merchant_id, "1 ")
    clock.move(days=6, hours=23, minutes=49, seconds=58)
    assert "unknown_payments" in checks(core)
    clock.move(seconds=1)
    assert "unknown_payments" not in checks(core)


def test_a_missing_signing_secret_is_named_with_its_command(core: Core) -> None:
    add_merchant(core, read_merchant(given()), by="admin")
    found: list[Finding] = [one for one in examine(core) if one.subject == "acme" and one.check == "secrets"]
    assert [one.remedy for one in found] == ["Run `chat2pay-core merchant secret acme stripe.webhook`."]
    assert found[0].level is Level.SOON


@pytest.mark.both_databases
def test_queues_that_stand_still_and_payments_that_need_a_person(
    core: Core, make_link: Callable[..., Link], clock: MovableClock
) -> None:
    make_link()
    with core.transactions.write() as work:
        work.connection.execute(update(links).values(attention="disputed"))
        work.connection.execute(update(messages).values(status="UNKNOWN"))
    for seconds, queues in ((120, set()), (121, {"queues"})):
        with core.transactions.write() as work:
            work.connection.execute(update(deliveries).values(due_at=clock() - timedelta(seconds=seconds)))
        assert checks(core) == {"attention", "messages", *queues}
    subjects = {(one.check, one.subject) for one in examine(core)}
    assert subjects == {("queues", "deliveries"), ("attention", "disputed"), ("messages", "")}
    with core.transactions.write() as work:
        work.connection.execute(update(deliveries).values(due_at=None, state="parked"))
    assert checks(core) == {"deliveries", "attention", "messages"}
    with core.transactions.write() as work:
        work.connection.execute(update(links).values(attention="paid_twice_returned"))
    assert checks(core) == {"deliveries", "messages"}, "nothing is left to do about money that is back"


def test_a_setting_that_was_mistyped(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its default counts, and nobody learns of it. Only a secret can stand in a file."""
    for name in ("RETENTION_DAY", "PORT_FILE", "RETENTION_DAYS", "DIGEST_KEYS_FILE"):
        monkeypatch.setenv(f"PAYMENT_CORE_{name}", "30")
    found = [(one.check, one.level, one.subject) for one in examine(core)]
    assert found == [
        ("settings", Level.SOON, "PAYMENT_CORE_PORT_FILE"), ("settings", Level.SOON, "PAYMENT_CORE_RETENTION_DAY"),
    ]  # fmt: skip


def test_a_file_of_secrets_that_others_may_read(core: Core, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("x")
    open_to_others = replace(core, settings=replace(core.settings, secret_files={"PAYMENT_CORE_DIGEST_KEYS": file}))
    for mode in (0o644, 0o640, 0o604):
        file.chmod(mode)
        assert checks(open_to_others) == {"secret_files"}
    file.chmod(0o600)
    assert checks(open_to_others) == set()


def test_an_enabled_application_without_the_urls_of_its_kind(core: Core) -> None:
    with core.transactions.write() as work:
        applications.save(work, replace(APPLICATION, payment_status_url=""), now=core.now())
    (found,) = examine(core)
    assert (found.check, found.level) == ("applications", Level.WRONG)
    assert "payment status url" in found.problem


def test_links_that_nobody_closes(core: Core, make_link: Callable[..., Link], clock: MovableClock) -> None:
    make_link()
    with core.transactions.write() as work:
        work.connection.execute(update(deliveries).values(due_at=None))
        work.connection.execute(update(messages).values(due_at=None))
    for seconds, found in ((15 * 60, set()), (1, {"links"})):
        clock.move(seconds=seconds)
        with core.transactions.write() as work:
            leases.sign_of_life(work, "worker1", now=core.now())
        assert checks(core) == found, "a worker may be minutes behind"


def test_whatsapp_without_approved_templates(core: Core, merchant: Merchant) -> None:
    needed = ("payment_request", "replaced", "receipt", "cancelled", "reversed")
    with core.transactions.write() as work:
        changed = merchants.save(work, replace(merchant, messenger="twilio"), now=core.now())
    found = {one.check: one for one in examine(core)}
    assert ("templates" in found, found["templates"].level) == (True, Level.SOON)
    assert found["templates"].problem.endswith(f"for: {', '.join(needed)}.")
    with core.transactions.write() as work:
        approved = {f"{one}.whatsapp": f"HX{'0' * 32}" for one in needed}
        merchants.save(work, replace(changed, templates=approved), now=core.now())
    assert "templates" not in checks(core)

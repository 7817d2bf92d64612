"""`chat2pay-core forget` at a terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from payment_core.cli import main
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.store.schema.tables import deliveries, messages
from tests.payment_core.conftest import CUSTOMER

pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)


@pytest.fixture
def run(core: Core, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """A function that runs the command on this test's core."""
    monkeypatch.setattr("payment_core.commands.data.forget.open_shared", lambda **_: core)
    return lambda *words, said="": CliRunner().invoke(main, ["forget", "mer_karoo", *words], input=said)


def test_a_number_can_come_from_standard_input_and_what_is_not_over_is_said(
    core: Core, merchant: Merchant, run: Callable[..., Result], make_link: Callable[..., Link]
) -> None:
    """Out of the shell's history; and a script must not take the half for the whole."""
    link = make_link()
    done = run("--number", "-", "--yes", said=f"+{CUSTOMER}\n")
    assert (done.exit_code, "1 links can still be paid" in done.output) == (1, True)
    cancel_link(core, merchant, link.reference)
    done = run("--number", "-", "--yes", said=f"+{CUSTOMER}\n")
    assert (done.exit_code, "are still under way" in done.output, CUSTOMER in done.output) == (1, True, False)


def test_a_link_that_can_still_be_paid_is_no_success_though_nothing_else_is_under_way(
    core: Core, run: Callable[..., Result], make_link: Callable[..., Link]
) -> None:
    make_link()
    with core.transactions.write() as work:
        for table in (messages, deliveries):
            work.connection.execute(update(table).values(due_at=None))
    done = run("--number", CUSTOMER, "--yes")
    assert (done.exit_code, "1 links can still be paid" in done.output) == (1, True)
    assert "under way" not in done.output


def test_nothing_is_forgotten_before_somebody_said_yes(
    core: Core, merchant: Merchant, run: Callable[..., Result], make_link: Callable[..., Link]
) -> None:
    link = make_link()
    assert run("--number", CUSTOMER, said="n\n").exit_code == 1
    with core.transactions.read() as work:
        found = links.find(work, link.reference)
    assert found is not None
    assert found.phone.digits == CUSTOMER


def test_a_number_that_nobody_has_is_no_success_in_silence(run: Callable[..., Result], merchant: Merchant) -> None:
    done = run("--number", "0831234567", "--yes")
    assert (done.exit_code, "Is the number written with its country's code?" in done.output) == (0, True)
    done = run("--payer", "003000000000001", "--yes")
    assert (done.exit_code, "Is the id written in full?" in done.output) == (0, True)

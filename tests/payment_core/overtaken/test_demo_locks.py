"""A payment of the demo's gateway has one outcome, whoever answers for its customer at the same moment.

On PostgreSQL, as a rehearsal of a fleet runs it; SQLite has one writer.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from payment_core.demo.cards import TypedCard
from payment_core.demo.gateway import DemoGateway
from payment_core.demo.tables import demo_payments, metadata
from payment_core.domain.payment import Card, PaymentState
from payment_core.journeys.examining.examine_gateway import examination_plan
from payment_core.services import Core
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.overtaken.test_link_locks import somebody_waits

pytestmark = pytest.mark.parametrize("core_database_url", ["postgresql"], indirect=True)


@pytest.fixture
def demo(core: Core) -> Iterator[DemoGateway]:
    """The demo's gateway, with its tables for this test alone."""
    with core.transactions.database.write() as connection:
        metadata.create_all(connection)
    yield DemoGateway(core.transactions.database, core.now)
    with core.transactions.database.write() as connection:
        metadata.drop_all(connection)


def test_a_challenge_that_is_approved_just_now_is_not_declined(core: Core, demo: DemoGateway) -> None:
    database = core.transactions.database
    plan = examination_plan(MERCHANT, now=core.now(), public_url="https://pay.example")
    attempt = replace(plan.attempt, body=demo.prepare(plan))
    page = demo.open_page(attempt)
    challenge = demo.submit(page.page_id, TypedCard(Card("Visa", "3220", "2030-12"), "challenge"), saves=False)
    assert challenge is not None
    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            mine = demo_payments.c.payment_id == page.page_id
            connection.execute(select(demo_payments).where(mine).with_for_update()).one()
            taken: dict[str, Any] = {"state": PaymentState.TAKEN.value, "challenge": None, "decided_at": core.now()}
            connection.execute(update(demo_payments).where(mine).values(taken))
            begun = pool.submit(demo.answer_challenge, page.page_id, challenge, approve=False)
            while not begun.done() and not somebody_waits(core):
                wait([begun], timeout=0.01)
        begun.result(60)
    assert demo.look(attempt).state is PaymentState.TAKEN

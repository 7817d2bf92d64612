"""Money moves without an answer are asked about by the sweep; a core that does not answer holds no other one up."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from connector.domain.payments.operation import Operation, OperationCall
from connector.domain.payments.payment import Person
from connector.domain.payments.status import Link, Money, States
from connector.store.requests import operations, request_rows
from connector.workers import sweeps
from tests.factories import long_id
from tests.journeys.world import Clock, World
from tests.unit.examples import make_request

SECOND = timedelta(seconds=1)


def test_of_a_silent_core_one_is_asked_about_and_the_rest_come_before_it_the_next_time(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tenant()
    world.tenant(tenant_id="globex", org_id=long_id("00Dxx0000009zZz"), callback_key="of-globex")
    asked: list[str] = []

    def unanswered(_context: Any, *, request: Any, call: OperationCall) -> Any:
        asked.append(call.reference)
        return SimpleNamespace(unfinished=True)

    monkeypatch.setattr(sweeps, "settle_call", unanswered)
    overdue = [("acme", "c2p_first", 3), ("acme", "c2p_second", 2), ("globex", "c2p_theirs", 1)]
    with world.services.store.write() as work:
        for place, (tenant, reference, seconds) in enumerate(overdue):
            request = make_request(
                tenant_id=tenant, reference=reference, order_id=f"801xx000000000{place}AAA", live=False,
                states=States(link=Link.OPENED, money=Money.REFUSED),
            )  # fmt: skip
            request_rows.add(work, request, phone_digest=b"d" * 32, key=None, body_digest=None)
            call = OperationCall(
                call_id=reference, tenant_id=tenant, reference=reference, verb=Operation.CAPTURE,
                by=Person("005xx000001X8UzAAK", "Thandi"), begun_at=clock(), call_until=clock() - seconds * SECOND,
                open=True, amount=None, keyed=None, outcome=None,
            )  # fmt: skip
            operations.add(work, call)
    world.sweep()
    assert asked == ["c2p_first", "c2p_theirs"]
    again = {row["reference"]: row["call_until"] - clock() for row in world.rows("verb_calls")}
    assert again == {"c2p_first": 10 * SECOND, "c2p_second": 5 * SECOND, "c2p_theirs": 10 * SECOND}

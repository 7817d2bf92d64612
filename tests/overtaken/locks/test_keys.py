"""An idempotency key that two callers take in the same moment: the second is told, and nothing of it is carried out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.payments.operation import IdempotencyKey, OperationCall
from connector.store.requests import operations
from foundation.database.unit_of_work import UnitOfWork
from tests.journeys.verbs import calls, post
from tests.journeys.world import Page, World

# SQLite has one writer: nobody else gets in between the look at a key and its first use.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.mark.parametrize(("verb", "word"), [("capture", "PAYMENT_AUTHORIZED"), ("reverse", "PAYMENT_RECEIVED")])
def test_of_another_payment_moves_no_money_and_is_a_fault_of_the_caller(
    world: World, page: Page, monkeypatch: pytest.MonkeyPatch, verb: str, word: str
) -> None:
    world.told(world.sent(page), word)
    add = operations.add

    def after_another(work: UnitOfWork, call: OperationCall) -> None:
        theirs = replace(call, call_id="another", reference="c2p_another", keyed=IdempotencyKey("key-00001", b"theirs"))
        with world.services.store.write() as other:
            add(other, theirs)
        add(work, call)

    monkeypatch.setattr(operations, "add", after_another)
    answer = post(world, page, verb, key="key-00001")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")
    assert (world.core.captures, world.core.reversals) == ([], [])
    assert calls(world) == [(verb, True, None)], "that of the other payment alone"

"""Callbacks are repeated until 200, keep their order, and survive a restart."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from sandbox.core.app import create_app

from .conftest import Sandbox
from .receiver import receiving, wait_until


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox with its worker threads running."""
    sandbox = Sandbox(create_app(tmp_path / "live"))
    yield sandbox
    sandbox.core.close()


def all_delivered(sandbox: Sandbox) -> bool:
    return bool(sandbox.http.get("/sandbox/callbacks?limit=0").json["counts"]["pending"] == 0)


def test_a_callback_is_repeated_until_200(live: Sandbox) -> None:
    with receiving(503, 503) as receiver:
        live.listen_at(receiver.url)
        ref = live.sent()
        wait_until(lambda: all_delivered(live))
        first, second = live.callbacks(ref)
        assert [attempt["status"] for attempt in first["attempts"]] == [503, 503, 200]
        assert [attempt["status"] for attempt in second["attempts"]] == [200]
        assert first["attempts"][-1]["answer"] == "ok"
        assert first["state"] == second["state"] == "delivered"
    told = [body["transactionStatus"] for body in receiver.bodies]
    assert told == ["PAYMENT_LINK_CREATED"] * 3 + ["PAYMENT_LINK_SENT"]
    proof = "Basic " + base64.b64encode(b"core:pass:word").decode()
    assert set(receiver.authorizations) == {proof}


def test_a_stuck_link_blocks_no_other(live: Sandbox) -> None:
    with receiving() as receiver:
        receiver.refuse = lambda body: body["orderNumber"] == "stuck"
        live.listen_at(receiver.url)
        stuck, free = live.sent(orderNumber="stuck"), live.sent(orderNumber="free")
        wait_until(lambda: all(entry["state"] == "delivered" for entry in live.callbacks(free)))
        assert [entry["state"] for entry in live.callbacks(stuck)] == ["pending", "pending"]
        receiver.refuse = lambda body: False
        wait_until(lambda: all_delivered(live))


def test_expiry_is_told_without_being_asked(live: Sandbox) -> None:
    with receiving() as receiver:
        live.listen_at(receiver.url)
        live.sent()
        live.advance(300)
        receiver.wait_for(3)
        assert receiver.bodies[-1]["transactionStatus"] == "PAYMENT_LINK_EXPIRED"


def test_many_callbacks_arrive_in_order_for_each_link(live: Sandbox) -> None:
    with receiving(*[500] * 5) as receiver:
        live.listen_at(receiver.url)
        refs = [live.sent(orderNumber=str(number)) for number in range(40)]
        for ref in refs:
            live.pay(ref)
        wait_until(lambda: all_delivered(live))
        for ref in refs:
            mine = [body for body in receiver.bodies if body["paymentLinkRef"] == ref]
            ids = [body.get("transactionStatusId", 100) for body in mine]
            order = list(dict.fromkeys(ids))
            assert order == [10, 11, 12, 3, 100]


def test_faults_drop_and_duplicate_and_reorder(sandbox: Sandbox) -> None:
    sandbox.http.put("/sandbox/faults", json={"duplicate_callbacks": 1, "reorder_callbacks": True, "seed": 7})
    ref = sandbox.sent()
    assert [entry["duplicate"] for entry in sandbox.callbacks(ref)] == [False, True, False, True]
    lanes = sandbox.core.store.rows("SELECT DISTINCT lane FROM deliveries WHERE link_ref = ?", ref)
    assert len(lanes) == 4


def test_a_dropped_callback_is_never_sent(live: Sandbox) -> None:
    with receiving() as receiver:
        live.listen_at(receiver.url)
        live.http.put("/sandbox/faults", json={"drop_callbacks": 1})
        ref = live.sent()
        wait_until(lambda: all_delivered(live))
        assert {entry["state"] for entry in live.callbacks(ref)} == {"dropped"}
        assert receiver.bodies == []


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"drop_callbacks": 2}, "drop_callbacks"),
        ({"delay_ms": [5, 1]}, "delay_ms"),
        ({"reorder_callbacks": 1}, "reorder_callbacks"),
        ({"undeliverable": "27830000000"}, "undeliverable"),
        ({"undeliverable": ["\N{ARABIC-INDIC DIGIT TWO}7830000000"]}, "undeliverable"),
        ({"typo": 1}, "typo"),
    ],
)
def test_a_wrong_fault_is_refused_by_name(sandbox: Sandbox, order: dict[str, object], field: str) -> None:
    answer = sandbox.http.put("/sandbox/faults", json=order)
    assert (answer.status_code, answer.json["field"]) == (422, field)


def test_a_failing_api_executes_nothing_and_a_lost_answer_everything(sandbox: Sandbox) -> None:
    sandbox.http.put("/sandbox/faults", json={"http_500": 1})
    assert sandbox.send().status_code == 500
    sandbox.http.put("/sandbox/faults", json={"drop_answers": 1})
    assert sandbox.send().status_code == 499
    sandbox.http.delete("/sandbox/faults")
    assert len(sandbox.messages()) == 1


def test_a_restart_keeps_state_and_pending_callbacks(tmp_path: Path) -> None:
    def start(*, background: bool) -> tuple[Flask, Sandbox]:
        app = create_app(tmp_path / "kept", background=background)
        return app, Sandbox(app)

    with receiving() as receiver:
        _, before = start(background=False)
        before.listen_at(receiver.url)
        ref, key = before.sent(), before.key
        before.advance(60)
        before.core.close()
        _, after = start(background=True)
        receiver.wait_for(2)
        assert after.key == key
        assert after.transaction(ref)["linkStatus"] == "PAYMENT_LINK_SENT"
        assert after.http.get("/sandbox/clock").json["offset_s"] == 60
        after.core.close()
    assert [body["transactionStatusId"] for body in receiver.bodies] == [10, 11]


def test_stopping_ends_every_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())  # some of an earlier test may be about to end
    Sandbox(create_app(tmp_path / "stopped")).core.close()
    assert set(threading.enumerate()) - before == set()

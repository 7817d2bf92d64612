"""Callbacks are repeated until 200, keep their order, and survive a restart."""

from __future__ import annotations

import base64
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.peers.demo_core import demo_core

from .conftest import Sandbox
from .receiver import receiving, wait_until


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


def test_a_duplicated_callback_arrives_twice(live: Sandbox) -> None:
    with receiving() as receiver:
        live.listen_at(receiver.url)
        live.http.put("/sandbox/faults", json={"duplicate_callbacks": 1, "seed": 7})
        live.sent()
        receiver.wait_for(4)
        told = sorted(body["transactionStatus"] for body in receiver.bodies)
        assert told == ["PAYMENT_LINK_CREATED"] * 2 + ["PAYMENT_LINK_SENT"] * 2


def test_callbacks_out_of_order_do_not_wait_for_each_other(live: Sandbox) -> None:
    with receiving() as receiver:
        receiver.refuse = lambda body: body["transactionStatus"] == "PAYMENT_LINK_CREATED"
        live.listen_at(receiver.url)
        live.http.put("/sandbox/faults", json={"reorder_callbacks": True, "seed": 7})
        ref = live.sent()
        wait_until(lambda: sorted(one["state"] for one in live.callbacks(ref)) == ["delivered", "pending"])
        assert [one["event"] for one in live.callbacks(ref) if one["state"] == "delivered"] == ["PAYMENT_LINK_SENT"]
        receiver.refuse = lambda body: False
        wait_until(lambda: all_delivered(live))


def test_a_delayed_callback_waits_for_its_time(live: Sandbox) -> None:
    live.listen_at("http://127.0.0.1:9/callbacks")
    live.http.put("/sandbox/faults", json={"delay_ms": [60_000, 60_000]})
    ref = live.sent()

    def waits(entry: dict[str, Any]) -> bool:
        made, due = (datetime.fromisoformat(entry[name]) for name in ("created_at", "next_attempt_at"))
        return due - made >= timedelta(minutes=1)

    wait_until(lambda: all(map(waits, live.callbacks(ref))))
    assert [entry["attempts"] for entry in live.callbacks(ref)] == [[], []]


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


def test_a_restart_keeps_state_and_pending_callbacks(tmp_path: Path, migrated_core: Path) -> None:
    with receiving() as receiver:
        with demo_core(tmp_path / "kept", migrated_core) as pair:
            before = Sandbox(pair)
            before.listen_at(receiver.url)
            ref, key = before.sent(), before.key
            before.advance(60)
        with demo_core(tmp_path / "kept", migrated_core, works=True) as pair:
            after = Sandbox(pair, works=True)
            receiver.wait_for(2)
            assert after.key == key
            assert after.transaction(ref)["linkStatus"] == "PAYMENT_LINK_SENT"
            assert after.http.get("/sandbox/clock").json["offset_s"] == 60
            # The core listens elsewhere now, and still hears what is replied to a message of before.
            after.reply("STOP")
            assert "Reply START" in after.messages()[-1]["text"]
    assert [body["transactionStatusId"] for body in receiver.bodies][:2] == [10, 11]


def test_stopping_ends_every_thread(tmp_path: Path, migrated_core: Path) -> None:
    def alive() -> set[threading.Thread]:
        # The couriers' pool is one of the process, and stays.
        return {one for one in threading.enumerate() if not one.name.startswith("courier")}

    before = alive()  # some of an earlier test may be about to end
    with demo_core(tmp_path / "stopped", migrated_core, works=True):
        pass
    wait_until(lambda: not alive() - before)

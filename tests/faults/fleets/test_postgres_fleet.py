"""A PostgreSQL fleet loses nothing and doubles nothing, whoever answers, whoever works, and whoever dies meanwhile."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from foundation.database.database import Database
from tests.databases.paused_clients import paused_amid
from tests.databases.postgres import Cluster
from tests.faults.fleet import Fleet, Process, until

A_PUSH = "/composite "
AT_ONCE = 7  # half a second; what does not end by itself is given up after eight
TAKEN_OVER_WITHIN = 60  # ten seconds without a sign of life, a look each second, and a very busy machine


@contextmanager
def swept_by_nobody(fleet: Fleet) -> Iterator[None]:
    """Let it be the turn of a worker that lives and does nothing with it."""
    alive = "SELECT id FROM procrastinate.procrastinate_workers ORDER BY last_heartbeat DESC LIMIT 1"
    turn = "INSERT INTO turns SELECT 'sweep', 'w' || max(id) || '.test', now() + interval '1 day' FROM alive"
    until(
        lambda: fleet.do(f"WITH alive AS ({alive}) {turn} ON CONFLICT DO NOTHING"), within=60, what="no sweep under way"
    )
    try:
        yield
    finally:
        kept = fleet.do("DELETE FROM turns WHERE lease LIKE 'w%.test'")
    assert kept, "somebody else has swept meanwhile"


def test_callbacks_posted_to_two_web_processes_are_each_applied_once(fleet: Fleet, workers: list[Process]) -> None:
    links = [fleet.sent(order_id) for order_id in fleet.make_orders(6)]
    # All at one moment: an earlier click that arrives later would rightly be news.
    at = datetime.now(UTC)
    opened = [fleet.news(link, "PAYMENT_LINK_CLICKED", at=at, note=n) for link in links for n in range(8)]
    posts = [(body, url) for n, body in enumerate(opened) for url in (fleet.urls[n % 2], fleet.urls[(n + 1) % 2])]
    with ThreadPoolExecutor(16) as callers:
        assert set(callers.map(lambda one: fleet.post(*one), posts)) == {200}
    until(lambda: fleet.at_rest(*links), within=60, what="drained and pushed")
    entries = fleet.entries(*links)
    assert sorted(entry.verdict for entry in entries) == ["applied"] * 6 + ["stale"] * 42
    assert sum(entry.duplicates for entry in entries) == 48
    names = [link["additionalData"]["reference"] for link in links]
    query = "SELECT count(*) AS n FROM payment_events WHERE event = 'callback' AND reference = ANY(:names)"
    assert fleet.one(query, names=names).n == 6
    assert not [line for one in workers for line in one.lines("step_failed")]


def wait_for_push(fleet: Fleet, link: dict[str, Any]) -> None:
    """Wait until a worker asks Salesforce to write a link's order and waits at the gate."""
    # What a worker reads for bells comes by the same path, so that somebody waits there says nothing yet.
    until(
        lambda: fleet.push_of(link).lease and fleet.org_gate.waiting.is_set(),
        within=60,
        what="a push that asks Salesforce",
    )


def test_a_callback_wakes_a_worker_before_any_sweep(fleet: Fleet, workers: list[Process]) -> None:
    link = fleet.sent(fleet.make_orders(1)[0])
    with swept_by_nobody(fleet):
        fleet.post(fleet.news(link, "PAYMENT_LINK_CLICKED"))
        until(lambda: [entry.state for entry in fleet.entries(link)] == ["done"], within=60, what="drained")


def test_the_same_signed_request_at_two_web_processes_opens_one_page(fleet: Fleet) -> None:
    form = {"signed_request": fleet.signed_request(fleet.make_orders(1)[0])}
    with ThreadPoolExecutor(4) as callers:
        pages = list(callers.map(lambda url: requests.post(f"{url}/launch", data=form, timeout=60), fleet.urls[:2] * 2))
    assert sorted(page.status_code for page in pages) == [200, 403, 403, 403]


def test_two_agents_who_send_at_once_through_two_web_processes_make_one_link(fleet: Fleet) -> None:
    urls = fleet.urls[:2]
    for order_id in fleet.make_orders(3):
        tokens = [fleet.launch(order_id, url) for url in urls]
        with ThreadPoolExecutor(2) as agents:
            answers = list(agents.map(partial(fleet.send, order_id), tokens, urls))
        winner, loser = sorted(answers, key=lambda answer: answer.status_code)
        assert (winner.status_code, loser.status_code) == (201, 409)
        assert loser.json()["error"]["reference"] == winner.json()["reference"]
        assert fleet.one("SELECT count(*) AS n FROM payment_requests WHERE order_id = :o", o=order_id).n == 1


def test_two_schedulers_have_each_sweep_done_once(fleet: Fleet, workers: list[Process]) -> None:
    with fleet.engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA watch; CREATE TABLE watch.seen (task_name text, args jsonb)")
        connection.exec_driver_sql(
            "CREATE FUNCTION watch.see() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN INSERT INTO watch.seen VALUES (NEW.task_name, NEW.args); RETURN NEW; END'"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER see AFTER INSERT ON procrastinate.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION watch.see()"
        )
    count = "SELECT count(*) AS n, count(DISTINCT args ->> 'timestamp') AS moments FROM watch.seen WHERE task_name = 'sweep'"
    until(lambda: fleet.one(count).n >= 4, within=60, what="sweeps")
    with fleet.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER see ON procrastinate.procrastinate_jobs")
    # A scheduler that comes after the other has begun the next moment finds no trace of the last one, and may repeat it.
    seen = fleet.one(count)
    assert seen.n - seen.moments <= 1


def test_a_worker_killed_in_mid_drain_and_mid_push_is_followed_by_another(fleet: Fleet, workers: list[Process]) -> None:
    paid, opened = (fleet.sent(order_id) for order_id in fleet.make_orders(2))
    until(lambda: fleet.at_rest(paid, opened), within=60, what="told that both were sent")
    fleet.pay(paid)
    doomed, survivor = workers
    survivor.tell(signal.SIGSTOP)
    fleet.org_gate.shut(A_PUSH)
    fleet.core_gate.shut()
    fleet.post(fleet.news(opened, "PAYMENT_LINK_CLICKED"))
    fleet.post(fleet.news(paid, "PAYMENT_RECEIVED"))
    for gate in fleet.gates:
        assert gate.waiting.wait(60), "the worker never asked its peer"
    doomed.kill()
    survivor.tell(signal.SIGCONT)
    for gate in fleet.gates:
        gate.open()
    until(lambda: fleet.at_rest(paid, opened), within=TAKEN_OVER_WITHIN, what="taken over")
    assert fleet.status_of(paid) == "opened paid"
    assert fleet.status_of(opened) == "opened none"
    assert [line for line in survivor.lines("leases_taken_back") if line["count"]]


def test_what_a_stalled_worker_finds_out_late_changes_nothing(fleet: Fleet, workers: list[Process]) -> None:
    link = fleet.sent(fleet.make_orders(1)[0])
    until(lambda: fleet.at_rest(link), within=60, what="told that it was sent")
    stalled, other = workers
    other.tell(signal.SIGSTOP)
    fleet.org_gate.shut(A_PUSH)
    fleet.post(fleet.news(link, "PAYMENT_LINK_CLICKED"))
    wait_for_push(fleet, link)
    stalled.tell(signal.SIGSTOP)
    other.tell(signal.SIGCONT)
    lease, version = fleet.push_of(link).lease, fleet.push_of(link).version
    fleet.pay(link)
    fleet.org_gate.open()  # the stalled worker's call is carried out; it does not hear the answer
    fleet.post(fleet.news(link, "PAYMENT_RECEIVED"))
    until(lambda: fleet.at_rest(link), within=TAKEN_OVER_WITHIN, what="taken over")
    after = fleet.push_of(link)
    assert after.pushed_version > version
    stalled.tell(signal.SIGCONT)
    time.sleep(1.5)
    assert lease
    assert fleet.push_of(link) == after
    assert fleet.status_of(link) == "opened paid"


def test_a_process_that_is_paused_in_mid_transaction_holds_nobody_up_for_long(
    fleet: Fleet, workers: list[Process]
) -> None:
    links = [fleet.sent(order_id) for order_id in fleet.make_orders(2)]
    until(lambda: fleet.at_rest(*links), within=60, what="told that they were sent")
    between_statements, amid_one = (
        f"SELECT 1 FROM orders WHERE order_id = '{link['order_id']}' FOR UPDATE" for link in links
    )
    paused = Database(fleet.database_url)
    with paused.engine.connect() as connection, paused_amid(paused, amid_one):
        connection.execute(text(between_statements))
        for link in links:
            fleet.post(fleet.news(link, "PAYMENT_LINK_CLICKED"))
        until(lambda: fleet.at_rest(*links), within=TAKEN_OVER_WITHIN, what="taken over")
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT 1"))
        connection.invalidate()
    paused.close()
    assert [fleet.status_of(link) for link in links] == ["opened none"] * 2


def test_a_sweep_whose_worker_is_gone_is_followed_by_another(fleet: Fleet, workers: list[Process]) -> None:
    with fleet.engine.begin() as connection:
        gone = "INSERT INTO turns VALUES ('sweep', 'w999999.x', now() + interval '1 day')"
        until(lambda: connection.exec_driver_sql(f"{gone} ON CONFLICT DO NOTHING").rowcount, within=60, what="free")
    left = "SELECT count(*) AS n FROM turns WHERE lease = 'w999999.x'"
    until(lambda: not fleet.one(left).n, within=60, what="taken over")


def _takes(fleet: Fleet, link: Any, url: str) -> bool:
    return fleet.post(fleet.news(link, "PAYMENT_LINK_CLICKED"), url) == 200


def test_every_process_comes_back_after_a_database_restart(
    fleet: Fleet, workers: list[Process], cluster: Cluster
) -> None:
    links = [fleet.sent(order_id) for order_id in fleet.make_orders(2)]
    cluster.restart()
    for url in fleet.urls[:2]:
        until(
            partial(_takes, fleet, links[0], url),
            within=60,
            what=url,
        )
    fleet.post(fleet.news(links[1], "PAYMENT_LINK_CLICKED"))
    until(lambda: fleet.at_rest(*links), within=TAKEN_OVER_WITHIN, what="drained and pushed")
    assert [fleet.status_of(link) for link in links] == ["opened none"] * 2
    assert all(one.inner.poll() is None for one in fleet.processes if one in workers)


def test_a_worker_that_is_told_to_stop_gives_back_what_it_cannot_finish(fleet: Fleet, workers: list[Process]) -> None:
    link = fleet.sent(fleet.make_orders(1)[0])
    until(lambda: fleet.at_rest(link), within=60, what="told that it was sent")
    leaving, other = workers
    other.tell(signal.SIGSTOP)
    fleet.org_gate.shut(A_PUSH)
    fleet.post(fleet.news(link, "PAYMENT_LINK_CLICKED"))
    wait_for_push(fleet, link)
    lease = fleet.push_of(link).lease
    other.tell(signal.SIGCONT)
    leaving.tell(signal.SIGTERM)
    assert leaving.inner.wait(60) == 0
    assert fleet.push_of(link).lease != lease
    fleet.org_gate.open()
    until(lambda: fleet.at_rest(link), within=60, what="pushed by the other worker")


def test_idle_processes_stop_at_once(fleet: Fleet, workers: list[Process]) -> None:
    code, seconds = workers[0].stop()
    assert code == 0
    assert seconds < AT_ONCE
    extra = fleet.serve()
    fleet.ready(extra)
    fleet.urls.pop()
    code, seconds = extra.stop()
    assert code == 0
    assert seconds < AT_ONCE

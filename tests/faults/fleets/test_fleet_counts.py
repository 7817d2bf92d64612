"""Whichever process of a fleet is scraped, it shows what all web processes counted; a worker shows what it did."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from sandbox.processes.ports import free_port
from tests.faults.fleet import Fleet, Process, until
from tests.faults.servers.processes import PROC, children_of

ASKED = 30
SCRAPES = 12
Scrape = dict[tuple[str, frozenset[Any]], float]


def scraped(url: str, token: str = "") -> Scrape:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.get(f"{url}/metrics", headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def lives_asked(found: Scrape) -> float:
    asked = {"method": "GET", "route": "/health/live", "status": "200"}
    return found.get(("chat2pay_http_answers_total", frozenset(asked.items())), 0.0)


def ask(url: str, times: int) -> None:
    for _ in range(times):  # a new connection each time, so that every process gets its share
        assert requests.get(f"{url}/health/live", timeout=60).status_code == 200


@pytest.fixture
def web(fleet: Fleet) -> Iterator[tuple[str, Process]]:
    """Two web processes of their own behind one address."""
    process = fleet.serve(CHAT2PAY_WEB_WORKERS="2")
    fleet.ready(process)
    url = fleet.urls.pop()
    until(lambda: len(children_of(process.inner.pid)) == 2 or not PROC.is_dir(), within=60, what="both started")
    yield url, process
    process.stop()


def test_the_counts_of_all_web_processes_are_one(web: tuple[str, Process]) -> None:
    url, _ = web
    before = lives_asked(scraped(url))
    ask(url, ASKED)
    assert {lives_asked(scraped(url)) for _ in range(SCRAPES)} == {before + ASKED}
    timed = frozenset({"method": "GET", "route": "/health/live"}.items())
    assert {scraped(url)["chat2pay_http_request_seconds_count", timed] for _ in range(SCRAPES)} == {before + ASKED}


@pytest.mark.skipif(not PROC.is_dir(), reason="looks for processes as Linux shows them")
def test_no_count_falls_when_a_web_process_dies_and_its_follower_counts_on(web: tuple[str, Process]) -> None:
    url, process = web
    ask(url, ASKED)
    before = lives_asked(scraped(url))
    doomed = children_of(process.inner.pid)[0]
    os.kill(doomed, signal.SIGKILL)
    until(lambda: doomed not in (now := children_of(process.inner.pid)) and len(now) == 2, within=60, what="followed")
    until(lambda: _answers_always(url), within=60, what="answers again")
    counted = lives_asked(scraped(url))
    assert counted >= before
    ask(url, ASKED)
    assert {lives_asked(scraped(url)) for _ in range(SCRAPES)} == {counted + ASKED}


def test_a_worker_shows_what_it_did_to_whoever_may_ask(fleet: Fleet, workers: list[Process]) -> None:
    token = "metrics-token-of-thirty-two-characters"
    port = free_port()
    watched = fleet.start(
        ["connector.cli", "worker"],
        {"CHAT2PAY_WORKER_METRICS_PORT": str(port), "CHAT2PAY_METRICS_TOKEN": token},
        name="worker",
        from_scratch=True,
    )
    fleet.ready(watched)
    url = f"http://127.0.0.1:{port}"
    for other in workers:
        other.tell(signal.SIGSTOP)
    link = fleet.sent(fleet.make_orders(1)[0])
    fleet.post(fleet.news(link, "PAYMENT_LINK_CLICKED"))
    until(lambda: fleet.at_rest(link), within=60, what="drained and pushed")
    found = scraped(url, token)
    assert found["chat2pay_inbox_ruled_total", frozenset({("verdict", "applied")})] >= 1
    assert found["chat2pay_workers", frozenset()] >= 1
    assert ("chat2pay_build_info", "postgresql") in {(name, dict(labels).get("database", "")) for name, labels in found}
    assert requests.get(f"{url}/health/ready", timeout=60).status_code == 200
    assert requests.get(f"{url}/metrics", headers={"X-Forwarded-For": "10.0.0.7"}, timeout=60).status_code == 401
    for path in ("/launch", "/openapi.json", "/api/payment-requests"):
        assert requests.get(url + path, timeout=60).status_code == 404, "a worker has no other door"
    code, seconds = watched.stop()
    assert (code, seconds < 30) == (0, True)


def _answers_always(url: str) -> bool:
    try:
        ask(url, 5)
    except requests.ConnectionError:  # the place of the one that died in the queue of connections
        return False
    return True

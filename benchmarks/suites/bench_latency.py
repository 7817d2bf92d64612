"""P9 to P11, the delays that a person notices: from callback to order and page, from launch to page."""

from __future__ import annotations

import http.client
import json
import re
import statistics
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from random import Random

from benchmarks.goals import Figure, figure
from benchmarks.harness.connected import ConnectedProduct, SentRequest, connected_product
from benchmarks.harness.load import PreparedRequests
from benchmarks.harness.pages import PAYING_S, pause
from benchmarks.harness.rounds import Bench, InvalidMeasurement, OtherAnswers, open_side

_CALL_S = 0.2
# Well below what the product takes: a delay is measured, and not a queue.
_PER_SECOND = 50
_TIMESTAMP = "(julianday({0}) * 86400.0)"


def freshness(bench: Bench) -> Iterator[Figure]:
    """Measure P9: final states at a steady rate, Salesforce at 200 ms a call."""
    count = 100 if bench.quick else 1000
    with connected_product(bench) as here:
        first, *requests = here.make_sent_requests(1 + count)
        here.org.call("/faults", {"latency_ms": [200, 200]}, method="PUT")
        here.start()
        _deliver_paced(here, [first])  # a process loads its Salesforce library and logs in once
        here.wait_until_pushed(1)
        acknowledged = _deliver_paced(here, requests)
        here.wait_until_pushed(1 + count)
        waits = sorted(
            pushed - acknowledged[order_id]
            for order_id, pushed in here.query(
                f"SELECT order_id, {_TIMESTAMP.format('pushed_at')} - 2440587.5 * 86400 FROM outbox"
            )
            if order_id in acknowledged
        )
        p95 = waits[int(0.95 * len(waits))]
        note = f"p50 {statistics.median(waits) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms"
        yield figure("P9", [p95 / _CALL_S], server="waitress", note=note)


def page_update(bench: Bench) -> Iterator[Figure]:
    """Measure P10: a page that polls as the agent's page does, with its ETag."""
    tries = 4 if bench.quick else 40
    with connected_product(bench) as here:
        orders = here.make_sent_requests(tries)
        here.start()
        random = Random(1)
        waits = sorted(
            _seconds_until_shown(here, one, phase=number / tries, random=random) for number, one in enumerate(orders)
        )
        p95 = waits[min(len(waits) - 1, int(0.95 * len(waits)))]
        note = f"p50 {statistics.median(waits) * 1000:.0f} ms; the page polls every {PAYING_S} s"
        yield figure("P10", [p95], server="waitress", note=note)


def launching(bench: Bench) -> Iterator[Figure]:
    """Measure P11 with one client; the server says what its peers took, which is subtracted."""
    tries = 15 if bench.quick else 100
    with connected_product(bench) as here:
        orders = here.make_sent_requests(tries)
        here.start(workers=False)
        noop = open_side(bench, "noop", kind="waitress", clients=1)
        try:
            ours, theirs = [], []
            for one in orders:
                body = _launch_body(here, one)
                ours.append(_launch_seconds(here.server.port if here.server else 0, body, status=200))
                theirs.append(_launch_seconds(noop.server.port, body, status=200))
        finally:
            noop.close()
        # The first third warms both up: a process loads its Salesforce library with its first launch.
        warm = len(ours) // 3
        mine, other = statistics.median(ours[warm:]), statistics.median(theirs[warm:])
        note = f"{mine * 1000:.1f} ms / {other * 1000:.2f} ms"
        yield figure("P11", [mine / other], server="waitress", note=note)


def _deliver_paced(here: ConnectedProduct, requests: Sequence[SentRequest]) -> dict[str, float]:
    """Deliver the final notification of each order at a steady rate; return when each was acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", here.server.port if here.server else 0)
    acknowledged, begun = {}, time.monotonic()
    for number, one in enumerate(requests):
        time.sleep(max(0.0, begun + number / _PER_SECOND - time.monotonic()))
        _deliver(connection, here, one)
        acknowledged[one.order_id] = time.time()
    connection.close()
    return acknowledged


def _deliver(connection: http.client.HTTPConnection, here: ConnectedProduct, one: SentRequest) -> None:
    endpoint = here.endpoint
    request = PreparedRequests(
        path=endpoint.path,
        user=endpoint.user,
        password=endpoint.password,
        bodies=[one.callback_body("PAYMENT_RECEIVED")],
    ).next()
    head, _, body = (request or b"").partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    connection.request("POST", endpoint.path, body=body, headers=headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise OtherAnswers(f"a callback was answered {answer.status}")


def _seconds_until_shown(here: ConnectedProduct, one: SentRequest, *, phase: float, random: Random) -> float:
    """Open the page, pay, and poll until it says paid; ``phase`` is how much of the interval is over at payment."""
    port = here.server.port if here.server else 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    token = _launch_token(connection, _launch_body(here, one))
    headers = {"Authorization": f"Bearer {token}"}
    _deliver(connection, here, one)
    acknowledged = time.perf_counter()
    time.sleep(pause(PAYING_S, 0.0, random) * (1 - phase))
    while time.perf_counter() - acknowledged < 30:
        asked = time.perf_counter()
        connection.request("GET", f"/api/orders/{one.order_id}", headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == 200 and json.loads(text)["payment_state"] == "paid":
            return time.perf_counter() - acknowledged
        headers["If-None-Match"] = answer.headers["ETag"]
        time.sleep(pause(PAYING_S, time.perf_counter() - asked, random))
    raise InvalidMeasurement("the page never showed the payment")


def _launch_token(connection: http.client.HTTPConnection, body: bytes) -> str:
    connection.request("POST", "/launch", body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    text = connection.getresponse().read().decode()
    token = re.search(r'"launch_token": ?"([^"]+)"', text)
    if not token:
        raise InvalidMeasurement(f"the launch opened nothing: {re.sub('<[^>]+>', ' ', text)[-300:]}")
    return token[1]


def _launch_body(here: ConnectedProduct, one: SentRequest) -> bytes:
    signed = here.org.call("/launches", {"order_id": one.order_id})["signed_request"]
    return urllib.parse.urlencode({"signed_request": signed}).encode()


def _launch_seconds(port: int, body: bytes, *, status: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    begun = time.perf_counter()
    connection.request("POST", "/launch", body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    took = time.perf_counter() - begun
    connection.close()
    if answer.status != status:
        raise OtherAnswers(f"a launch was answered {answer.status}")
    return took - float(answer.headers.get("X-Peers", 0))

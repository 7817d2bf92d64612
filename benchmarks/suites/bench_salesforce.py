"""P7, P8 and P15: calls to Salesforce, counted by the sandbox org itself, retries included."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from simple_salesforce.api import Salesforce

from benchmarks.goals import Figure, figure
from benchmarks.harness.connected import ConnectedProduct, connected_product, connections_to
from benchmarks.harness.rounds import Bench

_LATENCY = {"latency_ms": [100, 300]}
# A process reads the request object's fields, the org's zone and the agents' roles in one call an hour: no cost of callbacks.
_HOURLY_READS = 1
_THREE = ("PAYMENT_LINK_CLICKED", "PAYMENT_AUTHORIZED", "PAYMENT_RECEIVED")


def calls(bench: Bench) -> Iterator[Figure]:
    """Measure P7 and P15: callbacks that wait when the workers start, and callbacks that arrive while they run."""
    count = 1000
    with connected_product(bench) as here:
        here.start(workers=False)
        orders = here.make_sent_requests(count)
        here.post([one.callback_body("PAYMENT_RECEIVED") for one in orders])
        here.org.call("/faults", _LATENCY, method="PUT")
        here.start_workers()
        peak = _peak_connections(here, count)
        counts = here.org.call("/calls")
        note = f"{count} callbacks: {counts}"
        yield from _calls_each("P7.orders", counts["api_calls"], of=count, note=note)
        yield figure("P15.logins", [counts["logins"]], server="waitress")
        yield figure("P15.connections", [peak], server="waitress", note="as /proc/net/tcp showed them")
        if not bench.quick:
            yield _live(here)
    with connected_product(bench) as here:
        here.start(workers=False)
        orders = here.make_sent_requests(-(-count // len(_THREE)))
        here.post([one.callback_body(status) for one in orders for status in _THREE])
        here.org.call("/faults", _LATENCY, method="PUT")
        here.start_workers()
        here.wait_until_pushed(len(orders))
        counts = here.org.call("/calls")
        yield from _calls_each("P7.three", counts["api_calls"], of=len(_THREE) * len(orders), note=f"{counts}")


def draining(bench: Bench) -> Iterator[Figure]:
    """Measure P8: callbacks wait already, then the workers start; the usual code makes one update for each."""
    count = 600 if bench.quick else 10_000
    for goal, each in (("P8", _THREE), ("P8.distinct", _THREE[-1:])):
        with connected_product(bench) as here:
            orders = here.make_sent_requests(count // len(each))
            here.start(workers=False)
            here.post([one.callback_body(status) for one in orders for status in each], clients=64)
            here.org.call("/faults", _LATENCY, method="PUT")
            update_s = _usual_update(here, [one.order_id for one in orders[: 10 if bench.quick else 40]])
            begun = time.perf_counter()
            here.start_workers()
            took, callbacks = here.wait_until_pushed(len(orders)) - begun, len(each) * len(orders)
            note = f"{callbacks} callbacks, {len(orders)} orders: {took:.1f} s; usual code {update_s * callbacks:.0f} s"
            yield figure(goal, [update_s * callbacks / took], server="waitress", note=note)


def _calls_each(goal: str, made: int, *, of: int, note: str) -> Iterator[Figure]:
    """Yield the calls per 1,000 of ``of`` callbacks, without the hourly read and with it."""
    yield figure(goal, [(made - _HOURLY_READS) * 1000 / of], server="waitress", note=note)
    yield figure(f"{goal}.hourly", [made * 1000 / of], server="waitress")


def _live(here: ConnectedProduct) -> Figure:
    """Post as fast as 16 clients can, with the workers running and Salesforce as slow as it is."""
    known = len(here.query("SELECT 1 FROM outbox"))
    orders = here.make_sent_requests(1000)
    here.org.call("/faults", _LATENCY, method="PUT")
    here.org.call("/calls", method="DELETE")
    here.post([one.callback_body("PAYMENT_RECEIVED") for one in orders])
    here.wait_until_pushed(known + len(orders))
    counts = here.org.call("/calls")
    return figure("P7.live", [counts["api_calls"]], server="waitress", note=f"{counts}")


def _peak_connections(here: ConnectedProduct, orders: int) -> int:
    """Wait until all is written, and return the most connections seen meanwhile."""
    peak, ends = 0, time.monotonic() + 300
    while time.monotonic() < ends:
        peak = max(peak, connections_to(here.org.port))
        (written,) = here.query("SELECT count(*) FROM outbox WHERE pushed_version = version AND state = 'written'")[0]
        if written == orders:
            break
        time.sleep(0.02)
    here.wait_until_pushed(orders)
    return peak


def _usual_update(here: ConnectedProduct, order_ids: list[str]) -> float:
    """Return the seconds of one simple_salesforce update."""
    token = next(user["access_token"] for user in here.credentials["users"] if user["kind"] == "integration")
    orders: Any = Salesforce(instance_url=here.org.url, session_id=token).Order
    orders.base_url = orders.base_url.replace("https://", "http://")
    begun = time.perf_counter()
    for order_id in order_ids:
        orders.update(order_id, {"Chat2Pay_Payment_State__c": "requested"})
    return (time.perf_counter() - begun) / len(order_ids)

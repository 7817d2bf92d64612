"""The connector in a test: it is called by its own HTTP interface, and its background work is driven by hand.

No thread runs here: ``drain``, ``push`` and ``sweep`` happen when a test says so, at the time that its clock shows.
"""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

import manifests
from callbacks.drain import drain
from callbacks.per_tenant_executor import PerTenantExecutor
from connector.app import create_app
from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.tenant import Tenant
from connector.journeys.syncing.push_order_changes import batches
from connector.services import Services, build_services
from connector.store.outbox import outbox_claim
from connector.store.outbox.outbox_claim import DuePartition
from connector.store.requests import request_rows
from connector.store.schema.tables import metadata
from connector.workers.embedded_workers import release_leases_of_dead
from connector.workers.news_delivery import NewsDelivery
from connector.workers.pushing import TotalsReader, push_batch
from connector.workers.sweeps import sweep, sweep_orders
from tests.factories import CALLBACK_KEY, THANDI, Agent, basic, envelope, long_id, make_settings, make_tenant, sign
from tests.journeys.played_once import Place
from tests.openapi.documented import assert_documented
from tests.peers.core import OWN_CORE, FakeCore
from tests.peers.org import FakeOrg
from tests.suite.kept_engines import share, shared_job_sessions

SENTENCES: dict[str, str] = manifests.load("sentences/en.json")
ERROR_KEYS = {"code", "message", "retryable", "request_id"}


class AtOnce(Executor):
    """Runs what the product runs aside, here and now."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run it before returning."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Clock:
    """The time that everything in a test goes by."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 10, 42, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        """Let time pass."""
        self.at += timedelta(**span)


class Answer(TestResponse):
    """An answer of ours. A test looks into its JSON as it should be: what is not there, or is none, fails the test."""

    json: Any


class CheckingClient(FlaskClient):
    """Checks what every answer promises, whatever it answers."""

    def get(self, *args: Any, **options: Any) -> Answer:
        """Ask."""
        return self.open(*args, method="GET", **options)

    def post(self, *args: Any, **options: Any) -> Answer:
        """Do."""
        return self.open(*args, method="POST", **options)

    def open(self, *args: Any, **options: Any) -> Answer:
        """Ask, and look at the headers and the error body."""
        answer: Answer = super().open(*args, **options)  # type: ignore[assignment]
        headers = answer.headers
        assert "Set-Cookie" not in headers
        assert "frame-ancestors" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Strict-Transport-Security"].startswith("max-age=")
        assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-Id"])
        assert ("WWW-Authenticate" in headers) == (answer.status_code == 401)
        if not answer.request.path.startswith(("/static/", "/openapi")):
            assert headers["Cache-Control"] == "no-store"
        assert_documented(answer, self.application)
        if answer.status_code >= 400 and answer.is_json:
            assert set(answer.json) == {"error"}
            assert ERROR_KEYS <= set(answer.json["error"]) <= ERROR_KEYS | {"fields", "reference", "sentence"}
            assert answer.json["error"]["request_id"] == headers["X-Request-Id"]
        return answer


@dataclass
class Page:
    """An agent's open page: its data, and the token to go on with."""

    data: dict[str, Any]
    token: str
    order_id: str

    @property
    def headers(self) -> dict[str, str]:
        """What each of the page's calls carries."""
        return {"Authorization": f"Bearer {self.token}"}


class World:
    """One connector process, its database, its two peers, a clock."""

    def __init__(self, database_url: str, clock: Clock, org: FakeOrg, core: FakeCore) -> None:
        self.database_url, self.clock, self.org, self.core = database_url, clock, org, core
        self.serial = itertools.count(1)
        self.lines: list[Any] = []  # the log's, where somebody collects them
        self.services = self._build()

    def _build(self, **settings: Any) -> Services:
        with shared_job_sessions():
            self.services = build_services(make_settings(self.database_url, **settings), now=self.clock, aside=AtOnce())
        self.place: Place | None = None  # what another process does, and with other settings, is none that is known
        self.asking = PerTenantExecutor()
        share(self.services.store.database.engine)
        self.app = create_app(self.services)
        self.app.test_client_class = CheckingClient
        return self.services

    @property
    def client(self) -> CheckingClient:
        """A new browser."""
        made: CheckingClient = self.app.test_client()  # type: ignore[assignment]
        return made

    def restart(self, **settings: Any) -> None:
        """End the process as a crash would, and begin a new one as ``EmbeddedWorkers.start`` does."""
        self.services.store.database.close()
        self._build(**settings)
        release_leases_of_dead(self.services)

    def tenant(self, **changes: Any) -> Tenant:
        """Keep the tenant, changed."""
        made = make_tenant(**changes)
        self.services.store.tenants.add(made, now=self.clock())
        return made

    def with_own_core(self) -> None:
        """Let the tenant have a payment core of our own, at another address."""
        self.restart(core_hosts=(OWN_CORE.removeprefix("https://"),))
        self.services.store.tenants.change(
            "acme", lambda kept: replace(kept, core=replace(kept.core, base_url=OWN_CORE)), now=self.clock()
        )

    @property
    def acme(self) -> Tenant:
        """The tenant as it is kept."""
        kept = self.services.store.tenants.by_id("acme")
        assert kept is not None
        return kept

    def request(self, reference: str) -> PaymentRequest:
        """A payment request as it is kept."""
        with self.services.store.read() as work:
            kept = request_rows.find(work, "acme", reference)
        assert kept is not None
        return kept

    def disable(self) -> None:
        """Switch the tenant off."""
        self.services.store.tenants.set_disabled("acme", disabled=True, now=self.clock())

    def order(self, *seers: Agent, **fields: Any) -> str:
        """An order in the org that Thandi, or ``seers``, may see."""
        return self.org.add_order(long_id(f"801xx00000{next(self.serial):05d}"), *(seers or (THANDI,)), **fields)

    # --- calls -------------------------------------------------------------------------------------------------------

    def post_launch(self, signed_request: str) -> Answer:
        """What Canvas does."""
        return self.client.post("/launch", data={"signed_request": signed_request})

    def open(self, order_id: str, agent: Agent = THANDI) -> Page:
        """Open the page on an order."""
        answer = self.post_launch(sign(envelope(order_id, agent)))
        assert answer.status_code == 200, answer.text
        data = page_data(answer.text)
        return Page(data, data["launch_token"], data["order"]["order_id"])

    def send(self, page: Page, *, key: str | None = None, **changes: Any) -> Answer:
        """Press Send; a change to ``None`` leaves the field out."""
        body = {"channel": "sms", "phone": "27831234567", "expected_total": "115.00", **changes}
        headers = page.headers | ({"Idempotency-Key": key} if key else {})
        kept = {name: value for name, value in body.items() if value is not None}
        return self.client.post("/api/payment-requests", json=kept, headers=headers)

    def sent(self, page: Page, **changes: Any) -> dict[str, Any]:
        """Press Send and get a link; return the core's record of it."""
        answer = self.send(page, **changes)
        assert answer.status_code == 201, answer.text
        return self.core.last()

    def cancel(self, page: Page, reference: str) -> Answer:
        """Press Cancel."""
        return self.client.post(f"/api/payment-requests/{reference}/cancel", headers=page.headers)

    def look(self, page: Page) -> dict[str, Any]:
        """What the open page shows now."""
        answer = self.client.get(f"/api/orders/{page.order_id}", headers=page.headers)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json
        return shown

    def callback(
        self,
        body: Any,
        *,
        kind: str = "payment-status",
        headers: dict[str, str] | None = None,
        key: str = CALLBACK_KEY,
    ) -> Answer:
        """What the core does."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(f"/callbacks/{key}/{kind}", data=raw, headers=basic() if headers is None else headers)

    # --- work --------------------------------------------------------------------------------------------------------

    def drain(self) -> int:
        """Drain what is due now, and wait for whatever a payment core is asked."""
        return drain(self.services, self.asking, patience=30)

    def push(self) -> int:
        """Push what is due now, as the embedded pusher does; return how many Composite calls were made."""
        before, totals = len(self.org.writes), TotalsReader()
        for tenant_id in sorted({one.tenant_id for one in self._due() if one.unread}):
            totals.read(self.services, tenant_id)
        due = self._due()
        for batch in batches(due):
            push_batch(self.services, batch)
        for tenant_id in sorted({one.tenant_id for one in due if one.unread}):
            totals.read(self.services, tenant_id)
        return len(self.org.writes) - before

    def _due(self) -> list[DuePartition]:
        with self.services.store.read() as work:
            return outbox_claim.due_partitions(work, now=self.clock())

    def settle(self) -> None:
        """Drain, give news a moment to merge, push."""
        self.drain()
        self.clock.pass_by(seconds=2)
        self.push()

    def told(self, link: dict[str, Any], word: str, **changes: Any) -> Answer:
        """Let something happen at the core, receive its callback and drain."""
        answer = self.callback(self.core.happen(link, word, **changes))
        assert answer.status_code == 200
        self.drain()
        return answer

    def deliver(self, *, after: float = 3) -> int:
        """Let the moment pass for which news gathers, and deliver it; return how many bells and events were claimed."""
        self.clock.pass_by(seconds=after)
        return NewsDelivery().deliver(self.services, patience=30)

    def follow(self) -> None:
        """Let the time of the next look at orders come; the first of all only notes that there is a tenant."""
        sweep_orders(self.services)
        self.clock.pass_by(seconds=46)
        sweep_orders(self.services)

    def sweep(self) -> None:
        """Look at what is due by time."""
        sweep(self.services)

    # --- looking into the database -----------------------------------------------------------------------------------

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Every row of a table."""
        with self.services.store.database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(select(metadata.tables[table]))]

    def row(self, table: str) -> dict[str, Any]:
        """The only row of a table."""
        (found,) = self.rows(table)
        return found


def page_data(text: str) -> dict[str, Any]:
    """The data in the served page."""
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', text, re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def sentence_on(answer: TestResponse) -> str:
    """The one sentence of a refusal page."""
    found = re.search(r'id="sentence">(.*?)</p>', answer.text, re.S)
    assert found
    return html.unescape(found[1])


def fields_of(answer: Answer) -> set[str]:
    """The fields that an error names."""
    return set(answer.json["error"].get("fields", {}))


def once(work: Callable[[], Any]) -> Callable[..., None]:
    """Return a hook that works the first time it is called, whatever it is called with."""
    left = [work]

    def hook(*_: Any) -> None:
        if left:
            left.pop()()

    return hook

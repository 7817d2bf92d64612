"""A healthy deployment for tests of doctor: a connector, the sandbox's org behind a real address, a core.

The org is the sandbox's own, with its permissions, limits and refusals, asked without a socket.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import responses
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import delete
from werkzeug.test import TestResponse

from callbacks.drain import drain
from callbacks.per_tenant_executor import PerTenantExecutor
from connector.app import create_app as create_connector
from connector.domain.health.examination import Check, ExaminationResult
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import RightsFrom, Tenant
from connector.journeys.examining.examine import Examiner, examine
from connector.journeys.syncing.push_order_changes import batches
from connector.services import Services, build_services
from connector.store.health.findings import stored_findings
from connector.store.outbox import outbox_claim
from connector.store.schema.tables import callback_times
from connector.workers.nightly import examine_all, run_checks_by_day
from connector.workers.pushing import TotalsReader, push_batch
from connector.workers.sweeps import sweep
from foundation.database.database import ProcessLock
from foundation.http.session import PeerSession
from foundation.secret import Secret
from sandbox.org.app import create_app as create_org
from tests.factories import CALLBACK_KEY, CORE, HOST, basic, envelope, make_settings, make_tenant, sign
from tests.journeys.world import AtOnce, Clock, page_data
from tests.peers.answers import Answer
from tests.peers.core import FakeCore
from tests.suite.filled_once import filled_folder
from tests.suite.kept_engines import share_statements

PUBLIC = "https://c2p.acme.example"


class ReachedCore(FakeCore):
    """A core that also answers whoever asks without a key."""

    def answer(self, request: requests.PreparedRequest) -> Answer:
        if not self.down and "Authorization" not in request.headers:
            return 404, {}, ""
        return super().answer(request)


class Clinic:
    """One deployment and everything around it. What a test breaks is an attribute, or a control of the sandbox."""

    def __init__(self, database_url: str, clock: Clock, wire: responses.RequestsMock, folder: Path) -> None:
        self.clock, self.wire, self.file = clock, wire, Path(database_url.removeprefix("sqlite:///"))
        self.file.chmod(0o600)
        self.settings = make_settings(database_url, encryption_keys=(Secret(Fernet.generate_key().decode()),))
        self.org = create_org(filled_folder(folder), instance_url=HOST, allow_other_hosts=True)
        self.core = ReachedCore(clock)
        self.control("PATCH", "org", {"person_accounts": False})  # their own phone field is not in the default mapping
        self.known = self.control("GET", "credentials")
        self.certificate_ends: datetime | None = clock() + timedelta(days=90)
        self.free_space = 50 * 2**30
        self.kept_keys: tuple[Secret, ...] = ()  # what a test has put away
        self.ahead = dict.fromkeys((HOST, CORE, PUBLIC), 0.0)  # how far a peer's clock is ahead of ours, in seconds
        self.on_the_way: Callable[[requests.PreparedRequest], Answer | None] = lambda _: None
        self.lock = ProcessLock(self.file)
        self.lock.take()
        self.services = self._build()
        self.tenant = self.keep(healthy_tenant(self.known))
        self.heard()
        for host, door in ((HOST, self.org_door), (PUBLIC, self._own_door), (CORE, self.core.answer)):
            for method in ("GET", "POST", "PATCH"):
                wire.add_callback(method, re.compile(re.escape(host) + "/?.*"), callback=self._dated(host, door))

    def _build(self) -> Services:
        services = build_services(self.settings, now=self.clock, aside=AtOnce())
        share_statements(services.store.database.engine)
        self.app = create_connector(services)
        self.asking = PerTenantExecutor()
        return services

    def close(self) -> None:
        """Let go of files."""
        self.services.store.database.close()
        self.org.extensions["org"].records.close()
        self.stop_server()

    def stop_server(self) -> None:
        """End the server that holds the database."""
        if self.lock is not None:
            self.lock.release()
            self.lock = None  # type: ignore[assignment]

    def restart(self, **changes: Any) -> None:
        """Start again with other settings."""
        self.services.store.database.close()
        self.settings = replace(self.settings, **changes)
        self.services = self._build()

    def keep(self, tenant: Tenant) -> Tenant:
        """Keep the tenant as given."""
        self.services.store.tenants.add(tenant, now=self.clock())
        self.tenant = tenant
        return tenant

    def heard(self, *kinds: str) -> None:
        """Let the core have called back just now, at all of its addresses or at some."""
        every = kinds or ("transaction-status", "payment-status", "settings")
        self.services.store.callback_times.record({(self.tenant.tenant_id, kind): self.clock() for kind in every})

    def unhear(self) -> None:
        """Let the core never have called back."""
        with self.services.store.database.write() as connection:
            connection.execute(delete(callback_times))
        self.restart()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use one of the sandbox org's own controls."""
        answer = self.org.test_client().open(f"/sandbox/{path}", method=method, json=body)
        assert answer.status_code < 300, answer.text
        return answer.get_json(silent=True)

    def user(self, name: str) -> dict[str, Any]:
        """A user of the org."""
        users = self.control("GET", "credentials")["users"]  # sessions come and go
        found: dict[str, Any] = next(one for one in users if name in one["name"])
        return found

    # --- a day's work ------------------------------------------------------------------------------------------------

    def signed(
        self,
        *,
        name: str = "Thandi",
        place: int = 0,
        secret: str | None = None,
        org_id: str | None = None,
        **changes: Any,
    ) -> str:
        """What Canvas posts when Thandi, or another, opens the first order, or another; changed."""
        agent, order = self.user(name), self.org.extensions["org"].orders()[place]["Id"]
        content = envelope(order)
        content["userId"] = content["context"]["user"]["userId"] = agent["id"]
        content["client"]["oauthToken"] = agent["access_token"]
        content["context"]["organization"]["organizationId"] = org_id or self.known["org_id"]
        return sign({**content, **changes}, secret or self.known["canvas_secret"])

    def launch(self, signed: str | None = None) -> TestResponse:
        """Open an order."""
        return self.app.test_client().post("/launch", data={"signed_request": signed or self.signed()})

    def send(self, **changes: Any) -> TestResponse:
        """Open an order and press Send."""
        opened = self.launch()
        assert opened.status_code == 200, opened.text
        body = {"channel": "sms", "phone": "27831234567", **changes}
        token = page_data(opened.text)["launch_token"]
        return self.app.test_client().post(
            "/api/payment-requests", json=body, headers={"Authorization": f"Bearer {token}"}
        )

    def callback(
        self, body: Any, *, kind: str = "transaction-status", headers: dict[str, str] | None = None
    ) -> TestResponse:
        """Let the core send a callback, and whoever drains drain it."""
        told = body if isinstance(body, bytes) else json.dumps(body).encode()
        proof = basic() if headers is None else headers
        answer = self.app.test_client().post(f"/callbacks/{CALLBACK_KEY}/{kind}", data=told, headers=proof)
        drain(self.services, self.asking, patience=30)
        return answer

    def push(self) -> None:
        """Push what is due."""
        TotalsReader().read(self.services, self.tenant.tenant_id)
        with self.services.store.read() as work:
            due = outbox_claim.due_partitions(work, now=self.clock())
        for batch in batches(due):
            push_batch(self.services, batch)

    def wait(self, seconds: float) -> None:
        """Let time pass, in the steps in which a server looks whether something is to be done or looked at."""
        self.wait_until(lambda: False, within=seconds)

    def wait_until(self, met: Callable[[], bool], *, within: float) -> bool:
        """Let time pass until a condition is met; return whether it was met in time."""
        for _ in range(round(within / 5)):
            self.clock.pass_by(seconds=5)
            drain(self.services, self.asking, patience=30)
            sweep(self.services)
            self.push()
            self.look()
            if met():
                return True
        return False

    def look(self) -> None:
        """Take the looks that are due."""
        run_checks_by_day(self.services, examiner=self.examiner())

    def night(self) -> None:
        """Look at everything, and keep it."""
        examine_all(self.services, examiner=self.examiner())

    def open_findings(self) -> set[tuple[str, str]]:
        """What is open just now (check, subject), as /metrics has it; that words are assumed is known."""
        with self.services.store.read() as work:
            return {
                (one.finding.check, one.finding.subject)
                for one in stored_findings(work)
                if one.finding.check != "assumed"
            }

    # --- looking -----------------------------------------------------------------------------------------------------

    def examiner(self) -> Examiner:
        return Examiner(
            settings=self.settings,
            store=self.services.store,
            salesforce=self.services.salesforce,
            core=self.services.core,
            outside=PeerSession(peer="outside", total_timeout=60, repeat_reads=False),
            certificate_ends=lambda host, port: self.certificate_ends,
            free_space=lambda path: self.free_space,
            now=self.clock,
        )

    def examined(self, *more: Check) -> list[ExaminationResult]:
        """Look at everything."""
        return list(
            examine(
                examiner=self.examiner(),
                choose=self.services.store.tenants.every,
                on_check=lambda _: None,
                extra_checks=lambda _: more,
            )
        )

    def findings(self, *more: Check) -> list[Finding]:
        """What is not in order; that the core's words are assumed is known and left out."""
        found = [finding for one in self.examined(*more) for finding in one.found]
        return [one for one in found if one.level is not Level.FINE and one.check != "assumed"]

    def names(self) -> list[tuple[str, str, str]]:
        """What is not in order, in short."""
        return [(one.check, one.level.value, one.subject) for one in self.findings()]

    def dark(self) -> set[str]:
        """What could not be looked at."""
        return {unseen.check for one in self.examined() for unseen in one.unseen}

    # --- calls -------------------------------------------------------------------------------------------------------

    def _dated(
        self, host: str, door: Callable[[requests.PreparedRequest], Answer]
    ) -> Callable[[requests.PreparedRequest], Answer]:
        def answer(request: requests.PreparedRequest) -> Answer:
            status, headers, body = self.on_the_way(request) or door(request)
            told = format_datetime(self.clock() + timedelta(seconds=self.ahead[host]), usegmt=True)
            return status, {**headers, "Date": told}, body

        return answer

    def org_door(self, request: requests.PreparedRequest) -> Answer:
        return _through(self.org, request)

    def _own_door(self, request: requests.PreparedRequest) -> Answer:
        return _through(self.app, request)


def healthy_tenant(known: dict[str, Any]) -> Tenant:
    """A tenant of the sandbox's org with one secret of each kind, whose agents' rights come from the org."""
    made = make_tenant(org_id=known["org_id"])
    return replace(
        made,
        salesforce=replace(
            made.salesforce,
            client_id=known["client_id"],
            client_secret=Secret(known["client_secret"]),
            canvas_secrets=(Secret(known["canvas_secret"]),),
        ),
        configuration=replace(made.configuration, channels=made.configuration.channels[:1], currencies=("ZAR",)),
        policy=replace(made.policy, rights_from=RightsFrom.CUSTOM_PERMISSIONS),
    )


def _through(app: Flask, request: requests.PreparedRequest) -> Answer:
    parts = urlsplit(str(request.url))
    # Length and transfer are the wire's own; what is left is what the caller said.
    headers = {name: value for name, value in request.headers.items() if name not in ("Content-Length", "Connection")}
    answer = app.test_client().open(
        parts.path or "/", method=request.method, query_string=parts.query, headers=headers, data=request.body
    )
    kept = {name: value for name, value in answer.headers.items() if name not in ("Content-Length", "Date")}
    return answer.status_code, kept, answer.get_data(as_text=True)

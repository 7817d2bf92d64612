"""What happens at Stripe is what the agent reads: by webhook, core, callback and connector, each in its own process."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet

from sandbox.mapping import with_own_totals
from sandbox.payment_rehearsal.environment import MERCHANT, Environment, environment
from sandbox.processes.ports import free_port
from tests.faults.fleet import Process, launch_token, until
from tests.processes.forkserver import CORE, run_command

VISA, PHONE = "4242424242424242", "27831234567"
WITHIN = 20.0
_ORDER = "SELECT Chat2Pay_Payment_State__c, Chat2Pay_Amount_Paid__c FROM Order WHERE Id = '{}'"
_REQUEST = "SELECT Needs_Person__c FROM Chat2Pay_Payment_Request__c WHERE Order__c = '{}'"


class Line:
    """An org, a connector and a core in processes, and Stripe's stand-in behind the core."""

    around: Environment

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.org_port, port = free_port(), free_port()
        self.org_url, self.url = f"http://localhost:{self.org_port}", f"http://127.0.0.1:{port}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT2PAY_")}
        self.settings = inherited | {
            "CHAT2PAY_ENVIRONMENT": "demo",
            "CHAT2PAY_DATABASE_URL": f"sqlite:///{folder / 'connector.db'}",
            "CHAT2PAY_PUBLIC_URL": self.url,
            "CHAT2PAY_PORT": str(port),
            "CHAT2PAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "CHAT2PAY_LAUNCH_KEYS": "a-launch-key-of-at-least-32-characters",
            "CHAT2PAY_SWEEP_INTERVAL": "1",
        }
        self.processes: list[Process] = []

    def begin(self) -> None:
        """Start the org, and make the connector's tables."""
        state = self.folder / "org"
        state.mkdir()
        asked = ["--port", str(self.org_port), "--state", str(state), "--canvas-url", f"{self.url}/launch"]
        self._start("org", "sandbox.org", *asked, from_scratch=True)
        self._run("db", "upgrade")

    def connect(self, around: Environment) -> None:
        """Start the core, connect it with the org, and start the connector."""
        self.around = around
        around.cores[0].start()
        core = f"http://127.0.0.1:{around.core.port}"
        for address in (f"{self.org_url}/sandbox/health", f"{core}/health/ready"):
            until(lambda at=address: _answers(at), within=60, what=address)  # type: ignore[misc]
        added = json.loads(self._run("tenant", "add", "--file", "-", "--json", given=json.dumps(self._tenant(core))))
        self._start("connector", "connector.cli", "serve")
        names = ("payment_status_url", "transaction_status_url", "settings_url")
        options = [f"--{name.replace('_', '-')}={added[name]}" for name in names]
        proof = {"hmac": None, "basic": {"user": added["callback_user"], "password": added["callback_password"]}}
        words = ("application", "set", MERCHANT, around.application, *options, "--proof", "-")
        done = run_command(words, around.variables, given=json.dumps(proof), command=CORE)
        assert done.returncode == 0, done.stderr
        until(lambda: _answers(f"{self.url}/health/ready"), within=60, what="connector")

    def end(self) -> None:
        for one in reversed(self.processes):
            one.kill()

    def pay(self) -> str:
        """Tap the link of the last message, press the button, pay on Stripe's page; return the payment's id there."""
        with self.around.twilio.account.lock:
            texts = [row["body"] for row in self.around.twilio.account.messages.values() if PHONE in row["to"]]
        found = re.search(r"http://\S+/pay/[\w-]+", texts[-1])
        assert found is not None
        hosted = requests.post(found[0], allow_redirects=False, timeout=WITHIN).headers["Location"]
        assert requests.post(hosted, data={"number": VISA}, allow_redirects=False, timeout=WITHIN).status_code == 303
        (intent,) = self.around.stripe.account.each("payment_intent")
        return str(intent["id"])

    def at_stripe(self, intent: str, what: str | None = None, **more: object) -> None:
        """Let something happen in Stripe's dashboard or at the customer's bank, and the events of all that be delivered."""
        address = f"{self.around.stripe.url}/sandbox/payments/{intent}/{what}"
        if what is not None:
            assert requests.post(address, json=more, timeout=WITHIN).status_code == 200
        self.around.stripe.deliveries.deliver()

    def in_salesforce(self, order_id: str) -> tuple[Any, ...]:
        """Return payment state and amount paid of an order, and whether its request needs a person."""
        return *self.query(_ORDER.format(order_id)).values(), *self.query(_REQUEST.format(order_id)).values()

    def query(self, soql: str) -> dict[str, Any]:
        """Return the record that the org's REST API gives to the integration user."""
        keys = self._org_keys()
        form = {
            "grant_type": "client_credentials",
            "client_id": keys["client_id"],
            "client_secret": keys["client_secret"],
        }
        token = requests.post(f"{self.org_url}/services/oauth2/token", data=form, timeout=WITHIN).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        found = requests.get(
            f"{self.org_url}/services/data/v67.0/query", params={"q": soql}, headers=headers, timeout=WITHIN
        ).json()["records"][0]
        return {name: value for name, value in found.items() if name != "attributes"}

    def _tenant(self, core: str) -> dict[str, Any]:
        names = ("org_id", "client_id", "client_secret")
        keys = self._org_keys()
        return {
            "name": "Karoo Coffee",
            "salesforce": {
                "host_url": self.org_url, "canvas_secrets": [keys["canvas_secret"]], **{one: keys[one] for one in names},
            },
            "core": {
                "base_url": core, "api_key": self.around.api_key, "application": self.around.application,
                "environment": "SANDBOX",
            },
            "mapping": with_own_totals({"read": {"phones": ["BillToContact.MobilePhone"]}}),
            "default_currency": "ZAR", "phone_region": "ZA",
        }  # fmt: skip

    def _org_keys(self) -> dict[str, Any]:
        keys: dict[str, Any] = requests.get(f"{self.org_url}/sandbox/credentials", timeout=WITHIN).json()
        return keys

    def _run(self, *words: str, given: str = "") -> str:
        done = run_command(words, self.settings, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _start(self, name: str, *command: str, from_scratch: bool = False) -> None:
        log = self.folder / f"{name}.log"
        self.processes.append(Process(list(command), env=self.settings, log=log, from_scratch=from_scratch))


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


class Page:
    """The agent's page: opened from Salesforce, and asking again and again."""

    def __init__(self, line: Line, order_id: str) -> None:
        self.line, self.order_id = line, order_id
        signed = requests.post(f"{line.org_url}/sandbox/launches", json={"order_id": order_id}, timeout=WITHIN).json()
        form = {"signed_request": signed["signed_request"]}
        opened = requests.post(f"{line.url}/launch", data=form, timeout=WITHIN)
        assert opened.status_code == 200, opened.text[:500]
        self.headers = {"Authorization": f"Bearer {launch_token(opened.text)}"}

    def send(self) -> None:
        """Press Send."""
        wanted = {"order_id": self.order_id, "channel": "sms", "phone": PHONE}
        answer = requests.post(
            f"{self.line.url}/api/payment-requests", json=wanted, headers=self.headers, timeout=WITHIN
        )
        assert answer.status_code == 201, answer.text

    def until_it_shows(self, wanted: tuple[str, str, str, list[str]]) -> None:
        """Poll until the page shows status, money that is kept, what it says of the request, and what of the order."""
        ends_at = time.monotonic() + WITHIN
        while (shown := self._shown()) != wanted:
            assert time.monotonic() < ends_at, f"the page shows {shown}, and not {wanted}"
            time.sleep(0.1)

    def _shown(self) -> tuple[str, str, str, list[str]]:
        order = requests.get(f"{self.line.url}/api/orders/{self.order_id}", headers=self.headers, timeout=WITHIN).json()
        (sent,) = order["payment_requests"]
        said = next((one["id"] for one in sent["sentences"]), "")
        return sent["status"], sent["amount_paid"], said, [one["id"] for one in order["sentences"]]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """Everything, running."""
    made = Line(tmp_path)
    core = tmp_path / "core"
    core.mkdir()
    # Each waits mostly for a process of its own.
    with ThreadPoolExecutor(1) as beside:
        begun = beside.submit(made.begin)
        try:
            with environment(core, database_url=None) as around:
                begun.result()
                try:
                    made.connect(around)
                    yield made
                finally:
                    around.cores[0].stop()
        finally:
            made.end()


def test_what_happens_at_stripe_is_what_salesforce_and_the_agent_read(line: Line) -> None:
    order_id = requests.post(f"{line.org_url}/sandbox/orders", json={"count": 1}, timeout=WITHIN).json()["orders"][0][
        "id"
    ]
    page = Page(line, order_id)
    page.send()
    intent = line.pay()
    left = ("part_paid", "75.00", "part_given_back")
    for happens, shown, salesforce, needs_person in (
        ({}, ("paid", "115.00", "paid_written", []), ("paid", 115), False),
        ({"what": "refund", "amount": 4000}, (*left, ["order_part_paid"]), ("part_paid", 75), False),
        ({"what": "dispute"}, (*left, ["attention_disputed", "order_part_paid"]), ("part_paid", 75), True),
        (
            {"what": "close-dispute", "status": "lost"},
            (*left, ["attention_dispute_lost", "order_part_paid"]), ("part_paid", 75), True,
        ),
    ):  # fmt: skip
        line.at_stripe(intent, **happens)
        page.until_it_shows(shown)
        # The page shows what the connector knows; the org is written to at the same moment.
        until(lambda: line.in_salesforce(order_id) == (*salesforce, needs_person), within=WITHIN, what=f"{salesforce}")  # noqa: B023

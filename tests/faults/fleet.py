"""Run the product in processes beside both sandboxes, and look into it by its database alone."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any, TypeVar

import requests
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

from sandbox.processes.ports import free_port
from tests.factories import notification
from tests.faults.gate import Gate
from tests.peers.sandboxes import sandboxes
from tests.processes.forkserver import Forked, fork_command, run_command

Found = TypeVar("Found")
ROOT = Path(__file__).parents[2]
PHONE = "27831234567"
# What `serve` and `worker` import once they know their database.
_SERVERS = tuple(f"connector.serving.{name}" for name in ("alone", "fleet", "worker"))


def until(look: Callable[[], Found], *, within: float, what: str) -> Found:
    """Look until there is something; fail when it takes longer than ``within`` seconds."""
    begun = time.monotonic()
    while not (found := look()):
        waited = time.monotonic() - begun
        assert waited < within, f"{what}: not within {within} s"
        # A look takes of the processor what is waited for: less often, the longer it has taken already.
        time.sleep(max(0.05, waited / 20))
    return found


class Process:
    """A command of the product, its output kept in a file: forked from one that has imported it, or ``from_scratch``."""

    def __init__(self, arguments: list[str], *, env: dict[str, str], log: Path, from_scratch: bool = False) -> None:
        self.log = log
        self._stream = log.open("ab")
        self.inner: subprocess.Popen[bytes] | Forked
        if from_scratch:
            self.inner = subprocess.Popen(
                [sys.executable, "-m", *arguments], env=env, cwd=ROOT, stdout=self._stream, stderr=subprocess.STDOUT
            )
            return
        command, *words = arguments
        out = self._stream.fileno()
        with open(os.devnull) as nothing:
            self.inner = fork_command(words, env, [nothing.fileno(), out, out], command=command, needs=_SERVERS)

    def said(self, words: str) -> bool:
        """Say whether these words are in its output."""
        assert self.inner.poll() is None, self.log.read_text()[-3000:]
        return words in self.log.read_text()

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Return its log lines of one event."""
        found = [line for line in self.log.read_text().splitlines() if f'"{event}"' in line and line.startswith("{")]
        return [one for one in map(json.loads, found) if one["event"] == event]

    def tell(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.inner.send_signal(number)

    def go_on(self) -> None:
        """Let it go on if it was paused and still lives."""
        if self.inner.poll() is None:
            self.tell(signal.SIGCONT)

    def stop(self, *, within: float = 60) -> tuple[int, float]:
        """Stop it as an operator would; return its exit code and how many seconds that took."""
        begun = time.monotonic()
        self.tell(signal.SIGTERM)
        code = self.inner.wait(within)
        return code, time.monotonic() - begun

    def kill(self) -> None:
        """Kill it on the spot."""
        if self.inner.poll() is None:
            self.tell(signal.SIGKILL)
            self.inner.wait(60)
        self._stream.close()


class Fleet:
    """A database, both sandboxes behind gates, a connected tenant, and as many processes as a test starts."""

    def __init__(self, database_url: str, folder: Path, empty_core: Path) -> None:
        self.folder = folder
        self.database_url = database_url
        self._empty_core = empty_core
        self._sandboxes = ExitStack()
        self.processes: list[Process] = []
        self.gates: tuple[Gate, ...] = ()
        self.urls: list[str] = []
        self.settings = {
            "CHAT2PAY_ENVIRONMENT": "demo",
            "CHAT2PAY_DATABASE_URL": database_url,
            "CHAT2PAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "CHAT2PAY_LAUNCH_KEYS": "a-launch-key-of-at-least-32-characters",
            "CHAT2PAY_SWEEP_INTERVAL": "1",
            "CHAT2PAY_SALESFORCE_TIMEOUT": "20",
            "CHAT2PAY_WEB_WORKERS": "1",
            "CHAT2PAY_DATABASE_CONNECTIONS": "8",
        }
        self.engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"), pool_pre_ping=True)
        self._orders: list[str] = []

    def begin(self) -> None:
        """Make the schema, start the sandboxes and connect a tenant."""
        self.org_url, self.core_url = self._sandboxes.enter_context(sandboxes(self.folder, self._empty_core))
        self.org_gate, self.core_gate = self.gates = (Gate(port_of(self.org_url)), Gate(port_of(self.core_url)))
        self.command("db", "upgrade")
        self.tenant = self._connect()

    def end(self) -> None:
        """Stop whatever was started."""
        for process in reversed(self.processes):
            process.kill()
        for gate in self.gates:
            gate.close()
        self._sandboxes.close()
        self.engine.dispose()

    def command(self, *arguments: str, given: str = "") -> str:
        """Run one command of the product and return what it printed."""
        done = run_command(arguments, self.env(), given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def serve(self, **settings: str) -> Process:
        """Start a web process; ``ready`` waits for it."""
        port = free_port()
        self.urls.append(f"http://127.0.0.1:{port}")
        return self.start(["connector.cli", "serve"], {"CHAT2PAY_PORT": str(port), **settings}, name="serve")

    def worker(self) -> Process:
        """Start a worker; ``ready`` waits for it."""
        return self.start(["connector.cli", "worker"], {}, name="worker")

    def ready(self, *processes: Process) -> None:
        """Wait until every web process answers and these processes have said that they have begun."""
        for process in processes:
            words = '"working"' if process.log.name.startswith("worker") else '"serving"'
            until(lambda one=process, said=words: one.said(said), within=60, what=process.log.name)  # type: ignore[misc]
        for url in self.urls:
            until(lambda target=url: _answers(f"{target}/health/ready"), within=60, what=url)  # type: ignore[misc]

    def make_orders(self, count: int) -> list[str]:
        """Create orders in the org."""
        answer = requests.post(f"{self.org_url}/sandbox/orders", json={"count": count, "accounts": count}, timeout=60)
        return [one["id"] for one in answer.json()["orders"]]

    def signed_request(self, order_id: str) -> str:
        """Return what Salesforce would post to open an order."""
        answer = requests.post(f"{self.org_url}/sandbox/launches", json={"order_id": order_id}, timeout=60)
        return str(answer.json()["signed_request"])

    def launch(self, order_id: str, url: str | None = None) -> str:
        """Open an order as an agent and return the page's launch token."""
        form = {"signed_request": self.signed_request(order_id)}
        page = requests.post(f"{url or self.urls[0]}/launch", data=form, timeout=60)
        assert page.status_code == 200, page.text[:500]
        return launch_token(page.text)

    def send(self, order_id: str, token: str, url: str | None = None) -> requests.Response:
        """Press Send."""
        return requests.post(
            f"{url or self.urls[0]}/api/payment-requests",
            json={"order_id": order_id, "channel": "sms", "phone": PHONE},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )

    def sent(self, order_id: str) -> dict[str, Any]:
        """Launch, send, and return the core's words for the link."""
        answer = self.send(order_id, self.launch(order_id))
        assert answer.status_code == 201, answer.text
        row = self.one("SELECT * FROM payment_requests WHERE reference = :r", r=answer.json()["reference"])
        return {
            "orderNumber": row.order_number, "paymentLinkRef": row.link_reference, "totalAmount": float(row.amount),
            "taxAmount": float(row.tax), "subTotalAmount": float(row.sub_total), "currency": row.currency,
            "channel": row.channel, "endUserMobileNumber": PHONE, "environment": "SANDBOX",
            "additionalData": {"reference": row.reference}, "order_id": row.order_id,
        }  # fmt: skip

    def pay(self, link: dict[str, Any]) -> None:
        """Pay a link with a card, as the customer does."""
        messages = requests.get(f"{self.core_url}/sandbox/phones/{PHONE}", timeout=60).json()["messages"]
        page = next(
            one["link"] for one in reversed(messages) if one.get("link") and self._is_page_of(one["link"], link)
        )
        card = {"number": "4111 1111 1111 1111", "expiry": "12/99", "cvc": "123", "name": "T Customer"}
        assert requests.post(page, data=card, timeout=60).status_code < 400

    def news(self, link: dict[str, Any], word: str, *, at: datetime | None = None, **changes: Any) -> bytes:
        """Return a callback body; it happened now unless ``at`` says otherwise."""
        return json.dumps({**notification(link, word, at=at or datetime.now(UTC)), **changes}).encode()

    def post(self, body: bytes, url: str | None = None) -> int:
        """Post a callback as the core does; return the answer's status."""
        target = self.tenant["transaction_status_url"].partition("/callbacks/")[2]
        credentials = f"{self.tenant['callback_user']}:{self.tenant['callback_password']}"
        headers = {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}
        base = url or self.urls[0]
        return requests.post(f"{base}/callbacks/{target}", data=body, headers=headers, timeout=60).status_code

    def one(self, query: str, **values: Any) -> Any:
        """Return one row of the database."""
        return self.rows(query, **values)[0]

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Return rows of the database."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def do(self, statement: str) -> int:
        """Change the database; return how many rows that were."""
        with self.engine.begin() as connection:
            return connection.execute(text(statement)).rowcount

    def entries(self, *links: dict[str, Any]) -> list[Any]:
        """Return the inbox's entries of these links."""
        names = [link["paymentLinkRef"] for link in links]
        return self.rows("SELECT * FROM inbox WHERE link_reference = ANY(:names) ORDER BY received_at", names=names)

    def at_rest(self, *links: dict[str, Any]) -> bool:
        """Return whether nothing of these links is to be drained any more, and their orders were written to Salesforce."""
        names = [link["order_id"] for link in links]
        references = [link["paymentLinkRef"] for link in links]
        mine = "order_id = ANY(:names) AND (version <> pushed_version OR lease IS NOT NULL)"
        # Not of all links: what an earlier test left postponed may wait for minutes.
        unread = "(link_reference IS NULL OR link_reference = ANY(:names)) AND state IN ('new', 'postponed')"
        waiting = self.one(f"SELECT count(*) AS n FROM inbox WHERE {unread}", names=references).n
        return not waiting and not self.one(f"SELECT count(*) AS n FROM outbox WHERE {mine}", names=names).n

    def forget(self) -> None:
        """End all that earlier tests have begun: no sweep asks about it any more, so no push of it comes in between."""
        over = "UPDATE payment_requests SET live = false, created_at = created_at - interval '1 month'"
        with self.engine.begin() as connection:
            connection.execute(text(over))
        waiting = "SELECT count(*) AS n FROM outbox WHERE version <> pushed_version OR lease IS NOT NULL"
        until(lambda: not self.one(waiting).n, within=60, what="nothing left to push")

    def push_of(self, link: dict[str, Any]) -> Any:
        """Return the outbox row of a link's order."""
        return self.one("SELECT * FROM outbox WHERE order_id = :name", name=link["order_id"])

    def status_of(self, link: dict[str, Any]) -> str:
        """Return the state of a link's money."""
        row = self.one("SELECT money, link FROM payment_requests WHERE link_reference = :r", r=link["paymentLinkRef"])
        return f"{row.link} {row.money}"

    def _is_page_of(self, page: str, link: dict[str, Any]) -> bool:
        return str(link["orderNumber"]) in requests.get(page, timeout=60).text

    def _connect(self) -> dict[str, Any]:
        org = requests.get(f"{self.org_url}/sandbox/credentials", timeout=60).json()
        core = requests.get(f"{self.core_url}/sandbox/credentials", timeout=60).json()
        values = {
            "name": "Fleet",
            "default_currency": "ZAR",
            "phone_region": "ZA",
            "salesforce": {
                "host_url": f"http://localhost:{self.org_gate.port}", "org_id": org["org_id"],
                "client_id": org["client_id"], "client_secret": org["client_secret"],
                "canvas_secrets": [org["canvas_secret"]],
            },
            "core": {
                "base_url": f"http://localhost:{self.core_gate.port}", "api_key": core["api_key"],
                "application": core["applications"][0]["uuid"], "environment": "SANDBOX",
            },
            "policy": {"sends_per_number_hour": 10_000, "sends_per_tenant_minute": 100_000},
        }  # fmt: skip
        told: dict[str, Any] = json.loads(
            self.command("tenant", "add", "--file", "-", "--json", given=json.dumps(values))
        )
        return told

    def start(
        self, arguments: list[str], settings: dict[str, str], *, name: str, from_scratch: bool = False
    ) -> Process:
        log = self.folder / f"{name}-{len(self.processes)}.log"
        process = Process(arguments, env={**self.env(), **settings}, log=log, from_scratch=from_scratch)
        self.processes.append(process)
        return process

    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHAT2PAY_")}
        # What a killed server leaves behind (its counts) goes with the test's own folder.
        ours = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TMPDIR": str(self.folder)}
        return {**kept, **self.settings, **ours}


class Alone(Fleet):
    """The same peers around one process on SQLite."""

    def __init__(self, folder: Path, empty_core: Path) -> None:
        super().__init__(f"sqlite:///{folder / 'chat2pay.db'}", folder, empty_core)


def launch_token(page: str) -> str:
    """Return the launch token out of an agent's page."""
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', page, re.DOTALL)
    assert found, page[:500]
    return str(json.loads(unescape(found[1]))["launch_token"])


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False

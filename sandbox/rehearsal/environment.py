"""Start the three programs of a rehearsal, and connect a tenant."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.mapping import with_own_totals
from sandbox.processes.child import Child
from sandbox.processes.ports import accepts_connections, free_ports
from sandbox.rehearsal.http_client import HttpClient, RehearsalAborted
from sandbox.rehearsal.registry import Order

_ROOT = Path(__file__).parents[2]
_CLI = "connector.cli"
_START_TIMEOUT_S = 30.0
# (total, tax, sub-total, currency): currencies with two, no and three decimals.
_PRICES = (
    ("115.00", "15.00", "100.00", "ZAR"),
    ("2499.90", "326.07", "2173.83", "ZAR"),
    ("5500", "500", "5000", "JPY"),
    ("12.345", "0.588", "11.757", "KWD"),
)


@dataclass(frozen=True)
class CallbackEndpoints:
    """Where the core posts its notifications and with which credentials; the values are the tenant's own."""

    transaction_path: str = field(repr=False)
    payment_path: str = field(repr=False)
    authorization: str = field(repr=False)


@dataclass(frozen=True)
class Databases:
    """Where the connector and the core keep everything: empty PostgreSQL databases, or None for a file in the folder."""

    connector: str | None = field(default=None, repr=False)
    core: str | None = field(default=None, repr=False)


@dataclass
class Environment:
    """Everything that runs. The sandboxes end with the thread that called `start_environment`."""

    folder: Path
    database_url: str
    connector: HttpClient
    org: HttpClient
    core: HttpClient
    children: Sequence[Child]
    connectors: Sequence[Child]
    org_keys: dict[str, Any] = field(repr=False)
    core_keys: dict[str, Any] = field(repr=False)
    callbacks: CallbackEndpoints = field(repr=False)

    @property
    def core_headers(self) -> dict[str, str]:
        """Return the headers of a call to the core's API."""
        return {"Authorization": str(self.core_keys["api_key"])}


def start_environment(folder: Path, *, databases: Databases) -> Environment:
    """Start both sandboxes and connect a tenant; the connector itself is left to be started.

    Raises:
        RehearsalAborted: a program did not start, or refused what it was given.
    """
    ports = free_ports(("connector", "org", "core"))
    for name in ("org", "core", "logs"):
        (folder / name).mkdir()
    database_url = databases.connector or f"sqlite:///{folder / 'chat2pay.db'}"
    variables = _variables(database_url, ports["connector"], folder)
    sandboxes = _sandboxes(folder, ports, variables, core_database_url=databases.core)
    try:
        for child in sandboxes:
            child.start()
        for child in sandboxes:
            _wait_for(child)
        return _connect(folder, database_url, ports, sandboxes=sandboxes, variables=variables)
    # Ctrl-C and SIGTERM are no `Exception`, and must leave no sandbox running either.
    except BaseException:
        stop_processes(sandboxes)
        raise


def stop_processes(children: Sequence[Child]) -> None:
    """Stop what was started."""
    for child in children:
        child.stop()


def make_orders(environment: Environment, count: int) -> list[Order]:
    """Make orders in the org, each with a customer's phone of its own."""
    orders: list[Order] = []
    for index, (total, tax, sub_total, currency) in enumerate(_PRICES):
        share = count // len(_PRICES) + (1 if index < count % len(_PRICES) else 0)
        amounts = {"Grand_Total__c": total, "Tax__c": tax, "Sub_Total__c": sub_total, "Currency__c": currency}
        # Without a phone: one for all would be a single customer, so each send gives a number of its own.
        content = {"count": share, "phone": "", **amounts}
        answer = environment.org.retry_until_answered("POST", "/sandbox/orders", content=content)
        for row in answer.json()["orders"]:
            phone = f"2783{1_200_000 + len(orders)}"
            orders.append(Order(row["id"], row["order_number"], Decimal(total), currency, phone))
    return orders


def _variables(database_url: str, port: int, folder: Path) -> dict[str, str]:
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    # the settings of some other connector must not reach these programs
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT2PAY_")}
    return inherited | {
        "PYTHONPATH": os.pathsep.join(paths),
        "TMPDIR": str(folder),  # what a killed server leaves behind goes with the rehearsal
        "CHAT2PAY_ENVIRONMENT": "demo",
        "CHAT2PAY_DATABASE_URL": database_url,
        "CHAT2PAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CHAT2PAY_PORT": str(port),
        "CHAT2PAY_ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "CHAT2PAY_LAUNCH_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        # Short: an answer that is lost, and what a sweep finds, cost seconds here and not minutes.
        "CHAT2PAY_SALESFORCE_TIMEOUT": "6",
        "CHAT2PAY_CORE_TIMEOUT": "4",
        "CHAT2PAY_SWEEP_INTERVAL": "2",
        "CHAT2PAY_LOG_LEVEL": "warning",
    }


def _sandboxes(
    folder: Path, ports: dict[str, int], variables: dict[str, str], *, core_database_url: str | None
) -> list[Child]:
    canvas = f"http://127.0.0.1:{ports['connector']}/launch"
    org = ("sandbox.org", "--port", str(ports["org"]), "--state", str(folder / "org"), "--canvas-url", canvas)
    core: tuple[str, ...] = ("sandbox.core", "--port", str(ports["core"]), "--state", str(folder / "core"))
    core += ("--database-url", core_database_url) if core_database_url else ()
    return [
        Child("org", org, ports["org"], folder / "logs" / "org.log", variables),
        Child("core", core, ports["core"], folder / "logs" / "core.log", variables),
    ]


def _wait_for(child: Child) -> None:
    until = time.monotonic() + _START_TIMEOUT_S
    while not accepts_connections(child.port):
        if child.ended() is not None or time.monotonic() > until:
            end_of_log = child.log.read_text(errors="replace")[-2000:]
            raise RehearsalAborted(f"The {child.name} did not start:\n{end_of_log}")
        time.sleep(0.05)


def _connect(
    folder: Path,
    database_url: str,
    ports: dict[str, int],
    *,
    sandboxes: list[Child],
    variables: dict[str, str],
) -> Environment:
    org, core = HttpClient(ports["org"]), HttpClient(ports["core"])
    org_keys = org.retry_until_answered("GET", "/sandbox/credentials").json()
    core_keys = core.retry_until_answered("GET", "/sandbox/credentials").json()
    # The connector is not started yet: an upgrade needs the database alone.
    _run_command(variables, "db", "upgrade")
    config = json.dumps(_tenant_config(org_keys, core_keys, ports))
    added = json.loads(_run_command(variables, "tenant", "add", "--file", "-", "--json", stdin=config))
    _register_urls(core, core_keys, added)
    credentials = f"{added['callback_user']}:{added['callback_password']}"
    return Environment(
        folder=folder,
        database_url=database_url,
        connector=HttpClient(ports["connector"]),
        org=org,
        core=core,
        children=sandboxes,
        connectors=_connectors(folder, database_url, ports["connector"], variables),
        org_keys=org_keys,
        core_keys=core_keys,
        callbacks=CallbackEndpoints(
            transaction_path=urlsplit(added["transaction_status_url"]).path,
            payment_path=urlsplit(added["payment_status_url"]).path,
            authorization="Basic " + base64.b64encode(credentials.encode()).decode(),
        ),
    )


def _connectors(folder: Path, database_url: str, port: int, variables: dict[str, str]) -> list[Child]:
    """Return the connector's programs: one on SQLite, a web server and a worker on PostgreSQL."""
    names = ("serve",) if database_url.startswith("sqlite") else ("serve", "worker")
    return [Child(name, (_CLI, name), port, folder / "logs" / f"{name}.log", variables) for name in names]


def _run_command(variables: dict[str, str], *words: str, stdin: str | None = None) -> str:
    done = subprocess.run(  # noqa: S603  our own command, no shell
        [sys.executable, "-m", _CLI, *words],
        input=stdin,
        capture_output=True,
        text=True,
        env=variables,
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise RehearsalAborted(f"chat2pay {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return done.stdout


def _tenant_config(org_keys: dict[str, Any], core_keys: dict[str, Any], ports: dict[str, int]) -> dict[str, Any]:
    return {
        "name": "Rehearsal",
        "salesforce": {
            "host_url": f"http://localhost:{ports['org']}",
            "org_id": org_keys["org_id"],
            "client_id": org_keys["client_id"],
            "client_secret": org_keys["client_secret"],
            "canvas_secrets": [org_keys["canvas_secret"]],
        },
        "core": {
            "base_url": f"http://localhost:{ports['core']}",
            "api_key": core_keys["api_key"],
            "application": core_keys["applications"][0]["uuid"],
            "environment": "SANDBOX",
        },
        "mapping": with_own_totals(),
        "default_currency": "ZAR",
        "phone_region": "ZA",
        "parts_allowed": True,
        # A rehearsal sends in minutes what agents send in weeks.
        "policy": {"sends_per_order_hour": 10_000, "sends_per_number_hour": 10_000, "sends_per_tenant_minute": 100_000},
    }


def _register_urls(core: HttpClient, core_keys: dict[str, Any], added: dict[str, str]) -> None:
    """Register the tenant's callback addresses and credentials at the core, as an admin does in the portal."""
    urls = {name: added[name] for name in ("payment_status_url", "transaction_status_url", "settings_url")}
    basic = {"user": added["callback_user"], "password": added["callback_password"]}
    path = f"/sandbox/applications/{core_keys['applications'][0]['uuid']}"
    answer = core.retry_until_answered("PUT", path, content={**urls, "basic": basic, "wants_messages": True})
    if answer.status != 200:
        raise RehearsalAborted(f"The core did not take the callback addresses: {answer.status}")

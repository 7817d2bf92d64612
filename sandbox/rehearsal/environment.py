"""Knows how the three programs are started and connected for a rehearsal; refuses to know what is played on them."""

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

from sandbox.demo.processes.child import Child
from sandbox.demo.processes.ports import accepts_connections, free_ports
from sandbox.rehearsal.http_client import HttpClient, RehearsalAborted
from sandbox.rehearsal.registry import Order

_ROOT = Path(__file__).parents[2]
_CLI = "connector.cli"
_START_WITHIN_S = 30.0
# (total, tax, sub-total, currency): currencies with two, no and three decimals.
_PRICES = (
    ("115.00", "15.00", "100.00", "ZAR"),
    ("2499.90", "326.07", "2173.83", "ZAR"),
    ("5500", "500", "5000", "JPY"),
    ("12.345", "0.588", "11.757", "KWD"),
)


@dataclass(frozen=True)
class CallbackEndpoints:
    """Where the core's news goes and what it carries; the values are the tenant's own."""

    transaction_path: str = field(repr=False)
    payment_path: str = field(repr=False)
    authorization: str = field(repr=False)


@dataclass
class Environment:
    """Everything that runs. The sandboxes live on the thread that called `open_stage`."""

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
        return {"Authorization": str(self.core_keys["api_key"])}


def start_environment(folder: Path, *, database_url: str | None) -> Environment:
    """Start both sandboxes and connect a tenant; the connector itself is left to be started. Raises GaveUp."""
    ports = free_ports(("connector", "org", "core"))
    for name in ("org", "core", "logs"):
        (folder / name).mkdir()
    database_url = database_url or f"sqlite:///{folder / 'chat2pay.db'}"
    environment = _environment(database_url, ports["connector"], folder)
    sandboxes = _sandboxes(folder, ports, environment)
    try:
        for child in sandboxes:
            child.start()
        for child in sandboxes:
            _wait_for(child)
        return _connected(folder, database_url, ports, sandboxes=sandboxes, environment=environment)
    except BaseException:
        stop_processes(sandboxes)
        raise


def stop_processes(children: Sequence[Child]) -> None:
    """End what was started, by its own process id."""
    for child in children:
        child.stop()


def make_orders(stage: Environment, count: int) -> list[Order]:
    """Make orders in the org, each with a customer's phone of its own."""
    made: list[Order] = []
    for place, (total, tax, sub_total, currency) in enumerate(_PRICES):
        share = count // len(_PRICES) + (1 if place < count % len(_PRICES) else 0)
        amounts = {"Grand_Total__c": total, "Tax__c": tax, "Sub_Total__c": sub_total, "Currency__c": currency}
        answer = stage.org.insist("POST", "/sandbox/orders", given={"count": share, "phone": "", **amounts})
        for row in answer.json()["orders"]:
            phone = f"2783{1_200_000 + len(made)}"
            made.append(Order(row["id"], row["order_number"], Decimal(total), currency, phone))
    return made


def _environment(database_url: str, port: int, folder: Path) -> dict[str, str]:
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHAT2PAY_")}
    return kept | {
        "PYTHONPATH": os.pathsep.join(paths),
        "TMPDIR": str(folder),  # what a killed server leaves behind goes with the rehearsal
        "CHAT2PAY_ENVIRONMENT": "demo",
        "CHAT2PAY_DATABASE_URL": database_url,
        "CHAT2PAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CHAT2PAY_PORT": str(port),
        "CHAT2PAY_ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "CHAT2PAY_LAUNCH_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "CHAT2PAY_SALESFORCE_TIMEOUT": "6",
        "CHAT2PAY_CORE_TIMEOUT": "4",
        "CHAT2PAY_SWEEP_INTERVAL": "2",
        "CHAT2PAY_LOG_LEVEL": "warning",
    }


def _sandboxes(folder: Path, ports: dict[str, int], environment: dict[str, str]) -> list[Child]:
    canvas = f"http://127.0.0.1:{ports['connector']}/launch"
    org = ("sandbox.org", "--port", str(ports["org"]), "--state", str(folder / "org"), "--canvas-url", canvas)
    core = ("sandbox.core", "--port", str(ports["core"]), "--state", str(folder / "core"))
    return [
        Child("org", org, ports["org"], folder / "logs" / "org.log", environment),
        Child("core", core, ports["core"], folder / "logs" / "core.log", environment),
    ]


def _wait_for(child: Child) -> None:
    until = time.monotonic() + _START_WITHIN_S
    while not accepts_connections(child.port):
        if child.ended() is not None or time.monotonic() > until:
            raise RehearsalAborted(f"The {child.name} did not start:\n{child.log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _connected(
    folder: Path,
    database_url: str,
    ports: dict[str, int],
    *,
    sandboxes: list[Child],
    environment: dict[str, str],
) -> Environment:
    org, core = HttpClient(ports["org"]), HttpClient(ports["core"])
    org_keys = org.insist("GET", "/sandbox/credentials").json()
    core_keys = core.insist("GET", "/sandbox/credentials").json()
    _command(environment, "db", "upgrade")
    given = _tenant(org_keys, core_keys, ports)
    told = json.loads(_command(environment, "tenant", "add", "--file", "-", "--json", given=json.dumps(given)))
    _paste_urls(core, core_keys, told)
    pair = f"{told['callback_user']}:{told['callback_password']}"
    return Environment(
        folder=folder,
        database_url=database_url,
        connector=HttpClient(ports["connector"]),
        org=org,
        core=core,
        children=sandboxes,
        connectors=_connectors(folder, database_url, ports["connector"], environment),
        org_keys=org_keys,
        core_keys=core_keys,
        callbacks=CallbackEndpoints(
            transaction_path=urlsplit(told["transaction_status_url"]).path,
            payment_path=urlsplit(told["payment_status_url"]).path,
            authorization="Basic " + base64.b64encode(pair.encode()).decode(),
        ),
    )


def _connectors(folder: Path, database_url: str, port: int, environment: dict[str, str]) -> list[Child]:
    """On SQLite one program does all; on PostgreSQL a worker does what nobody waits for."""
    named = ("serve",) if database_url.startswith("sqlite") else ("serve", "worker")
    return [Child(name, (_CLI, name), port, folder / "logs" / f"{name}.log", environment) for name in named]


def _command(environment: dict[str, str], *words: str, given: str | None = None) -> str:
    done = subprocess.run(  # noqa: S603  our own command, no shell
        [sys.executable, "-m", _CLI, *words],
        input=given,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise RehearsalAborted(f"chat2pay {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return done.stdout


def _tenant(org_keys: dict[str, Any], core_keys: dict[str, Any], ports: dict[str, int]) -> dict[str, Any]:
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
        "default_currency": "ZAR",
        "phone_region": "ZA",
        "parts_allowed": True,
        # A rehearsal sends in minutes what agents send in weeks.
        "policy": {"sends_per_order_hour": 10_000, "sends_per_number_hour": 10_000, "sends_per_tenant_minute": 100_000},
    }


def _paste_urls(core: HttpClient, core_keys: dict[str, Any], told: dict[str, str]) -> None:
    urls = {name: told[name] for name in ("payment_status_url", "transaction_status_url", "settings_url")}
    basic = {"user": told["callback_user"], "password": told["callback_password"]}
    uuid = core_keys["applications"][0]["uuid"]
    answer = core.insist("PUT", f"/sandbox/applications/{uuid}", given={**urls, "basic": basic})
    if answer.status != 200:
        raise RehearsalAborted(f"The core did not take the callback addresses: {answer.status}")

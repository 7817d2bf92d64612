"""The command's processes: one on SQLite, a fleet on PostgreSQL, a demo; each starts, works and stops in order."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

from sandbox.processes.ports import free_port
from tests.databases.postgres import Cluster
from tests.faults.fleet import ROOT, Process, until
from tests.payment_core.configuring.test_read_merchant import given
from tests.processes.forkserver import CORE, run_command

WITHIN = 120
APPLICATION = "0b8f6f5e-2f0f-4f58-9a57-6f1f6c1d2e3a"


class Deployment:
    """A database with a merchant, and as many processes as a test starts. Stripe and Twilio are nowhere."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.folder = folder
        self.database_url = database_url
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes: list[Process] = []
        away = f"http://127.0.0.1:{free_port()}"
        self.settings = {
            "PAYMENT_CORE_ENVIRONMENT": "demo",
            "PAYMENT_CORE_DATABASE_URL": database_url,
            "PAYMENT_CORE_PUBLIC_URL": self.url,
            "PAYMENT_CORE_PORT": str(self.port),
            "PAYMENT_CORE_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "PAYMENT_CORE_DIGEST_KEYS": secrets.token_urlsafe(32),
            "PAYMENT_CORE_WEB_WORKERS": "2",
            "PAYMENT_CORE_DATABASE_CONNECTIONS": "8",
            "PAYMENT_CORE_STRIPE_URL": away,
            "PAYMENT_CORE_TWILIO_URL": away,
        }

    def command(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command."""
        env = {**os.environ, **self.settings}
        return run_command(arguments, env, given=stdin, timeout=WITHIN, command=CORE)

    def start(self, *arguments: str, **settings: str) -> Process:
        """Start a process."""
        log = self.folder / f"{arguments[0]}-{len(self.processes)}.log"
        env = {**os.environ, **self.settings, **settings}
        process = Process(["payment_core", *arguments], env=env, log=log, from_scratch=True)
        self.processes.append(process)
        return process

    def serve(self) -> Process:
        """Start a server and wait until it is ready."""
        process = self.start("serve")
        until(lambda: process.said('"serving"') and self.is_ready(), within=WITHIN, what="serves")
        return process

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def set_up(self) -> str:
        """Make the schema and a merchant; return the merchant's API key."""
        done = self.command("db", "upgrade")
        assert done.returncode == 0, done.stderr
        done = self.command("merchant", "add", "--file", "-", stdin=json.dumps(given()))
        assert done.returncode == 0, done.stderr
        return next(line.strip() for line in done.stdout.splitlines() if line.strip().startswith("core_"))

    def query(self, statement: str) -> list[Any]:
        """Return the first column of a query's rows."""
        engine = create_engine(self.database_url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            found = [row[0] for row in connection.execute(text(statement))]
        engine.dispose()
        return found

    def end(self) -> None:
        for process in reversed(self.processes):
            process.kill()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Deployment]:
    made = Deployment(f"sqlite:///{tmp_path / 'core.db'}", tmp_path)
    yield made
    made.end()


@pytest.fixture
def fleet(cluster: Cluster, tmp_path: Path) -> Iterator[Deployment]:
    made = Deployment(cluster.fresh(), tmp_path)
    yield made
    made.end()


def _send(deployment: Deployment, key: str) -> requests.Response:
    body = {
        "applicationUuid": APPLICATION, "orderNumber": "00000100", "channel": "sms", "endUserMobileNumber": "27831234567",
        "currency": "ZAR", "totalAmount": 150.00, "taxAmount": 0, "subTotalAmount": 150.00, "language": "en",
        "additionalData": {},
    }  # fmt: skip
    return requests.post(
        f"{deployment.url}/api/v2/payment-links", json=body, headers={"Authorization": key}, timeout=60
    )


def _application(deployment: Deployment) -> None:
    engine = create_engine(deployment.database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO applications (application_id, merchant_id, name, kind, status, payment_status_url, "
                "transaction_status_url, settings_url, wants_messages, created_at) VALUES (:id, 'acme', 'Salesforce', "
                "'OMS', 'ACTIVATED', '', '', '', :no, '2026-11-28 12:00:00')"
            ),
            {"id": APPLICATION, "no": False},
        )
    engine.dispose()


def test_one_process_serves_works_and_stops(alone: Deployment) -> None:
    key = alone.set_up()
    _application(alone)
    process = alone.serve()
    others = {file.name: file.stat().st_mode & 0o077 for file in alone.folder.glob("core.db*")}
    assert "core.db" in others
    assert set(others.values()) == {0}, "no other user reads the database, nor what belongs to it"
    second = alone.command("serve")
    assert second.returncode == 2
    assert "SQLite has one server" in second.stderr
    configuration = requests.get(f"{alone.url}/api/v2/configuration", headers={"Authorization": key}, timeout=60)
    assert configuration.json()["merchantName"] == "Acme Coffee"
    # Nothing listens where the messenger should be: the link stands, and its message is tried again.
    assert _send(alone, key).status_code in (201, 502, 503)
    assert alone.query("SELECT count(*) FROM messages") == [1]
    shown = alone.command("merchant", "show", "acme")
    assert "Acme Coffee" in shown.stdout
    assert "stripe.key" in shown.stdout
    assert "rk_test_" not in shown.stdout
    code, seconds = process.stop()
    assert code == 0
    assert seconds < 60
    assert alone.query("SELECT count(*) FROM messages WHERE lease IS NOT NULL") == [0]
    log = process.log.read_text()
    assert "27831234567" not in log
    assert key not in log


def test_a_fleet_shares_the_work(fleet: Deployment) -> None:
    key = fleet.set_up()
    _application(fleet)
    probes = free_port()
    worker = fleet.start("worker", PAYMENT_CORE_WORKER_METRICS_PORT=str(probes))
    web = fleet.serve()
    until(lambda: worker.said('"working"'), within=WITHIN, what="the worker works")
    assert _send(fleet, key).status_code in (201, 502, 503)
    tried = "SELECT count(*) FROM messages WHERE attempts >= 2"
    until(lambda: fleet.query(tried) == [1], within=WITHIN, what="the worker tries the message again")
    scraped = requests.get(f"http://127.0.0.1:{probes}/metrics", timeout=60).text
    assert "payment_core_workers 1.0" in scraped
    assert worker.stop()[0] == 0
    assert fleet.query("SELECT count(*) FROM workers") == [0]
    assert fleet.query("SELECT count(*) FROM messages WHERE lease LIKE 'worker%'") == [0]
    web.stop()
    assert not fleet.is_ready()


def test_a_worker_is_for_a_fleet(alone: Deployment) -> None:
    alone.set_up()
    done = alone.command("worker")
    assert done.returncode == 2
    assert "is for PostgreSQL" in done.stderr


def test_a_command_before_the_schema_says_what_to_do(alone: Deployment) -> None:
    done = alone.command("merchant", "list")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "chat2pay-core db upgrade" in done.stderr


def test_keys_are_written_into_files_and_never_over_others(alone: Deployment) -> None:
    folder = alone.folder / "keys"
    assert alone.command("keys", "--folder", str(folder)).returncode == 0
    assert {one.name for one in folder.iterdir()} == {"encryption_keys", "digest_keys"}
    assert all(one.stat().st_mode & 0o077 == 0 for one in folder.iterdir())
    assert alone.command("keys", "--folder", str(folder)).returncode == 2


def test_a_merchant_with_a_live_key_for_tests_is_not_stored(alone: Deployment) -> None:
    assert alone.command("db", "upgrade").returncode == 0
    secret = "_".join(("rk", "live", "a" * 24))
    wrong = given(secrets=given()["secrets"] | {"stripe.key": secret})
    done = alone.command("merchant", "add", "--file", "-", stdin=json.dumps(wrong))
    assert done.returncode == 2
    assert "secrets.stripe.key" in done.stderr
    assert secret not in done.stderr + done.stdout
    assert alone.command("merchant", "list").stdout == ""


def test_an_admin_sets_up_applications_and_replaces_secrets(alone: Deployment) -> None:
    alone.set_up()
    bare = alone.command("doctor", "--offline")
    assert "application set acme" in bare.stdout
    proof = json.dumps({"basic": {"user": "core", "password": secrets.token_urlsafe(16)}})
    made = alone.command(
        "application", "set", "acme", "--name", "Salesforce", "--payment-status-url", "https://c2p.example/p",
        "--settings-url", "https://c2p.example/s", "--proof", "-", stdin=proof,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    application = made.stdout.split()[0]
    refused = alone.command("application", "set", "acme", application, "--settings-url", "ftp://c2p.example/s")
    assert (refused.returncode, "--settings-url: must start" in refused.stderr) == (2, True)
    assert alone.command("application", "disable", "acme", application).returncode == 0
    listed = alone.command("application", "list", "acme").stdout
    assert "DEACTIVATED" in listed
    assert "https://c2p.example/p" in listed
    assert alone.command("application", "enable", "acme", application).returncode == 0
    signing = f"whsec_{secrets.token_hex(16)}"
    replaced = alone.command("merchant", "secret", "acme", "stripe.webhook", "--file", "-", stdin=signing)
    assert replaced.returncode == 0, replaced.stderr
    wrong = alone.command(
        "merchant", "secret", "acme", "stripe.key", "--file", "-", stdin="_".join(("rk", "live", "b" * 24))
    )
    assert (wrong.returncode, "live mode" in wrong.stderr) == (2, True)
    assert signing not in replaced.stdout + alone.command("merchant", "show", "acme").stdout
    added = alone.command("merchant", "key", "add", "acme", "--name", "second").stdout.split()
    for key, code in ((added[0], 0), (added[0], 0), ("key_of_nobody", 2)):
        assert alone.command("merchant", "key", "revoke", "acme", key).returncode == code
    well = alone.command("doctor", "--json", "--offline")
    found = json.loads(well.stdout)
    # Nothing is wrong; WhatsApp's templates are approved by people, and can wait.
    assert (well.returncode, [(one["check"], one["level"]) for one in found]) == (0, [("templates", "soon")])
    changes = alone.query("SELECT what FROM changes ORDER BY change_id")
    assert changes == [
        "merchant added", "application added", "application deactivated", "application activated", "secret replaced",
        "key added", "key revoked",
    ]  # fmt: skip
    assert alone.query("SELECT event FROM deliveries ORDER BY delivery_id") == ["API_KEY_ADDED", "API_KEY_REMOVED"]


@pytest.fixture
def demo(alone: Deployment) -> Callable[[], tuple[Process, dict[str, str]]]:
    key = secrets.token_urlsafe(32)

    def start() -> tuple[Process, dict[str, str]]:
        process = alone.start(
            "demo", "--port", str(alone.port), "--state", str(alone.folder / "state"), "--phones-url",
            f"http://127.0.0.1:{free_port()}/network", PAYMENT_CORE_DEMO_KEY=key,
        )  # fmt: skip
        until(lambda: process.said('"serving"') and alone.is_ready(), within=WITHIN, what="serves")
        return process, {"X-Demo-Key": key}

    return start


def test_a_demo_keeps_its_credentials_and_its_clock(
    alone: Deployment, demo: Callable[[], tuple[Process, dict[str, str]]]
) -> None:
    process, door = demo()
    assert requests.get(f"{alone.url}/demo/credentials", timeout=60).status_code == 401
    first = requests.get(f"{alone.url}/demo/credentials", headers=door, timeout=60).json()
    assert [one["name"] for one in first["applications"]] == ["Salesforce"]
    moved = requests.post(f"{alone.url}/demo/clock", json={"advance_s": 90.5}, headers=door, timeout=60)
    assert moved.json()["offset_s"] == 90.5
    refused = requests.post(f"{alone.url}/demo/clock", json={"advance_s": -1}, headers=door, timeout=60)
    assert (refused.status_code, refused.json()["field"]) == (422, "advance_s")
    assert process.stop()[0] == 0
    process, door = demo()
    assert requests.get(f"{alone.url}/demo/credentials", headers=door, timeout=60).json() == first
    assert requests.get(f"{alone.url}/demo/clock", headers=door, timeout=60).json()["offset_s"] == 90.5
    renewed = requests.post(f"{alone.url}/demo/credentials/renew", headers=door, timeout=60).json()["api_key"]
    answers = {
        key: requests.get(f"{alone.url}/api/v2/configuration", headers={"Authorization": key}, timeout=60).status_code
        for key in (first["api_key"], renewed)
    }
    assert answers == {first["api_key"]: 401, renewed: 200}


@pytest.mark.parametrize("name", ["PAYMENT_CORE_ENVIRONMENT", "CHAT2PAY_ENVIRONMENT"])
def test_a_demo_does_not_start_beside_production(alone: Deployment, name: str) -> None:
    alone.settings |= {name: "production", "PAYMENT_CORE_DEMO_KEY": secrets.token_urlsafe(32)}
    done = alone.command("demo", "--state", str(alone.folder / "state"), "--phones-url", "http://127.0.0.1:9")
    assert done.returncode == 2
    assert "production" in done.stderr
    assert not (alone.folder / "state").exists()


def test_the_clock_of_a_rehearsal_moves_no_production(alone: Deployment) -> None:
    (alone.folder / "clock").write_bytes(bytes(8))
    alone.settings |= {
        "PAYMENT_CORE_ENVIRONMENT": "production",
        "PAYMENT_CORE_CLOCK_FILE": str(alone.folder / "clock"),
        **{f"PAYMENT_CORE_{name}_URL": "https://pay.example" for name in ("PUBLIC", "STRIPE", "TWILIO")},
    }
    done = subprocess.run(
        [sys.executable, "-m", "payment_core.serving.rehearsed", "serve"],
        env={**os.environ, **alone.settings}, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN, check=False,
    )  # fmt: skip
    assert (done.returncode, "is for a rehearsal" in done.stderr) == (2, True)


def test_only_the_command_demo_loads_what_a_demo_has() -> None:
    loads = (
        "import sys, payment_core.app, payment_core.cli, payment_core.serving.alone, payment_core.serving.worker, "
        "payment_core.commands.serve, payment_core.commands.demo; "
        "print([one for one in sys.modules if one.startswith('payment_core.demo')])"
    )
    done = subprocess.run([sys.executable, "-c", loads], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

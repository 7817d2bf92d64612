"""A process whose database is away says "not now" at every door: whoever asks repeats, and nothing is taken for lost."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from connector.app import create_app
from connector.services import build_services
from connector.workers.fleet_worker import FleetWorker
from foundation.database.outage import reason_of
from sandbox.processes.ports import free_port
from tests.captured_logs import capture_logs
from tests.factories import CALLBACK_KEY, LAUNCH_KEY, basic, make_settings
from tests.faults.fleet import ROOT
from tests.processes.forkserver import run_command


@pytest.fixture(params=["sqlite", "postgresql"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FlaskClient]:
    """A connector whose database nobody serves."""
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    url = away if request.param == "postgresql" else f"sqlite:///{tmp_path}/unmounted/chat2pay.db"
    services = build_services(make_settings(url))
    yield create_app(services).test_client()
    services.store.database.close()


@pytest.mark.parametrize("kind", ["transaction-status", "payment-status", "settings"])
def test_a_callback_is_answered_by_503_so_that_the_core_repeats_it(client: FlaskClient, kind: str) -> None:
    with capture_logs() as lines:
        answer: Any = client.post(f"/callbacks/{CALLBACK_KEY}/{kind}", data=b"{}", headers=basic())
    assert answer.status_code == 503
    assert (answer.json["error"]["code"], answer.json["error"]["retryable"]) == ("try_later", True)
    (line,) = [one for one in lines if one["log_level"] == "error"]
    assert line["event"] == "database_away"
    assert line["reason"] in ("Connection refused", "unable to open database file")


def test_an_api_call_is_answered_by_503_and_may_be_repeated(client: FlaskClient) -> None:
    answer: Any = client.get("/api/payment-requests", headers={"Authorization": "Bearer c2p_api_nobody"})
    assert (answer.status_code, answer.json["error"]["retryable"]) == (503, True)


def test_a_caller_whose_transaction_the_database_ended_while_we_stood_still_may_repeat(postgres_url: str) -> None:
    services = build_services(make_settings(postgres_url))
    app = create_app(services)

    @app.get("/paused")
    def paused() -> str:
        with services.store.database.read() as connection:
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 50"))
            time.sleep(0.5)
            connection.execute(text("SELECT 1"))
        return "served"

    with capture_logs() as lines:
        answer: Any = app.test_client().get("/paused")
    services.store.database.close()
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "try_later")
    assert [one["reason"] for one in lines if one["event"] == "database_away"] == ["terminating connection"]


def test_a_worker_tells_why_a_step_failed_in_words(postgres_url: str) -> None:
    services = build_services(make_settings(postgres_url))
    with capture_logs() as lines:
        FleetWorker(services).look_once()
    services.store.database.close()
    assert [(one["where"], one["reason"]) for one in lines if one["event"] == "step_failed"] == [
        ("look", "does not exist")  # a schema that nobody made
    ]


def test_probes_tell_a_process_that_lives_from_one_that_can_serve(client: FlaskClient) -> None:
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 503


def test_a_scrape_still_shows_what_this_process_has_counted(client: FlaskClient) -> None:
    told: Any = client.get("/metrics")
    assert told.status_code == 200
    assert "chat2pay_database_up 0.0" in told.text


@pytest.mark.parametrize(
    "arguments",
    [
        ("db", "upgrade"),
        ("db", "check"),
        ("serve",),
        ("worker",),
        ("inbox", "list"),
        ("tenant", "list"),
        ("reconcile",),
    ],
    ids=" ".join,
)
def test_a_command_says_in_a_sentence_why_it_cannot_reach_it(arguments: tuple[str, ...]) -> None:
    secret = "letters-and-digits-only"
    done = _run(*arguments, CHAT2PAY_DATABASE_URL=f"postgresql://someone:{secret}@127.0.0.1:{free_port()}/none")
    assert done.returncode == 1  # restarting later helps
    assert "Connection refused" in done.stderr
    assert "Traceback" not in done.stderr
    assert secret not in done.stderr


def test_a_disk_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "chat2pay.db.lock").mkdir()  # root writes into a folder without rights, but nobody opens one as a file
    done = _run("db", "upgrade", CHAT2PAY_DATABASE_URL=f"sqlite:///{tmp_path}/chat2pay.db")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "chat2pay.db.lock cannot be used: Is a directory" in done.stderr


def test_the_reason_repeats_known_words_only() -> None:
    told = reason_of(ValueError('missing "=" after "postgresql://c2p:sesame@db/x" in connection info string'))
    assert told == "ValueError"
    assert (
        reason_of(ValueError('FATAL:  password authentication failed for user "c2p"'))
        == "password authentication failed"
    )


def _run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {name: text for name, text in os.environ.items() if not name.startswith("CHAT2PAY_")} | {
        "PYTHONPATH": str(ROOT),
        "CHAT2PAY_ENVIRONMENT": "demo",
        "CHAT2PAY_ENCRYPTION_KEYS": "k" * 43 + "=",
        "CHAT2PAY_LAUNCH_KEYS": LAUNCH_KEY,
    }
    return run_command(arguments, env | settings)

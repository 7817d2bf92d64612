"""Health says whether writing is possible; a scrape shows what waits, to this machine and to holders of the token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from foundation.secret import Secret
from payment_core import metrics
from payment_core.app import create_app, create_worker_app
from payment_core.domain.link import Link
from payment_core.services import Core
from tests.payment_core.fakes import MovableClock

TOKEN = "t" * 32


def test_health(client: FlaskClient) -> None:
    assert client.get("/health/live").json == {"status": "ok"}
    assert client.get("/health/ready").json == {"status": "ok", "database": "ok"}


def test_a_scrape_shows_what_waits(core: Core, client: FlaskClient, make_link: Callable[..., Link]) -> None:
    make_link()
    shown = client.get("/metrics").text
    assert "payment_core_database_up 1.0" in shown
    assert "payment_core_payable_links 1.0" in shown
    assert 'payment_core_waiting{queue="deliveries"} 2.0' in shown
    assert 'payment_core_waiting{queue="messages"} 0.0' in shown
    database = "postgresql" if core.settings.is_fleet else "sqlite"
    assert f'database="{database}"' in shown
    assert ("payment_core_workers" in shown) is core.settings.is_fleet


def test_what_is_due_later_is_not_late(
    client: FlaskClient, make_link: Callable[..., Link], clock: MovableClock
) -> None:
    make_link()
    for seconds, late in ((-30, 0.0), (60, 30.0)):
        clock.move(seconds=seconds)
        assert f'payment_core_overdue_seconds{{queue="deliveries"}} {late}' in client.get("/metrics").text


def test_every_family_is_named_for_this_service() -> None:
    families = (*metrics.KEPT, *metrics.COMPUTED)
    assert all(one.name.startswith("payment_core_") for one in families)
    assert len({one.name for one in families}) == len(families)


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "10.0.0.7", 401),
        ({"Authorization": f"Bearer {TOKEN}"}, "10.0.0.7", 200),
        ({"Authorization": "Bearer wrong"}, "10.0.0.7", 401),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 401),
        ({}, "127.0.0.1", 200),
    ],
)
def test_who_may_scrape(core: Core, headers: dict[str, str], address: str, status: int) -> None:
    guarded = replace(core, settings=replace(core.settings, metrics_token=Secret(TOKEN)))
    client = create_app(guarded).test_client()
    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code == status


def test_a_worker_answers_probes_and_scrapes_only(core: Core) -> None:
    client = create_worker_app(core).test_client()
    assert client.get("/health/ready").status_code == 200
    assert client.get("/metrics").status_code == 200
    assert client.get("/api/v2/configuration").status_code == 404

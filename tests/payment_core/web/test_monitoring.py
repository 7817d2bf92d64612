"""Health says whether writing is possible; a scrape shows what waits, to this machine and to holders of the token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from foundation.secret import Secret
from payment_core import metrics
from payment_core.app import create_app, create_worker_app
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.link import Link
from payment_core.domain.settlement import Attention
from payment_core.services import Core
from payment_core.store.links import attempts, links
from payment_core.store.schema.tables import deliveries
from tests.payment_core.conftest import NOW
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


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_scrape_shows_what_is_open_what_was_given_up_and_what_needs_a_person(
    core: Core, client: FlaskClient, make_link: Callable[..., Link]
) -> None:
    made = [make_link(caller_reference=str(number)) for number in range(4)]
    attempt = Attempt(
        "att_1", made[0].reference, made[0].merchant_id, AttemptKind.PAGE, AttemptState.OPEN, "k", NOW, None
    )
    with core.transactions.write() as work:
        attempts.add(work, attempt)
        for link in made[2:]:
            links.save(work, replace(link, payable=False, attention=Attention.DISPUTED))
        mine = deliveries.c.reference.in_([one.reference for one in made[1:]])
        work.connection.execute(update(deliveries).where(mine).values(state="parked", due_at=None))
    shown = client.get("/metrics").text.splitlines()
    for line in (
        "payment_core_payable_links 2.0",
        'payment_core_links_need_attention{reason="disputed"} 2.0',
        'payment_core_live_attempts{state="open"} 1.0',
        'payment_core_waiting{queue="deliveries"} 2.0',
        "payment_core_deliveries_parked 6.0",
    ):
        assert line in shown


def test_a_scrape_of_a_core_whose_database_is_away_says_that_and_what_was_counted(
    core: Core, client: FlaskClient
) -> None:
    with core.transactions.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE links RENAME TO elsewhere")
    try:
        answer = client.get("/metrics")
    finally:
        with core.transactions.database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO links")
    assert answer.status_code == 200
    assert "payment_core_database_up 0.0" in answer.text
    assert "payment_core_build_info" in answer.text
    assert "payment_core_payable_links" not in answer.text, "nobody knows"


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
        ({"Authorization": f"Basic {TOKEN}"}, "10.0.0.7", 401),
        ({"Authorization": f"bearer {TOKEN}"}, "10.0.0.7", 200),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 401),
        ({"X-Forwarded-Host": "pay.example"}, "127.0.0.1", 401),
        ({}, "127.0.0.1", 200),
    ],
)
def test_who_may_scrape(core: Core, headers: dict[str, str], address: str, status: int) -> None:
    guarded = replace(core, settings=replace(core.settings, metrics_token=Secret(TOKEN)))
    client = create_app(guarded).test_client()
    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code == status


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"X-Forwarded-For": "127.0.0.1"}, 200),
        # The proxy adds whom it sees behind what the caller says of himself.
        ({"X-Forwarded-For": "127.0.0.1, 10.0.0.7"}, 401),
        ({"X-Forwarded-Proto": "https"}, 401),
    ],
)
def test_whoever_comes_by_a_trusted_proxy_is_whom_it_names(core: Core, headers: dict[str, str], status: int) -> None:
    client = create_app(replace(core, settings=replace(core.settings, trusted_proxies=1))).test_client()
    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == status


def test_a_worker_answers_probes_and_scrapes_only(core: Core) -> None:
    client = create_worker_app(core).test_client()
    assert client.get("/health/ready").status_code == 200
    assert client.get("/metrics").status_code == 200
    assert client.get("/api/v2/configuration").status_code == 404

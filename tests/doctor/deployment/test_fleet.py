"""What is looked at on PostgreSQL only: connections and workers; and that one worker of a fleet examines it at night."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import text

from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding
from connector.journeys.examining.deployment.examine_database import examine_database
from connector.services import Services, build_services
from connector.store.schema.migrate import upgrade
from connector.workers.fleet_worker import FleetWorker
from connector.workers.nightly import moment_of_night
from foundation.clock import utc_now
from foundation.database.postgres.jobs import DRAIN, PUSH
from tests.factories import make_settings


@pytest.fixture
def services(postgres_url: str) -> Iterator[Services]:
    """The services of one process of a fleet."""
    made = build_services(make_settings(postgres_url), now=utc_now)
    upgrade(made.store.database)
    yield made
    made.store.database.close()


def checks(services: Services) -> list[Check]:
    return examine_database(settings=services.settings, store=services.store, free=lambda _: 0)


def found(services: Services) -> list[Finding]:
    return [finding for check in checks(services) for finding in check.run()]


def give_sign_of_life(services: Services) -> None:
    with services.store.database.write() as connection:
        connection.execute(text("INSERT INTO procrastinate.procrastinate_workers (last_heartbeat) VALUES (now())"))


def test_a_fleet_with_a_worker_has_no_findings(services: Services) -> None:
    give_sign_of_life(services)
    assert found(services) == []


def test_connections_and_workers_are_looked_at_every_minute(services: Services) -> None:
    assert {"database_connections", "worker"} <= {one.name for one in checks(services) if one.every_minute}


def test_a_fleet_without_a_worker_is_told_to_start_one(services: Services) -> None:
    (finding,) = found(services)
    assert finding.check == "worker"
    assert "chat2pay worker" in finding.remedy


def test_connections_that_run_out_are_named(services: Services, postgres_url: str) -> None:
    give_sign_of_life(services)
    with services.store.database.read() as connection:
        most = int(connection.scalar(text("SHOW max_connections")) or 0)
    with ExitStack() as opened:
        for _ in range(int(most * 0.86)):
            opened.enter_context(psycopg.connect(postgres_url))
        (finding,) = found(services)
    assert finding.check == "database_connections"
    assert f"of the {most} connections" in finding.problem


@pytest.mark.parametrize(
    ("interval", "every", "news", "health"), [(0.5, 1, 1, 5), (2.0, 2, 2, 5), (5.0, 5, 3, 5)]
)  # fmt: skip
def test_a_worker_knows_each_task_and_when_it_is_due(
    services: Services, interval: float, every: int, news: int, health: int
) -> None:
    settings = replace(services.settings, sweep_interval=interval)
    hour, minute = moment_of_night(settings)
    assert FleetWorker(replace(services, settings=settings)).schedule() == {
        # When there is work: a web process queues them by these names.
        DRAIN: None,
        PUSH: None,
        "look": f"* * * * * */{every}",
        "sweep": f"* * * * * */{every}",
        "compare": f"* * * * * */{every}",
        "news": f"* * * * * */{news}",
        "health": f"* * * * * */{health}",
        "tidy": "* * * * *",
        "examine": f"{minute} {hour} * * *",
    }

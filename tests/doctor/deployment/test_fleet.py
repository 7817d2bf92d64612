"""What is looked at on PostgreSQL only: connections and workers; and that one worker of a fleet examines it at night."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from sqlalchemy import text

from connector.domain.health.finding import Finding
from connector.journeys.examining.deployment.examine_database import examine_database
from connector.services import Services, build_services
from connector.store.schema.migrate import upgrade
from connector.workers.distributed import FleetWorker
from connector.workers.nightly import moment_of_night
from foundation.clock import utc_now
from tests.factories import make_settings


@pytest.fixture
def services(postgres_url: str) -> Iterator[Services]:
    """The services of one process of a fleet."""
    made = build_services(make_settings(postgres_url), now=utc_now)
    upgrade(made.store.database)
    yield made
    made.store.database.close()


def found(services: Services) -> list[Finding]:
    looks = examine_database(settings=services.settings, store=services.store, free=lambda _: 0)
    return [finding for look in looks for finding in look.run()]


def give_sign_of_life(services: Services) -> None:
    with services.store.database.write() as connection:
        connection.execute(text("INSERT INTO procrastinate.procrastinate_workers (last_heartbeat) VALUES (now())"))


def test_a_fleet_with_a_worker_has_no_findings(services: Services) -> None:
    give_sign_of_life(services)
    assert found(services) == []


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


def test_the_scheduler_of_the_fleet_knows_the_moment_of_the_night(services: Services) -> None:
    hour, minute = moment_of_night(services.settings)
    assert FleetWorker(services).schedule()["examine"] == f"{minute} {hour} * * *"


def test_the_scheduler_of_the_fleet_delivers_news_every_few_seconds(services: Services) -> None:
    assert FleetWorker(services).schedule()["news"].startswith("* * * * * */")

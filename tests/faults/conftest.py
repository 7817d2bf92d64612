"""Knows the fleet that fault tests run against; refuses to start it twice: tests bring orders of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.fleet import Fleet, Process
from tests.postgres import Cluster


@pytest.fixture(scope="package")
def fleet(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A schema, both sandboxes, a connected tenant and two web processes."""
    fleet = Fleet(cluster.fresh(), tmp_path_factory.mktemp("fleet"))
    try:
        fleet.begin()
        fleet.ready(fleet.serve(), fleet.serve(CHAT2PAY_WEB_WORKERS="2"))
        yield fleet
    finally:
        fleet.end()


@pytest.fixture
def workers(fleet: Fleet) -> Iterator[list[Process]]:
    """Two workers that live, and gates that are open; what a test has paused goes on after it, even when it failed."""
    living = [one for one in fleet.processes if one.log.name.startswith("worker") and one.inner.poll() is None]
    while len(living) < 2:
        living.append(fleet.worker())
    fleet.ready(*living)
    fleet.forget()
    yield living
    for gate in fleet.gates:
        gate.open()
    for one in fleet.processes:
        one.go_on()

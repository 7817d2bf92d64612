"""Gives each test a deployment in which nothing is wrong, so that it can break one thing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from tests.databases.empty_databases import empty_database
from tests.doctor.clinic import Clinic
from tests.journeys.conftest import clock, lines
from tests.journeys.world import Clock
from tests.suite.compared_once import schemas_compared_once

__all__ = ["clock", "lines"]


@pytest.fixture(autouse=True)
def compared_once() -> Iterator[None]:
    """Whatever a test breaks, the schema is the same in most of them."""
    with schemas_compared_once():
        yield


@pytest.fixture
def database_url(request: pytest.FixtureRequest, fast_folder: Path) -> str:
    """The address of an empty SQLite database, for half of the checks are of its file, unless a test asks for another."""
    return empty_database(request, getattr(request, "param", "sqlite"), fast_folder / "doctor.db")


@pytest.fixture
def clinic(database_url: str, clock: Clock, lines: list[Any], tmp_path: Path) -> Iterator[Clinic]:
    """A connector that serves one healthy tenant, its org and its core."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        made = Clinic(database_url, clock, wire, tmp_path)
        yield made
        made.close()

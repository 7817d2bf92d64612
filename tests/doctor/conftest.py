"""Gives each test a deployment in which nothing is wrong, so that it can break one thing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import responses

from tests.doctor.clinic import Clinic
from tests.journeys.conftest import clock, lines, migrated
from tests.journeys.world import Clock

__all__ = ["clock", "lines", "migrated"]
_FAST = Path("/dev/shm")


@pytest.fixture
def database_url(migrated: Path) -> Iterator[str]:
    """The address of an empty SQLite database: half of the looks are at its file."""
    with TemporaryDirectory(dir=_FAST if _FAST.is_dir() else None) as folder:
        shutil.copyfile(migrated, f"{folder}/doctor.db")
        yield f"sqlite:///{folder}/doctor.db"


@pytest.fixture
def clinic(database_url: str, clock: Clock, lines: list[Any], tmp_path: Path) -> Iterator[Clinic]:
    """A connector that serves one healthy tenant, its org and its core."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        made = Clinic(database_url, clock, wire, tmp_path)
        yield made
        made.close()

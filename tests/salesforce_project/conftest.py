"""A copy of the Salesforce project to break, and the journeys' world for what reads a tenant."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import NOT_RUN
from tests.journeys.conftest import clock, lines, world
from tools.salesforce.project import MODULES, SHIPPED

__all__ = ["clock", "lines", "world"]
LEFT_OUT = shutil.ignore_patterns("node_modules", "build", "package-lock.json")
Copy = Callable[[], Path]


@pytest.fixture(scope="session")
def modules() -> Path:
    """The packages that check the project; `make test` installs them."""
    if not (MODULES / "@salesforce/types").is_dir():
        pytest.skip(f"{NOT_RUN} the checks of the Salesforce project. npm could not install what its lock file names.")
    return MODULES


@pytest.fixture
def copy(modules: Path, tmp_path: Path) -> Path:
    """The project in a folder of its own, with the same packages."""
    return _copied(tmp_path / "salesforce", modules)


@pytest.fixture(scope="module")
def mended_copy(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One such copy for many tests, each of which mends what it breaks."""
    return _copied(tmp_path_factory.mktemp("copied") / "salesforce", modules)


def _copied(folder: Path, modules: Path) -> Path:
    shutil.copytree(SHIPPED, folder, ignore=LEFT_OUT)
    (folder / "node_modules").symlink_to(modules)
    return folder

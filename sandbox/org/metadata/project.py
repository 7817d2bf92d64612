"""The package directories of the product's Salesforce project, which an admin deploys one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from sandbox.org.wire.errors import StartupError

# Directories that Salesforce refuses in an org without a licence, which a new sandbox org does not have.
_LICENSED = {"oms"}
PROJECT = Path(__file__).parents[3] / "manifests" / "salesforce"


def package_directories() -> tuple[str, ...]:
    """Return their names in the project's own order: the first one is what the others build on."""
    project = json.loads((PROJECT / "sfdx-project.json").read_text("utf-8"))
    return tuple(one["path"] for one in project["packageDirectories"])


def for_any_org() -> tuple[str, ...]:
    """Return the directories that a new org takes."""
    return tuple(name for name in package_directories() if name not in _LICENSED)


def package_folder(name: str) -> Path:
    """Return the folder that holds a directory's types: objects, permissionsets and so on."""
    return PROJECT / name / "main" / "default"


def read_packages(given: str | None) -> tuple[str, ...]:
    """Return what `--packages` names: all that a new org takes, none, or names with commas between them. Raises StartupError."""
    known = package_directories()
    if given in (None, "all"):
        return for_any_org()
    names = [] if given == "none" else str(given).split(",")
    missing = sorted(set(names) - set(known))
    if missing:
        raise StartupError(f"--packages: {', '.join(missing)} is not among {', '.join(known)}, all and none")
    return in_project_order(names)


def in_project_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return the directories in the order in which they are deployed."""
    wanted = set(names)
    return tuple(name for name in package_directories() if name in wanted)

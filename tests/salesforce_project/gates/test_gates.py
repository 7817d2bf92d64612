"""What each gate promises of the project, and of what is exported from it; a broken copy of each kind is in the next file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.cli import main
from tools.salesforce import listing
from tools.salesforce.__main__ import GATES
from tools.salesforce.project import Project

pytestmark = pytest.mark.usefixtures("modules")
Gate = Callable[[Project], list[str]]


@pytest.fixture(scope="module")
def project() -> Project:
    return Project()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "project"
    values = (
        "--connector-url",
        "https://c2p.example.com",
        "--org-id",
        "00D000000000001EAA",
        "--contact",
        "it@example.com",
    )
    done = CliRunner().invoke(main, ["salesforce", "export", str(folder), *values])
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def listed() -> dict[str, list[str]]:
    """What Salesforce's own library finds in the shipped project."""
    return listing.components()


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_a_deploy_refuses_nothing(project: Project, gate: Gate) -> None:
    assert gate(project) == []


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_nor_of_what_is_exported(exported: Path, gate: Gate) -> None:
    assert gate(Project(exported)) == []


def test_each_directory_holds_exactly_what_was_reviewed(project: Project, listed: dict[str, list[str]]) -> None:
    """By Salesforce's own library: `python -m tools.salesforce.listing` writes the lists anew; look at the difference."""
    reviewed = {one: listing.list_of(one).read_text().splitlines() for one in project.directories}
    assert listed == reviewed
    assert {path.stem for path in listing.LISTS.iterdir()} == {one.replace("/", "_") for one in project.directories}


def test_the_gates_see_the_components_that_salesforces_library_sees(
    project: Project, listed: dict[str, list[str]]
) -> None:
    seen = {one: sorted(f"{kind}:{name}" for kind, name in project.components[one]) for one in project.directories}
    assert listed == seen


def test_an_exported_project_holds_the_same_components(exported: Path, listed: dict[str, list[str]]) -> None:
    assert listing.components(exported) == listed

"""Write the list of components of each package directory, which the tests hold against the project; look at the difference."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tools.salesforce.programs import find_node
from tools.salesforce.project import SHIPPED

LISTS = Path(__file__).parents[2] / "tests/salesforce_project/components"
_SCRIPT = Path(__file__).with_name("components.cjs")


def components(project: Path = SHIPPED) -> dict[str, list[str]]:
    """Ask Salesforce's own library what a deploy of each package directory would hold, as `Type:Name`."""
    found: dict[str, list[str]] = json.loads(_run(str(project)))
    return found


def write_zips(project: Path, folder: Path) -> list[Path]:
    """Write a zip of each package directory in the format of the Metadata API."""
    return [Path(line) for line in _run(str(project), str(folder)).splitlines()]


def list_of(directory: str) -> Path:
    """Return the file that lists a package directory."""
    return LISTS / f"{directory.replace('/', '_')}.txt"


def _run(*arguments: str) -> str:
    command = [find_node(), str(_SCRIPT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 our own command
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def main(arguments: list[str]) -> None:
    """Write the lists, or with `--zips FOLDER` the packages."""
    if arguments[:1] == ["--zips"]:
        print(*write_zips(SHIPPED, Path(arguments[1])), sep="\n")
        return
    LISTS.mkdir(exist_ok=True)
    for directory, names in components().items():
        list_of(directory).write_text("\n".join(names) + "\n", "utf-8")
        print(f"{directory}: {len(names)} components")


if __name__ == "__main__":
    main(sys.argv[1:])

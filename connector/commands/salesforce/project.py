"""The files of the Salesforce project as they ship, and with one org's values in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Any

from connector.commands.salesforce.values import PLACEHOLDER_EMAIL, PLACEHOLDER_URL, OrgValues

BASE = "base"
_CONFIGURATION = "sfdx-project.json"
_RECORD = re.compile(r"customMetadata/Chat2Pay_Org\.\w+\.md-meta\.xml$")
_TEST_METHOD = re.compile(r"@istest(?:\([^)]*\))?\s+(?:\w+\s+)*static\b", re.IGNORECASE)
# For the project's own checks; nothing that a deploy or an admin needs.
_LEFT_OUT = {"__tests__", "node_modules", "__pycache__"}


def _shipped() -> Traversable:
    return files("manifests").joinpath("salesforce")


def package_directories() -> list[str]:
    """Return the package directories in the order in which they are deployed."""
    return [one["path"] for one in _configuration()["packageDirectories"]]


def project_files(directories: Sequence[str], values: OrgValues) -> dict[PurePosixPath, str]:
    """Return every file of an exported project: the chosen package directories, their removals, and sf's two files."""
    whole = {PurePosixPath(name): text for name, text in _project_wide(directories)}
    for directory in directories:
        source = _shipped().joinpath(directory)
        whole |= {path: fill_in(path, text, values) for path, text in _below(source, PurePosixPath(directory))}
    return whole


def fill_in(path: PurePosixPath, text: str, values: OrgValues) -> str:
    """Put the values in place of the placeholders of one file."""
    if path.suffix != ".xml":
        return text
    if _RECORD.search(str(path)):
        text = _with_value(
            _with_value(text, "Organization_Id__c", values.org_id), "Connector_Url__c", values.connector_url
        )
    if values.contact:
        text = text.replace(PLACEHOLDER_EMAIL, values.contact)
    return text.replace(PLACEHOLDER_URL, values.connector_url) if values.connector_url else text


def test_classes(whole: dict[PurePosixPath, str], directory: str) -> list[str]:
    """Return the names of a directory's Apex tests: production refuses Apex without them."""
    mine = (path for path in whole if path.parts[0] == directory and path.suffix == ".cls")
    # A stub is @IsTest as well; a deploy that names a class without a test method is refused.
    return sorted(path.stem for path in mine if _TEST_METHOD.search(whole[path]))


def _configuration() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(_shipped().joinpath(_CONFIGURATION).read_text("utf-8"))
    return read


def _project_wide(directories: Sequence[str]) -> Iterator[tuple[str, str]]:
    configuration = _configuration()
    packages = configuration["packageDirectories"]
    configuration["packageDirectories"] = [one for one in packages if one["path"] in directories]
    yield _CONFIGURATION, json.dumps(configuration, indent=2) + "\n"
    yield ".forceignore", _shipped().joinpath(".forceignore").read_text("utf-8")
    for path, text in _below(_shipped().joinpath("remove"), PurePosixPath("remove")):
        if any(re.match(rf"{re.escape(one)}(_|$)", path.parts[1]) for one in directories):
            yield str(path), text


def _below(place: Traversable, at: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    for one in sorted(place.iterdir(), key=lambda found: found.name):
        if one.name in _LEFT_OUT:
            continue
        if one.is_dir():
            yield from _below(one, at / one.name)
        else:
            yield at / one.name, one.read_text("utf-8")


def _with_value(text: str, field: str, value: str | None) -> str:
    """Set one value of a custom metadata record, whether it is empty or a placeholder."""
    if value is None:
        return text
    pattern = rf"(<field>{field}</field>\s*)<value\b[^>]*?(?:/>|>[^<]*</value>)"
    typed = f'<value xsi:type="xsd:string">{value}</value>'
    filled, times = re.subn(pattern, lambda found: found[1] + typed, text)
    if times and "xmlns:xsd=" not in filled:
        filled = filled.replace(" xmlns:xsi=", ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi=', 1)
    return filled

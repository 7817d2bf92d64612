"""The permission sets of the Salesforce project, read from its own files: the one place that says what each gives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from xml.etree import ElementTree

_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
_VERSION = re.compile(r"Version (\d+(?:\.\d+)*)\.?\s*$")
_SUFFIX = ".permissionset-meta.xml"
# What ObjectPermissions and FieldPermissions call what a file calls otherwise; the order is the one of Setup's page.
OBJECT_COLUMNS = {
    "PermissionsRead": "allowRead",
    "PermissionsCreate": "allowCreate",
    "PermissionsEdit": "allowEdit",
    "PermissionsDelete": "allowDelete",
    "PermissionsViewAllRecords": "viewAllRecords",
    "PermissionsModifyAllRecords": "modifyAllRecords",
}
FIELD_COLUMNS = {"PermissionsRead": "readable", "PermissionsEdit": "editable"}


class GrantKind(StrEnum):
    """What a permission is about, which decides where Setup shows it."""

    OBJECT = "object"
    FIELD = "field"
    SYSTEM = "system"
    CUSTOM = "custom permission"
    APEX = "Apex class"
    METADATA = "custom metadata type"
    PRINCIPAL = "external credential principal"
    TAB = "tab"


@dataclass(frozen=True, order=True)
class Grant:
    """One permission: ``access`` is the column of ObjectPermissions or FieldPermissions, empty for the other kinds."""

    kind: GrantKind
    name: str
    access: str = ""


@dataclass(frozen=True)
class ShippedSet:
    """One permission set of ours, its package directory, the version that its description names, and what it gives."""

    name: str
    label: str
    directory: str
    version: str | None
    grants: frozenset[Grant]


def version_in(description: object) -> str | None:
    """Return the version at the end of a set's description, in our files and in an org alike."""
    found = _VERSION.search(str(description or ""))
    return found[1] if found else None


@cache
def shipped_sets() -> dict[str, ShippedSet]:
    """Return the permission sets of all package directories by their names."""
    project = files("manifests").joinpath("salesforce")
    directories = json.loads(project.joinpath("sfdx-project.json").read_text("utf-8"))["packageDirectories"]
    found = (
        _read_set(one, str(directory["path"]))
        for directory in directories
        for one in _set_files(project.joinpath(directory["path"]))
    )
    return {one.name: one for one in found}


def _set_files(folder: Traversable) -> Iterator[Traversable]:
    for one in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if one.is_dir():
            yield from _set_files(one)
        elif one.name.endswith(_SUFFIX):
            yield one


def _read_set(file: Traversable, directory: str) -> ShippedSet:
    root = ElementTree.fromstring(file.read_text("utf-8"))  # noqa: S314 a file of this package, not of a stranger
    return ShippedSet(
        name=file.name.removesuffix(_SUFFIX),
        label=_text(root, "label"),
        directory=directory,
        version=version_in(_text(root, "description")),
        grants=frozenset(_grants(root)),
    )


def _grants(root: ElementTree.Element) -> Iterator[Grant]:
    for one in root.iterfind(f"{_NAMESPACE}objectPermissions"):
        for column, element in OBJECT_COLUMNS.items():
            if _text(one, element) == "true":
                yield Grant(GrantKind.OBJECT, _text(one, "object"), column)
    for one in root.iterfind(f"{_NAMESPACE}fieldPermissions"):
        for column, element in FIELD_COLUMNS.items():
            if _text(one, element) == "true":
                yield Grant(GrantKind.FIELD, _text(one, "field"), column)
    for element, kind, name in (
        ("userPermissions", GrantKind.SYSTEM, "name"),
        ("customPermissions", GrantKind.CUSTOM, "name"),
        ("classAccesses", GrantKind.APEX, "apexClass"),
        ("customMetadataTypeAccesses", GrantKind.METADATA, "name"),
        ("externalCredentialPrincipalAccesses", GrantKind.PRINCIPAL, "externalCredentialPrincipal"),
    ):
        for one in root.iterfind(f"{_NAMESPACE}{element}"):
            if _text(one, "enabled") == "true":
                yield Grant(kind, _text(one, name))
    for one in root.iterfind(f"{_NAMESPACE}tabSettings"):
        if _text(one, "visibility") == "Visible":
            yield Grant(GrantKind.TAB, _text(one, "tab"))


def _text(one: ElementTree.Element, name: str) -> str:
    return (one.findtext(f"{_NAMESPACE}{name}") or "").strip()

"""Reader of permission sets and custom permissions in Salesforce source format."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sandbox.org.metadata.source_format import element_text, element_texts, read_xml

SAMPLE_PERMISSIONS = Path(__file__).parent / "sample_permissions.json"
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
# What ObjectPermissions calls what a file calls otherwise.
_OBJECT_RIGHTS = {
    "PermissionsRead": "allowRead",
    "PermissionsCreate": "allowCreate",
    "PermissionsEdit": "allowEdit",
    "PermissionsDelete": "allowDelete",
    "PermissionsViewAllRecords": "viewAllRecords",
    "PermissionsModifyAllRecords": "modifyAllRecords",
}


@dataclass(frozen=True)
class FieldAccess:
    """What a set gives of one field, written as Object.Field."""

    field: str
    readable: bool
    editable: bool


@dataclass(frozen=True)
class ObjectAccess:
    """What a set gives of one object: the columns of ObjectPermissions that are true."""

    name: str
    rights: frozenset[str]


@dataclass(frozen=True)
class PermissionSet:
    """What one permission set file gives."""

    name: str
    label: str
    description: str = ""
    custom_permissions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    metadata_types: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    tabs: tuple[str, ...] = ()
    user_permissions: tuple[str, ...] = ()
    objects: tuple[ObjectAccess, ...] = ()
    fields: tuple[FieldAccess, ...] = ()


@dataclass(frozen=True)
class PermissionMetadata:
    """What the org's admin and the product's project bring along."""

    custom_permissions: dict[str, str] = field(default_factory=dict)
    permission_sets: dict[str, PermissionSet] = field(default_factory=dict)


def read_sample_permissions() -> PermissionMetadata:
    """Return the permission sets of the org's own admin, which are in no deployment."""
    spec = json.loads(SAMPLE_PERMISSIONS.read_text())
    return PermissionMetadata({}, {name: _sample_set(name, one) for name, one in spec["permissionSets"].items()})


def read_permissions(*packages: Path) -> PermissionMetadata:
    """Return what the folders of deployed packages hold. Raises StartupError."""
    known = PermissionMetadata()
    for package in packages:
        for path in sorted(package.glob("customPermissions/*.customPermission-meta.xml")):
            known.custom_permissions[_name_of(path)] = element_text(read_xml(path), "label")
        for path in sorted(package.glob("permissionsets/*.permissionset-meta.xml")):
            known.permission_sets[_name_of(path)] = _shipped_set(path)
    return known


def _name_of(path: Path) -> str:
    return path.name.partition(".")[0]


def _sample_set(name: str, spec: dict[str, Any]) -> PermissionSet:
    # No fields and objects: the standard ones are open to all users here, see `field_security`.
    return PermissionSet(name=name, label=spec["label"], user_permissions=tuple(spec["userPermissions"]))


def _shipped_set(path: Path) -> PermissionSet:
    root = read_xml(path)
    return PermissionSet(
        name=_name_of(path),
        label=element_text(root, "label"),
        description=element_text(root, "description"),
        custom_permissions=_enabled(root, "customPermissions"),
        classes=_enabled(root, "classAccesses", name="apexClass"),
        metadata_types=_enabled(root, "customMetadataTypeAccesses"),
        principals=_enabled(root, "externalCredentialPrincipalAccesses", name="externalCredentialPrincipal"),
        tabs=tuple(
            element_text(one, "tab")
            for one in root.iterfind(f"{_NAMESPACE}tabSettings")
            # A tab that is only available is shown to nobody who does not look for it.
            if element_text(one, "visibility") == "Visible"
        ),
        user_permissions=_enabled(root, "userPermissions"),
        objects=tuple(_object_access(one) for one in root.iterfind(f"{_NAMESPACE}objectPermissions")),
        fields=tuple(_field_access(one) for one in root.iterfind(f"{_NAMESPACE}fieldPermissions")),
    )


def _enabled(root: ElementTree.Element, kind: str, *, name: str = "name") -> tuple[str, ...]:
    listed = root.iterfind(f"{_NAMESPACE}{kind}")
    # What a file lists as not enabled it does not give: an export of an org names such entries, too.
    return tuple(element_text(one, name) for one in listed if "true" in element_texts(one, "enabled"))


def _object_access(one: ElementTree.Element) -> ObjectAccess:
    given = (column for column, element in _OBJECT_RIGHTS.items() if element_text(one, element) == "true")
    return ObjectAccess(element_text(one, "object"), frozenset(given))


def _field_access(one: ElementTree.Element) -> FieldAccess:
    editable = element_text(one, "editable") == "true"
    # Salesforce does not let anybody edit a field that they cannot read.
    return FieldAccess(element_text(one, "field"), editable or element_text(one, "readable") == "true", editable)

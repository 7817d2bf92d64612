"""Reader of permission sets and custom permissions in Salesforce source format."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sandbox.org.metadata.source_format import PROJECT, element_text, element_texts, read_xml

SAMPLE_PERMISSIONS = Path(__file__).parent / "sample_permissions.json"
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


@dataclass(frozen=True)
class FieldAccess:
    """The field is Object.Field, or Object.* for every field of the project on the object."""

    field: str
    readable: bool
    editable: bool


@dataclass(frozen=True)
class PermissionSet:
    name: str
    label: str
    custom_permissions: tuple[str, ...] = ()
    user_permissions: tuple[str, ...] = ()
    # The custom objects whose records its holders may create, change and delete.
    objects: tuple[str, ...] = ()
    fields: tuple[FieldAccess, ...] = ()


@dataclass(frozen=True)
class PermissionMetadata:
    """What the org's admin and the product's project bring along."""

    custom_permissions: dict[str, str] = field(default_factory=dict)
    permission_sets: dict[str, PermissionSet] = field(default_factory=dict)


def read_permissions(project: Path = PROJECT.parent) -> PermissionMetadata:
    """Return the sandbox's own permissions, those of the project in their place. Raises StartupError."""
    spec = json.loads(SAMPLE_PERMISSIONS.read_text())
    customs = dict(spec["customPermissions"])
    sets = {name: _sample_set(name, one) for name, one in spec["permissionSets"].items()}
    for path in sorted(project.glob("customPermissions/*.customPermission-meta.xml")):
        customs[_name_of(path)] = element_text(read_xml(path), "label")
    for path in sorted(project.glob("permissionsets/*.permissionset-meta.xml")):
        sets[_name_of(path)] = _shipped_set(path)
    return PermissionMetadata(customs, sets)


def _name_of(path: Path) -> str:
    return path.name.partition(".")[0]


def _sample_set(name: str, spec: dict[str, Any]) -> PermissionSet:
    return PermissionSet(
        name=name,
        label=spec["label"],
        custom_permissions=tuple(spec.get("customPermissions", ())),
        user_permissions=tuple(spec.get("userPermissions", ())),
        objects=tuple(spec.get("editableObjects", ())),
        fields=tuple(FieldAccess(field, readable=True, editable=True) for field in spec.get("editableFields", ())),
    )


def _shipped_set(path: Path) -> PermissionSet:
    root = read_xml(path)
    return PermissionSet(
        name=_name_of(path),
        label=element_text(root, "label"),
        custom_permissions=_enabled(root, "customPermissions"),
        user_permissions=_enabled(root, "userPermissions"),
        objects=tuple(_editable_objects(root)),
        fields=tuple(_field_access(one) for one in root.iterfind(f"{_NAMESPACE}fieldPermissions")),
    )


def _enabled(root: ElementTree.Element, kind: str) -> tuple[str, ...]:
    listed = root.iterfind(f"{_NAMESPACE}{kind}")
    return tuple(element_text(one, "name") for one in listed if "true" in element_texts(one, "enabled"))


def _editable_objects(root: ElementTree.Element) -> Iterator[str]:
    for one in root.iterfind(f"{_NAMESPACE}objectPermissions"):
        if element_text(one, "allowEdit") == "true":
            yield element_text(one, "object")


def _field_access(one: ElementTree.Element) -> FieldAccess:
    editable = element_text(one, "editable") == "true"
    # Salesforce does not let anybody edit a field that they cannot read.
    return FieldAccess(element_text(one, "field"), editable or element_text(one, "readable") == "true", editable)

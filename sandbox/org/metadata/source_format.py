"""Reader of objects, fields and validation rules in Salesforce source format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sandbox.org.metadata.countries import COUNTRY_CODES
from sandbox.org.metadata.objects import Field, Metadata, ObjectType
from sandbox.org.metadata.record_flows import read_before_save_flow
from sandbox.org.metadata.validation_rules import parse_validation_rule
from sandbox.org.wire.errors import StartupError

SAMPLE_OBJECTS = Path(__file__).parent / "sample_objects"
STANDARD_OBJECTS = Path(__file__).parent / "standard_objects.json"
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
_VALUE = "valueSet/valueSetDefinition/value"
# Types that no field of the project has are left out: one of them stops the start instead of being played wrongly.
_TYPES = {
    "Text": "string",
    "Number": "double",
    "Currency": "currency",
    "DateTime": "datetime",
    "Date": "date",
    "Checkbox": "boolean",
    "Picklist": "picklist",
    "Lookup": "reference",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Phone": "phone",
    "Email": "email",
    "Url": "url",
}
_CUSTOM = ("__c", "__mdt", "__e")
_SYSTEM_FIELDS: dict[str, dict[str, Any]] = {
    "Id": {"type": "id", "readonly": True, "required": True},
    # In no file of a project, because every object has them.
    "CreatedDate": {"type": "datetime", "readonly": True},
    "CreatedById": {"type": "reference", "to": "User", "relationship": "CreatedBy", "readonly": True},
    "LastModifiedDate": {"type": "datetime", "readonly": True},
    "LastModifiedById": {"type": "reference", "to": "User", "relationship": "LastModifiedBy", "readonly": True},
    "SystemModstamp": {"type": "datetime", "readonly": True},
    "IsDeleted": {"type": "boolean", "readonly": True},
}
_CUSTOM_METADATA_FIELDS: dict[str, dict[str, Any]] = {
    "DeveloperName": {"type": "string", "length": 40},
    "MasterLabel": {"type": "string", "length": 40},
    "NamespacePrefix": {"type": "string", "length": 15},
}
# On every record of an org with several currencies, and on none of any other org.
CURRENCY_ISO_CODE: dict[str, Any] = {
    "type": "picklist",
    "label": "Currency ISO Code",
    "length": 3,
    "restricted": True,
    "values": ["ZAR", "USD", "EUR", "GBP", "JPY", "KWD"],
    "feature": "multi_currency",
}


def read_metadata(*packages: Path) -> Metadata:
    """Return the org's own objects plus those of the given packages' folders. Raises StartupError."""
    objects = _standard_objects(STANDARD_OBJECTS.read_text("utf-8"))
    _read_objects(SAMPLE_OBJECTS, objects, shipped=False)
    for package in packages:
        if not package.is_dir():
            raise StartupError(f"the org's metadata is missing: {package}")
        _read_objects(package / "objects", objects, shipped=True)
        for path in sorted(package.glob("flows/*.flow-meta.xml")):
            if flow := read_before_save_flow(read_xml(path), source=path.name):
                objects[flow.object_name].flows.append(flow)
    return Metadata(objects)


def _read_objects(folder: Path, objects: dict[str, ObjectType], *, shipped: bool) -> None:
    if folder.is_dir():
        for object_folder in sorted(path for path in folder.iterdir() if path.is_dir()):
            _read_object(object_folder, objects, shipped=shipped)


def _standard_objects(text: str) -> dict[str, ObjectType]:
    return {name: _standard_object(name, spec, fields) for name, (spec, fields) in _standard_specs(text).items()}


# Kept by what the file says: whoever starts several orgs, or deploys, would work the same out anew. A field never changes.
@lru_cache(maxsize=2)
def _standard_specs(text: str) -> Mapping[str, tuple[Mapping[str, Any], Mapping[str, Field]]]:
    return {name: (spec, _standard_fields(spec)) for name, spec in json.loads(text).items()}


def _standard_fields(spec: Mapping[str, Any]) -> dict[str, Field]:
    currency = {"CurrencyIsoCode": CURRENCY_ISO_CODE} if spec.get("currency") else {}
    specs = _SYSTEM_FIELDS | spec["fields"] | currency
    return {key: _standard_field(key, value) for key, value in specs.items()}


def _standard_object(name: str, spec: Mapping[str, Any], fields: Mapping[str, Field]) -> ObjectType:
    return ObjectType(
        name=name,
        label=spec["label"],
        key_prefix=spec["keyPrefix"],
        readonly=spec.get("readonly", False),
        feature=spec.get("feature", ""),
        fields=dict(fields),
    )


def _standard_field(name: str, spec: dict[str, Any]) -> Field:
    return Field(
        name=name,
        type=spec["type"],
        label=spec.get("label", name),
        length=spec.get("length", 18 if spec["type"] in ("id", "reference") else 0),
        precision=spec.get("precision", 0),
        scale=spec.get("scale", 0),
        required=spec.get("required", False),
        readonly=spec.get("readonly", False),
        restricted=spec.get("restricted", False),
        feature=spec.get("feature", ""),
        values=COUNTRY_CODES if spec.get("values") == "countries" else tuple(spec.get("values", ())),
        reference_to=spec.get("to", ""),
        also_to=spec.get("also", ""),
        relationship=spec.get("relationship", ""),
        child_relationship=spec.get("children", ""),
    )


def _read_object(folder: Path, objects: dict[str, ObjectType], *, shipped: bool) -> None:
    if folder.name not in objects:
        # A misspelt standard object would else become a custom one without fields.
        if not folder.name.endswith(_CUSTOM):
            raise StartupError(f"{folder.name} is not an object that the sandbox knows")
        objects[folder.name] = _custom_object(folder, serial=1 + sum(kind.custom for kind in objects.values()))
    target = objects[folder.name]
    for path in sorted(folder.glob("fields/*.field-meta.xml")):
        target.add(_custom_field(path, shipped=shipped))
    for path in sorted(folder.glob("validationRules/*.validationRule-meta.xml")):
        elements = {child.tag.removeprefix(_NAMESPACE): child.text or "" for child in read_xml(path)}
        rule = parse_validation_rule(elements, source=path.name)
        if rule is not None:
            # A rule with a misspelt field would hold for every record, and nobody would notice.
            for name in rule.formula.fields:
                target.field_named(name)
            target.rules.append(rule)


def _custom_object(folder: Path, *, serial: int) -> ObjectType:
    root = read_xml(folder / f"{folder.name}.object-meta.xml")
    fields = {name: _standard_field(name, spec) for name, spec in _SYSTEM_FIELDS.items()}
    if folder.name.endswith("__mdt"):
        fields |= {name: _standard_field(name, spec) for name, spec in _CUSTOM_METADATA_FIELDS.items()}
        # Records of custom metadata are deployed, never written by an API call: all of them are read-only.
        prefix = f"m{serial:02d}"
        return ObjectType(folder.name, element_text(root, "label"), prefix, readonly=True, custom=True, fields=fields)
    fields["Name"] = Field(
        name="Name", type="string", label=element_text(root, "nameField/label"), length=80, readonly=True
    )
    # A custom record may belong to a queue, and a queue is a row of Group.
    owner = {"type": "reference", "to": "User", "relationship": "Owner", "label": "Owner ID", "also": "Group"}
    fields["OwnerId"] = _standard_field("OwnerId", owner)
    fields["CurrencyIsoCode"] = _standard_field("CurrencyIsoCode", CURRENCY_ISO_CODE)
    return ObjectType(
        name=folder.name,
        label=element_text(root, "label"),
        key_prefix=f"a{serial:02d}",
        custom=True,
        auto_number=element_text(root, "nameField/displayFormat"),
        private=element_text(root, "sharingModel") == "Private",
        fields=fields,
    )


def _custom_field(path: Path, *, shipped: bool) -> Field:
    return _field_of(path.name, _content(path), shipped=shipped)


@lru_cache(maxsize=512)
def _field_of(file_name: str, content: bytes, *, shipped: bool) -> Field:
    root = _parsed(file_name, content)
    source_type = element_text(root, "type")
    if source_type not in _TYPES:
        raise StartupError(f"{file_name}: the sandbox does not know fields of type {source_type!r}")
    name = element_text(root, "fullName")
    # [A] A deployment goes by the element, so that a copied file would change another field.
    if file_name != f"{name}.field-meta.xml":
        raise StartupError(f"{file_name}: fullName says {name!r}")
    lookup = source_type == "Lookup"
    children = element_text(root, "relationshipName")
    return Field(
        name=name,
        type=_TYPES[source_type],
        label=element_text(root, "label"),
        # A picklist has no length in its file; its values have at most 255 characters.
        length=18 if lookup else int(element_text(root, "length") or (255 if source_type == "Picklist" else 0)),
        precision=int(element_text(root, "precision") or 0),
        scale=int(element_text(root, "scale") or 0),
        required=element_text(root, "required") == "true",
        unique=element_text(root, "unique") == "true",
        external_id=element_text(root, "externalId") == "true",
        restricted=element_text(root, "valueSet/restricted") == "true",
        values=tuple(element_texts(root, f"{_VALUE}/fullName")),
        labels=dict(
            zip(element_texts(root, f"{_VALUE}/fullName"), element_texts(root, f"{_VALUE}/label"), strict=True)
        ),
        reference_to=element_text(root, "referenceTo"),
        # Derived and not written in the file: Invoice__c is read through Invoice__r.
        relationship=name.removesuffix("__c") + "__r" if lookup else "",
        child_relationship=f"{children}__r" if children else "",
        custom=True,
        shipped=shipped,
    )


def read_xml(path: Path) -> ElementTree.Element:
    """Return the root of a metadata file, to be read only: it is kept for the next reader of the same text."""
    return _parsed(path.name, _content(path))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StartupError(f"{path.name} cannot be read: {error}") from error


@lru_cache(maxsize=512)
def _parsed(file_name: str, content: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(content)  # noqa: S314 our own files
    except ElementTree.ParseError as error:
        raise StartupError(f"{file_name} cannot be read: {error}") from error


def element_texts(root: ElementTree.Element, path: str) -> Iterator[str]:
    """Yield the texts of the elements on a path."""
    full = "/".join(f"{_NAMESPACE}{part}" for part in path.split("/"))
    return ((found.text or "").strip() for found in root.iterfind(full))


def element_text(root: ElementTree.Element, path: str) -> str:
    """Return the text of the first element on a path, empty where there is none."""
    return next(element_texts(root, path), "")

"""What objects and fields the org has: knows Salesforce source format, and refuses to know any record."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sandbox.org.addresses import COUNTRY_CODES
from sandbox.org.errors import ApiError, RefusesToStart, no_such_column
from sandbox.org.rules import VersionRule, read_rule

HERE = Path(__file__).parent
PROJECT = Path(__file__).parents[2] / "manifests" / "salesforce" / "force-app" / "main" / "default" / "objects"
SAMPLE_FIELDS = HERE / "metadata" / "objects"
STANDARD = HERE / "metadata" / "standard_objects.json"
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
_VALUE = "valueSet/valueSetDefinition/value"
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
_SYSTEM_FIELDS: dict[str, dict[str, Any]] = {
    "Id": {"type": "id", "readonly": True, "required": True},
    "CreatedDate": {"type": "datetime", "readonly": True},
    "CreatedById": {"type": "reference", "to": "User", "relationship": "CreatedBy", "readonly": True},
    "LastModifiedDate": {"type": "datetime", "readonly": True},
    "LastModifiedById": {"type": "reference", "to": "User", "relationship": "LastModifiedBy", "readonly": True},
    "SystemModstamp": {"type": "datetime", "readonly": True},
    "IsDeleted": {"type": "boolean", "readonly": True},
}
CURRENCY: dict[str, Any] = {
    "type": "picklist",
    "label": "Currency ISO Code",
    "length": 3,
    "restricted": True,
    "values": ["ZAR", "USD", "EUR", "GBP", "JPY", "KWD"],
    "feature": "multi_currency",
}


@dataclass(frozen=True)
class Field:
    """One field, in the words of describe."""

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    readonly: bool = False
    unique: bool = False
    external_id: bool = False
    restricted: bool = False
    values: tuple[str, ...] = ()
    # What people read instead of a value, where that differs.
    labels: Mapping[str, str] = field(default_factory=dict)
    reference_to: str = ""
    relationship: str = ""
    custom: bool = False
    # Features of the org without which the field does not exist; empty where it always does.
    feature: str = ""
    # From the product's own project: nobody sees it unless a permission set opens it.
    shipped: bool = False

    def label_of(self, value: str) -> str:
        """Return what people read: a value that the picklist does not have is shown as it is."""
        return self.labels.get(value, value)


@dataclass
class ObjectType:
    """One object with its fields and rules; names are found whatever their case, as Salesforce does."""

    name: str
    label: str
    key_prefix: str
    readonly: bool = False
    custom: bool = False
    auto_number: str = ""
    feature: str = ""
    fields: dict[str, Field] = field(default_factory=dict)
    rules: list[VersionRule] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._by_lower_name: dict[str, Field] = {}
        self._by_relationship: dict[str, Field] = {}
        for one in list(self.fields.values()):
            self.add(one)

    def add(self, one: Field) -> None:
        self.fields[one.name] = one
        self._by_lower_name[one.name.lower()] = one
        if one.relationship:
            self._by_relationship[one.relationship.lower()] = one

    def field_named(self, name: str) -> Field:
        """Return the field. Raises ApiError INVALID_FIELD."""
        found = self.fields.get(name) or self._by_lower_name.get(name.lower())
        if found is None:
            raise no_such_column(name, object_name=self.name)
        return found

    def relationship_named(self, name: str) -> Field:
        found = self._by_relationship.get(name.lower())
        if found is None:
            message = f"Didn't understand relationship '{name}' in field path."
            raise ApiError("INVALID_FIELD", message)
        return found

    def unique_fields(self) -> list[Field]:
        return [one for one in self.fields.values() if one.unique]


class Metadata:
    """All objects of the org: `every` with whatever is switched off, `objects` as they stand now."""

    def __init__(self, objects: dict[str, ObjectType]) -> None:
        self.every = objects
        self.become(objects)

    def become(self, objects: dict[str, ObjectType]) -> None:
        self.objects = objects
        self._by_lower_name = {name.lower(): one for name, one in objects.items()}

    def object_named(self, name: str) -> ObjectType:
        """Return the object. Raises ApiError NOT_FOUND."""
        found = self.objects.get(name) or self._by_lower_name.get(name.lower())
        if found is None:
            raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
        return found

    def queried(self, name: str) -> ObjectType:
        """Return the object of a FROM clause. Raises ApiError INVALID_TYPE."""
        found = self._by_lower_name.get(name.lower())
        if found is None:
            raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found


def read_metadata(*folders: Path) -> Metadata:
    """Return the standard objects plus everything in the given `objects` folders. Raises RefusesToStart."""
    objects = {name: _standard_object(name, spec) for name, spec in json.loads(STANDARD.read_text()).items()}
    for folder in folders or (PROJECT, SAMPLE_FIELDS):
        if not folder.is_dir():
            raise RefusesToStart(f"the org's metadata is missing: {folder}")
        for object_folder in sorted(path for path in folder.iterdir() if path.is_dir()):
            _read_object(object_folder, objects, shipped=folder != SAMPLE_FIELDS)
    return Metadata(objects)


def _standard_object(name: str, spec: dict[str, Any]) -> ObjectType:
    currency = {"CurrencyIsoCode": CURRENCY} if spec.get("currency") else {}
    specs = _SYSTEM_FIELDS | spec["fields"] | currency
    fields = {key: _standard_field(key, value) for key, value in specs.items()}
    return ObjectType(
        name=name,
        label=spec["label"],
        key_prefix=spec["keyPrefix"],
        readonly=spec.get("readonly", False),
        feature=spec.get("feature", ""),
        fields=fields,
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
        relationship=spec.get("relationship", ""),
    )


def _read_object(folder: Path, objects: dict[str, ObjectType], *, shipped: bool) -> None:
    if folder.name not in objects:
        objects[folder.name] = _custom_object(folder, serial=1 + sum(kind.custom for kind in objects.values()))
    target = objects[folder.name]
    for path in sorted(folder.glob("fields/*.field-meta.xml")):
        target.add(_custom_field(path, shipped=shipped))
    for path in sorted(folder.glob("validationRules/*.validationRule-meta.xml")):
        elements = {child.tag.removeprefix(_NAMESPACE): child.text or "" for child in read_root(path)}
        rule = read_rule(elements, source=path.name)
        if rule is not None:
            target.field_named(rule.field)
            target.rules.append(rule)


def _custom_object(folder: Path, *, serial: int) -> ObjectType:
    root = read_root(folder / f"{folder.name}.object-meta.xml")
    fields = {name: _standard_field(name, spec) for name, spec in _SYSTEM_FIELDS.items()}
    fields["Name"] = Field(
        name="Name", type="string", label=first_text(root, "nameField/label"), length=80, readonly=True
    )
    owner = {"type": "reference", "to": "User", "relationship": "Owner", "label": "Owner ID"}
    fields["OwnerId"] = _standard_field("OwnerId", owner)
    fields["CurrencyIsoCode"] = _standard_field("CurrencyIsoCode", CURRENCY)
    return ObjectType(
        name=folder.name,
        label=first_text(root, "label"),
        key_prefix=f"a{serial:02d}",
        custom=True,
        auto_number=first_text(root, "nameField/displayFormat"),
        fields=fields,
    )


def _custom_field(path: Path, *, shipped: bool) -> Field:
    root = read_root(path)
    source_type = first_text(root, "type")
    if source_type not in _TYPES:
        raise RefusesToStart(f"{path.name}: the sandbox does not know fields of type {source_type!r}")
    name = first_text(root, "fullName")
    if path.name != f"{name}.field-meta.xml":
        raise RefusesToStart(f"{path.name}: fullName says {name!r}")
    lookup = source_type == "Lookup"
    return Field(
        name=name,
        type=_TYPES[source_type],
        label=first_text(root, "label"),
        length=18 if lookup else int(first_text(root, "length") or (255 if source_type == "Picklist" else 0)),
        precision=int(first_text(root, "precision") or 0),
        scale=int(first_text(root, "scale") or 0),
        required=first_text(root, "required") == "true",
        unique=first_text(root, "unique") == "true",
        external_id=first_text(root, "externalId") == "true",
        restricted=first_text(root, "valueSet/restricted") == "true",
        values=tuple(texts(root, f"{_VALUE}/fullName")),
        labels=dict(zip(texts(root, f"{_VALUE}/fullName"), texts(root, f"{_VALUE}/label"), strict=True)),
        reference_to=first_text(root, "referenceTo"),
        relationship=name.removesuffix("__c") + "__r" if lookup else "",
        custom=True,
        shipped=shipped,
    )


def read_root(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.parse(path).getroot()  # noqa: S314 as above: our own files
    except (OSError, ElementTree.ParseError) as error:
        raise RefusesToStart(f"{path.name} cannot be read: {error}") from error


def texts(root: ElementTree.Element, path: str) -> Iterator[str]:
    full = "/".join(f"{_NAMESPACE}{part}" for part in path.split("/"))
    return ((found.text or "").strip() for found in root.iterfind(full))


def first_text(root: ElementTree.Element, path: str) -> str:
    return next(texts(root, path), "")

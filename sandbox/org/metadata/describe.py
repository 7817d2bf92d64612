"""The describe results of an object and its fields."""

from __future__ import annotations

import re
from typing import Any

from sandbox.org.metadata.objects import Field, Metadata, ObjectType

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "double": "xsd:double",
    "currency": "xsd:double",
    "int": "xsd:int",
    "boolean": "xsd:boolean",
    "datetime": "xsd:dateTime",
    "date": "xsd:date",
}


# Part of an address has no permissions of its own: the whole address has.
_ADDRESS_PART = re.compile(r"(Billing|Shipping|Mailing|Other)(Street|City|State|PostalCode|Country)(Code)?")
_ALWAYS_OPEN = frozenset({"Id", "Name", "OwnerId", "AccountId"})


def describe_summary(kind: ObjectType, *, version: str) -> dict[str, Any]:
    """Return an object as the list of objects shows it."""
    base = f"/services/data/v{version}/sobjects/{kind.name}"
    return {
        "name": kind.name,
        "label": kind.label,
        "labelPlural": f"{kind.label}s",
        "keyPrefix": kind.key_prefix,
        "custom": kind.custom,
        "createable": not kind.readonly,
        "updateable": not kind.readonly,
        "deletable": not kind.readonly,
        "queryable": True,
        "retrieveable": True,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def describe_object(kind: ObjectType, *, metadata: Metadata, version: str, writable: bool) -> dict[str, Any]:
    """Return the whole description; a user who may not write sees the fields as not updateable."""
    may_write = writable and not kind.readonly
    fields = [_field(field, writable=may_write) for field in kind.fields.values()]
    own = {"createable": may_write, "updateable": may_write, "deletable": may_write, "fields": fields}
    children = [_child_relationship(child, lookup) for child, lookup in metadata.children_of(kind)]
    return describe_summary(kind, version=version) | own | {"childRelationships": children, "recordTypeInfos": []}


def _child_relationship(child: ObjectType, lookup: Field) -> dict[str, Any]:
    return {
        # Lookups only: master-detail relationships, which delete their children, the project has none of.
        "cascadeDelete": False,
        "childSObject": child.name,
        "deprecatedAndHidden": False,
        "field": lookup.name,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": lookup.child_relationship,
        "restrictedDelete": False,
    }


def _field(field: Field, *, writable: bool) -> dict[str, Any]:
    may_write = writable and not field.readonly
    picklist = [
        {"value": value, "label": field.label_of(value), "active": True, "defaultValue": False}
        for value in field.values
    ]
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "length": field.length,
        # Three bytes of UTF-8 for each character, as Salesforce counts.
        "byteLength": field.length * 3,
        "precision": field.precision,
        "scale": field.scale,
        # For integers alone, of which the sample objects have none that a person fills in.
        "digits": 0,
        # A checkbox is false where nothing was given, and never null.
        "nillable": not field.required and field.type != "boolean",
        "defaultedOnCreate": field.type == "boolean",
        "createable": may_write,
        "updateable": may_write,
        "custom": field.custom,
        "unique": field.unique,
        "externalId": field.external_id,
        "idLookup": field.external_id or field.type == "id",
        "restrictedPicklist": field.restricted,
        "picklistValues": picklist,
        "referenceTo": sorted(one for one in (field.reference_to, field.also_to) if one),
        "relationshipName": field.relationship or None,
        "permissionable": _may_close(field),
        "compoundFieldName": f"{compound[1]}Address" if (compound := _ADDRESS_PART.fullmatch(field.name)) else None,
        "filterable": field.type != "textarea",
        "sortable": field.type != "textarea",
    }


def _may_close(field: Field) -> bool:
    """Return whether permissions can close the field; the fields of the org's own admin are open to everybody here."""
    if field.required or field.type == "id" or field.name in _ALWAYS_OPEN or (field.custom and not field.shipped):
        return False
    return field.shipped or not field.readonly

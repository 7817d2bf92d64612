"""Gate: rights, names, lengths and values that Salesforce refuses as a deploy comes in.

Rights on fields: https://help.salesforce.com/s/articleView?id=platform.perm_sets_field_perms_intro.htm
Dependencies of rights on objects:
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_objectpermissions.htm
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tools.salesforce.project import BASE, MetadataFile, Project, tag, text, texts

OURS = re.compile(r"(Chat2Pay|chat2pay|PaymentConnector|PaymentCanvas)")
LONGEST = {
    ("CustomField", "label"): 40, ("CustomField", "description"): 1000, ("CustomField", "inlineHelpText"): 510,
    ("CustomField", "relationshipName"): 40, ("CustomObject", "label"): 40, ("CustomObject", "pluralLabel"): 40,
    ("CustomObject", "description"): 1000, ("CustomPermission", "label"): 80, ("CustomPermission", "description"): 255,
    ("PermissionSet", "label"): 80, ("PermissionSet", "description"): 255, ("ValidationRule", "description"): 255,
    ("ValidationRule", "errorMessage"): 255, ("ValidationRule", "errorConditionFormula"): 3900, ("Group", "name"): 40,
    ("Queue", "name"): 40, ("CustomNotificationType", "masterLabel"): 80, ("CustomNotificationType", "description"): 255,
    ("ExternalClientApplication", "description"): 255, ("ExternalClientApplication", "label"): 80,
    ("ListView", "label"): 40, ("ReportType", "label"): 50, ("ReportType", "description"): 255, ("Report", "name"): 40,
    ("Report", "description"): 255, ("Dashboard", "title"): 80, ("Dashboard", "description"): 255,
    ("NamedCredential", "label"): 80, ("ExternalCredential", "label"): 80, ("Flow", "label"): 255,
    ("QuickAction", "label"): 80, ("FlexiPage", "masterLabel"): 80, ("CompactLayout", "label"): 40,
}  # fmt: skip
LONGEST_NAME = {"CustomField": 40, "CustomObject": 40, "Flow": 80, "PermissionSet": 80}
NEEDS = {
    "allowCreate": {"allowRead"}, "allowEdit": {"allowRead"}, "allowDelete": {"allowRead", "allowEdit"},
    "viewAllRecords": {"allowRead"}, "modifyAllRecords": {"allowRead", "allowEdit", "allowDelete", "viewAllRecords"},
}  # fmt: skip
# Objects whose rights are refused without the same set's read right on another.
PARENTS = {"Order": "Account", "Contact": "Account", "OrderItem": "Order", "OrderSummary": "Account"}
# Fields that everybody who reads the object reads: a set that names one is refused.
ALWAYS_THERE = {
    "Id", "Name", "OwnerId", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
    "Order.OrderNumber", "Order.Status", "Order.EffectiveDate", "Order.StatusCode", "Order.AccountId", "Account.Name",
    "Contact.LastName", "Contact.Name",
}  # fmt: skip
COMPUTED = {"AutoNumber", "Summary"}
# Licence -> where its objects and types may be.
BOUND = {"oms": r"OrderSummary|OrderPaymentSummary|Payment|PaymentGroup|Refund", "agentforce": r"GenAi\w+|Bot\w*"}
NOT_IN_BASE = {"ApexClass", "ApexTrigger", "Flow", "LightningComponentBundle"}
# What each type of field must say.
ASKED = {
    "Text": ("length",), "LongTextArea": ("length", "visibleLines"), "Number": ("precision", "scale"),
    "Currency": ("precision", "scale"), "Percent": ("precision", "scale"), "Lookup": ("referenceTo",),
    "MasterDetail": ("referenceTo", "relationshipName"), "Picklist": ("valueSet",), "Checkbox": ("defaultValue",),
}  # fmt: skip

# What in a flow names a value: a variable, a formula, what an element found, or one of the globals.
_NAMES_A_VALUE = {"elementReference", "leftValueReference", "assignToReference"}


def check(project: Project) -> list[str]:
    """Return what a deploy would refuse."""
    found = [f"{one}: {complaint}" for one in project.metadata for complaint in _file(one, project)]
    order = project.directories
    if order[:1] != [BASE] or not project.configuration["packageDirectories"][0].get("default"):
        found.append("sfdx-project.json: base is not the first and default package directory")
    twice = Counter(component for of in project.components.values() for component in of)
    return found + [
        f"{kind} {name} is in several package directories" for (kind, name), times in twice.items() if times > 1
    ]


def _file(one: MetadataFile, project: Project) -> Iterator[str]:
    yield from _name(one)
    for (kind, element), most in LONGEST.items():
        if one.kind == kind and len(text(one.root, element)) > most:
            yield f"{element} is longer than {most} characters"
    yield from _licence(one)
    rule = {"PermissionSet": _rights, "CustomField": _field, "Flow": _flow, "LightningComponentBundle": _bundle}.get(
        one.kind
    )
    if rule:
        yield from rule(one, project)


def _name(one: MetadataFile) -> Iterator[str]:
    parts = re.split(r"[./]", one.name)
    of_ours = one.within[0] == "objects" and OURS.match(one.within[1])
    own = parts[0] if of_ours or one.kind == "CustomMetadata" else parts[-1]
    if one.kind == "CustomObject" and not one.name.endswith(("__c", "__e", "__mdt")):
        own = "Chat2Pay"  # a standard object's file, of which only the children are deployed
    if not OURS.match(own):
        yield "does not carry our prefix"
    for part in parts:
        plain = re.sub(r"__(c|e|mdt)$", "", part)
        if not re.fullmatch(r"[A-Za-z](_?[A-Za-z0-9])*", plain):
            yield f"{part} is no API name"
        if len(plain) > LONGEST_NAME.get(one.kind, 80):
            yield f"{part} is longer than {LONGEST_NAME.get(one.kind, 80)} characters"


def _licence(one: MetadataFile) -> Iterator[str]:
    if one.directory == BASE and one.kind in NOT_IN_BASE:
        yield f"{one.kind} is not for base, which every org takes"
    if one.kind == "PermissionSet" and text(one.root, "license"):
        yield "names a licence, without which it cannot be assigned"
    touched = {
        one.kind,
        one.within[1] if one.within[0] == "objects" else one.kind,
        *texts(one.root, "objectPermissions/object"),
    }
    for directory, pattern in BOUND.items():
        bound = sorted(name for name in touched if re.fullmatch(pattern, name))
        if bound and one.directory.partition("/")[0] != directory:
            yield f"needs the licence of {bound[0]}: it belongs into {directory}"


def _rights(one: MetadataFile, project: Project) -> Iterator[str]:
    fields = {found.name: found for found in project.of("CustomField")}
    named = texts(one.root, "fieldPermissions/field")
    yield from (f"names {name} twice" for name, times in Counter(named).items() if times > 1)
    objects = _object_rights(one)
    for access in one.root:
        if tag(access) == "fieldPermissions":
            yield from _field_right(text(access, "field"), text(access, "editable") == "true", fields, objects)
    for name, rights in objects.items():
        for right in rights:
            if not NEEDS.get(right, set()) <= rights:
                yield f"{right} on {name} needs {', '.join(sorted(NEEDS[right] - rights))}"
        if name in PARENTS and "allowRead" not in objects.get(PARENTS[name], set()):
            yield f"rights on {name} need read on {PARENTS[name]}"
        if name.endswith("__mdt"):
            yield f"{name} takes no object rights, only customMetadataTypeAccesses"
        if name.endswith("__e") and not rights <= {"allowRead", "allowCreate"}:
            yield f"{name} is an event: read and create only"


def _object_rights(one: MetadataFile) -> dict[str, set[str]]:
    every = (*NEEDS, "allowRead")
    return {
        text(given, "object"): {right for right in every if text(given, right) == "true"}
        for given in one.root
        if tag(given) == "objectPermissions"
    }


def _field_right(
    name: str, editable: bool, fields: dict[str, MetadataFile], objects: dict[str, set[str]]
) -> Iterator[str]:
    object_name, _, short = name.partition(".")
    if {name, short} & ALWAYS_THERE:
        yield f"gives a right on {name}, which everybody has"
    if "allowRead" not in objects.get(object_name, set()):
        yield f"gives a right on {name} without read on {object_name}"
    found = fields.get(name)
    if found is None:
        return
    if text(found.root, "required") == "true" or text(found.root, "type") == "MasterDetail":
        yield f"gives a right on {name}, which is required"
    if object_name.endswith(("__e", "__mdt")):
        yield f"gives a right on {name}, of which no field takes one"
    if editable and (text(found.root, "formula") or text(found.root, "type") in COMPUTED):
        yield f"lets people edit {name}, which is computed"


def _field(one: MetadataFile, _project: Project) -> Iterator[str]:
    kind = text(one.root, "type")
    for element in ASKED.get(kind, ()) if not text(one.root, "formula") else ():
        if not any(tag(child) == element for child in one.root):
            yield f"a field of type {kind} lacks {element}"
    if kind == "Text" and not 1 <= int(text(one.root, "length") or 1) <= 255:
        yield "a text has 1 to 255 characters"
    if int(text(one.root, "precision") or 0) > 18 or int(text(one.root, "scale") or 0) > int(
        text(one.root, "precision") or 18
    ):
        yield "a number has at most 18 digits"
    if kind == "Lookup" and text(one.root, "required") == "true" and text(one.root, "deleteConstraint") == "SetNull":
        yield "a required lookup cannot be emptied when its record is deleted"
    if text(one.root, "fullName") not in ("", one.stem):
        yield f"its fullName is {text(one.root, 'fullName')}, its file's name {one.stem}"
    values = texts(one.root, "valueSet/valueSetDefinition/value/fullName")
    yield from (f"has the value {value} twice" for value, times in Counter(values).items() if times > 1)
    if texts(one.root, "valueSet/valueSetDefinition/value/default").count("true") > 1:
        yield "has several default values"


def _flow(one: MetadataFile, _project: Project) -> Iterator[str]:
    names = [
        text(element, "name")
        for element in one.root
        if text(element, "name") and tag(element) != "processMetadataValues"
    ]
    yield from (f"has the element {name} twice" for name, times in Counter(names).items() if times > 1)
    for element in one.root.iter():
        target = (element.text or "").strip()
        if tag(element) == "targetReference" and target not in names:
            yield f"goes on to {target}, which is no element"
        if tag(element) in _NAMES_A_VALUE and not target.startswith("$") and target.partition(".")[0] not in names:
            yield f"names {target}, which is no element"


def _bundle(one: MetadataFile, _project: Project) -> Iterator[str]:
    # https://developer.salesforce.com/docs/platform/lwc/guide/targets-lightning-record-action.html
    for configured in one.root.iter():
        if "lightning__RecordAction" in configured.get("targets", "") and any(
            tag(child) in ("objects", "property") for child in configured
        ):
            yield "a record action takes no objects and no properties: its quick action names the object"

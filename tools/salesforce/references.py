"""Gate: whatever a file names exists, in its own package directory or in base, or is Salesforce's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tools.salesforce import standard
from tools.salesforce.project import MetadataFile, Project, custom_names, tag, text, texts

# (type of the file, path of elements, type of what is named)
_NAMED = (
    ("CustomTab", "auraComponent", "AuraDefinitionBundle"),
    ("CustomTab", "flexiPage", "FlexiPage"),
    ("Dashboard", "dashboardGridLayout/dashboardGridComponents/dashboardComponent/report", "Report"),
    ("ExternalServiceRegistration", "namedCredentialReference", "NamedCredential"),
    ("ExtlClntAppCanvasSettings", "externalClientApplication", "ExternalClientApplication"),
    ("ExtlClntAppCanvasSettings", "lifeCycleHandler", "ApexClass"),
    ("ExtlClntAppConfigurablePolicies", "externalClientApplication", "ExternalClientApplication"),
    ("FlexiPage", "sobjectType", "CustomObject"),
    ("Flow", "start/object", "CustomObject"),
    ("Flow", "subflows/flowName", "Flow"),
    ("Flow", "variables/objectType", "CustomObject"),
    *((("Flow", f"{one}/object", "CustomObject")) for one in
      ("recordCreates", "recordDeletes", "recordLookups", "recordUpdates")),
    ("NamedCredential", "namedCredentialParameters/externalCredential", "ExternalCredential"),
    ("PermissionSet", "applicationVisibilities/application", "CustomApplication"),
    ("PermissionSet", "classAccesses/apexClass", "ApexClass"),
    ("PermissionSet", "customMetadataTypeAccesses/name", "CustomObject"),
    ("PermissionSet", "customPermissions/name", "CustomPermission"),
    ("PermissionSet", "fieldPermissions/field", "CustomField"),
    ("PermissionSet", "flowAccesses/flow", "Flow"),
    ("PermissionSet", "objectPermissions/object", "CustomObject"),
    ("PermissionSet", "pageAccesses/apexPage", "ApexPage"),
    ("PermissionSet", "tabSettings/tab", "CustomTab"),
    ("Queue", "queueMembers/publicGroups/publicGroup", "Group"),
    ("Queue", "queueSobject/sobjectType", "CustomObject"),
    ("QuickAction", "lightningComponent", "AuraDefinitionBundle"),
    ("QuickAction", "lightningWebComponent", "LightningComponentBundle"),
    ("ReportType", "baseObject", "CustomObject"),
)  # fmt: skip
# What the code of components and classes names, wherever it does.
_IN_TEXT = (
    (r"callout:(\w+)", "NamedCredential"),
    (r"\$Permission\.(\w+)", "CustomPermission"),
    (r"checkPermission\(\s*'(\w+)'", "CustomPermission"),
    (r"@salesforce/customPermission/(\w+)", "CustomPermission"),
    (r"@salesforce/resourceUrl/(\w+)", "StaticResource"),
    (r"@salesforce/apex/(\w+)\.\w+", "ApexClass"),
    (r"@salesforce/schema/([\w.]+)", "CustomField"),
    (r"from ['\"]c/(\w+)['\"]", "LightningComponentBundle"),
    (r"<force:canvasApp[^>]*developerName=\"(\w+)\"", "ExternalClientApplication"),
)
# Elements of an action of a flow, by the kind of action.
_ACTIONS = {"apex": "ApexClass", "flow": "Flow", "externalService": "ExternalServiceRegistration"}


@dataclass(frozen=True)
class Reference:
    """One place that names something."""

    path: Path
    directory: str
    kind: str
    name: str


def check(project: Project) -> list[str]:
    """Return what leads nowhere, or out of the package directory."""
    found = [_complaint(one) for one in references(project) if not _leads_somewhere(one, project)]
    for one in project.metadata:
        found += [f"{one}: {complaint}" for complaint in _own_rules(one, project)]
    return [*found, *_custom_names_everywhere(project)]


def references(project: Project) -> Iterator[Reference]:
    """Return every place that names a component."""
    for one in project.metadata:
        for kind, elements, target in _NAMED:
            if one.kind == kind:
                yield from (Reference(one.path, one.directory, target, name) for name in texts(one.root, elements))
        yield from _of_actions(one)
    for directory, path in project.files:
        source = project.read(path)
        for pattern, target in _IN_TEXT:
            for name in re.findall(pattern, source):
                kind = "CustomObject" if target == "CustomField" and "." not in name else target
                yield Reference(path, directory, kind, name)


def _of_actions(one: MetadataFile) -> Iterator[Reference]:
    if one.kind == "Flow":
        for action in one.root.iter(f"{one.root.tag.partition('}')[0]}}}actionCalls"):
            target = _ACTIONS.get(text(action, "actionType"))
            if target:
                yield Reference(one.path, one.directory, target, text(action, "actionName").partition(".")[0])
    if one.kind == "GenAiFunction":
        target = _ACTIONS.get(text(one.root, "invocationTargetType"))
        if target:
            name = text(one.root, "invocationTarget").partition(".")[0]
            yield Reference(one.path, one.directory, target, name)
    if one.kind == "FlexiPage":
        for element in one.root.iter():
            name = (element.text or "").strip()
            if tag(element) == "componentName" and (":" not in name or name.startswith("c:")):
                yield Reference(one.path, one.directory, "LightningComponentBundle", name.removeprefix("c:"))


def _complaint(one: Reference) -> str:
    return f"{one.path}: names {one.kind} {one.name}, which is neither in {one.directory} nor in base"


def _leads_somewhere(one: Reference, project: Project) -> bool:
    reach = project.within_reach(one.directory)
    if (one.kind, one.name) in reach:
        return True
    if one.kind == "LightningComponentBundle":
        return ("AuraDefinitionBundle", one.name) in reach
    if one.kind == "CustomTab":
        return one.name.startswith("standard-")
    if one.kind == "CustomObject":
        return standard.is_object(one.name)
    if one.kind == "CustomField":
        object_name, _, field = one.name.partition(".")
        own = ("CustomObject", object_name) in reach and field in ON_EVERY_OBJECT
        return own or (not field.endswith("__c") and standard.is_field(object_name, field))
    return False


# What every custom object has.
ON_EVERY_OBJECT = {"Id", "Name", "OwnerId", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById",
                   "SystemModstamp", "IsDeleted"}  # fmt: skip


def _own_rules(one: MetadataFile, project: Project) -> Iterator[str]:
    """Check names that need more than one look."""
    rule = {
        "CustomField": _lookup, "CustomMetadata": _record, "PermissionSet": _principals, "Report": _report,
        "Dashboard": _dashboard,
        "ReportType": _report_type, "ValidationRule": _formula, "CompactLayout": _columns, "ListView": _columns,
    }.get(one.kind)  # fmt: skip
    if rule:
        yield from rule(one, project)


def _lookup(one: MetadataFile, project: Project) -> Iterator[str]:
    for name in texts(one.root, "referenceTo"):
        if ("CustomObject", name) not in project.within_reach(one.directory) and not standard.is_object(name):
            yield f"refers to the object {name}, which is neither in {one.directory} nor in base"


def _record(one: MetadataFile, project: Project) -> Iterator[str]:
    kind = one.name.partition(".")[0] + "__mdt"
    for name in texts(one.root, "values/field"):
        if ("CustomField", f"{kind}.{name}") not in project.within_reach(one.directory):
            yield f"has a value for {kind}.{name}, which is no field"


def _principals(one: MetadataFile, project: Project) -> Iterator[str]:
    known = {
        f"{credential.name}-{text(parameter, 'parameterName')}"
        for credential in project.of("ExternalCredential")
        if credential.directory in (one.directory, "base")
        for parameter in credential.root
        if text(parameter, "parameterType") == "NamedPrincipal"
    }
    for name in texts(one.root, "externalCredentialPrincipalAccesses/externalCredentialPrincipal"):
        if name not in known:
            yield f"gives access to the principal {name}, which no external credential of {one.directory} has"


def _formula(one: MetadataFile, project: Project) -> Iterator[str]:
    object_name, reach = one.name.partition(".")[0], project.within_reach(one.directory)
    formula = re.sub(r'"[^"]*"|\$\w+\.[\w.]+', "", text(one.root, "errorConditionFormula"))
    for name in sorted(custom_names(formula)):
        if name.endswith("__c") and ("CustomField", f"{object_name}.{name}") not in reach:
            yield f"its formula names {name}, which is no field of {object_name}"


def _columns(one: MetadataFile, project: Project) -> Iterator[str]:
    object_name, reach = one.name.partition(".")[0], project.within_reach(one.directory)
    named = [*texts(one.root, "fields"), *texts(one.root, "columns"), *texts(one.root, "filters/field")]
    for name in named:
        if name.endswith("__c") and ("CustomField", f"{object_name}.{name}") not in reach:
            yield f"shows {name}, which is no field of {object_name}"


def _report_type(one: MetadataFile, project: Project) -> Iterator[str]:
    reach = project.within_reach(one.directory)
    for column in one.root.iter():
        table, field = text(column, "table"), text(column, "field").partition(".")[0]
        if table and field.endswith("__c") and "." not in table and ("CustomField", f"{table}.{field}") not in reach:
            yield f"has the column {table}.{field}, which is no field"


def _report(one: MetadataFile, project: Project) -> Iterator[str]:
    name = text(one.root, "reportType")
    types = {found.name: found for found in project.of("ReportType") if found.directory in (one.directory, "base")}
    if not name.endswith("__c"):
        return
    of_type = types.get(name.removesuffix("__c"))
    if of_type is None:
        yield f"is of the report type {name.removesuffix('__c')}, which is neither in {one.directory} nor in base"
        return
    offered = {f"{text(column, 'table')}${text(column, 'field')}" for column in of_type.root.iter()}
    for named in _report_fields(one.root):
        if "$" in named and named not in offered:
            yield f"shows {named}, which its report type does not offer"


def _dashboard(one: MetadataFile, project: Project) -> Iterator[str]:
    reports = {found.name: found.root for found in project.of("Report")}
    for component in (element for element in one.root.iter() if tag(element) == "dashboardComponent"):
        name = text(component, "report")
        report = reports.get(name)
        if report is None:
            continue  # the look at what is named says so
        # https://help.salesforce.com/s/articleView?id=analytics.reports_changing_format.htm : a list of rows has no total.
        if text(report, "format") == "Tabular" and not text(report, "rowLimit"):
            yield f"shows {name}, which is tabular and without a limit of rows"
        for grouping in set(texts(component, "groupingColumn")) - set(texts(report, "groupingsDown/field")):
            yield f"is grouped by {grouping}, and {name} is not"


def _report_fields(report: ElementTree.Element) -> Iterator[str]:
    for element in report.iter():
        if tag(element) in ("field", "column", "sortColumn", "dateColumn", "groupingColumn"):
            yield (element.text or "").strip()


def _custom_names_everywhere(project: Project) -> Iterator[str]:
    """Custom names in any text: queries of Apex, flows, reports, components."""
    known = {directory: _known_names(project, directory) for directory in project.directories}
    for directory, path in project.files:
        for name in sorted(custom_names(project.read(path)) - known[directory]):
            yield f"{path}: mentions {name}, which is neither in {directory} nor in base"


def _known_names(project: Project, directory: str) -> set[str]:
    known: set[str] = set()
    for kind, name in project.within_reach(directory):
        if kind in ("CustomObject", "CustomField"):
            last = name.rpartition(".")[2]
            known |= {last, re.sub(r"__c$", "__r", last)}
        if kind == "ReportType":
            known.add(f"{name}__c")
    backwards = (text(one.root, "relationshipName") for one in project.of("CustomField"))
    return known | {f"{name}__r" for name in backwards if name}

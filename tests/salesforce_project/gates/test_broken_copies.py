"""Each gate notices: one thing of a copy is broken, and the gate names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tools.salesforce import places, promises, references, refusals, removals, schema
from tools.salesforce.project import Project

D = "base/main/default"
AMOUNT = f"{D}/objects/Chat2Pay_Payment_Request__c/fields/Amount__c.field-meta.xml"
STATUS = f"{D}/objects/Chat2Pay_Payment_Request__c/fields/Status__c.field-meta.xml"
REFERENCE = f"{D}/objects/Chat2Pay_Payment_Request__c/fields/Reference__c.field-meta.xml"
OBJECT = f"{D}/objects/Chat2Pay_Payment_Request__c/Chat2Pay_Payment_Request__c.object-meta.xml"
RULE = f"{D}/objects/Order/validationRules/Chat2Pay_Only_Connector_Writes.validationRule-meta.xml"
AGENT = f"{D}/permissionsets/Chat2Pay_Agent.permissionset-meta.xml"
CANVAS = f"{D}/extlClntAppCanvasSettings/PaymentConnectorCanvas_canvasSettings.ecaCanvas-meta.xml"
APP = f"{D}/externalClientApps/PaymentConnectorCanvas.eca-meta.xml"
QUEUE = f"{D}/queues/Chat2Pay_Requests.queue-meta.xml"
RECORD = f"{D}/customMetadata/Chat2Pay_Org.Default.md-meta.xml"
AURA = f"{D}/aura/chat2payCanvas/chat2payCanvas.cmp"
PROJECT = "sfdx-project.json"
SET = f"{D}/permissionsets/Chat2Pay_X.permissionset-meta.xml"
LWC = f"{D}/lwc/chat2payX/chat2payX.js"
APEX = f"{D}/classes/Chat2PayX.cls"
FLOW = f"{D}/flows/Chat2Pay_X.flow-meta.xml"
DASHBOARD = f"{D}/dashboards/Chat2Pay/Chat2Pay_X.dashboard-meta.xml"
REPORT = f"{D}/reports/Chat2Pay/Chat2Pay_X.report-meta.xml"
REPORT_TYPE = f"{D}/reportTypes/Chat2Pay_X.reportType-meta.xml"
PAGE = f"{D}/flexipages/Chat2Pay_X.flexipage-meta.xml"
OPEN_REPORT = "reports/main/default/reports/Chat2Pay/Chat2Pay_Needs_A_Person.report-meta.xml"
BY_STATUS = "reports/main/default/reports/Chat2Pay/Chat2Pay_By_Status.report-meta.xml"
CLONES = "automation/main/default/flows/Chat2Pay_Blank_Cloned_Order.flow-meta.xml"
GONE = "remove/base/destructiveChanges.xml"
END = "</PermissionSet>"
Gate = Callable[[Project], list[str]]


class Broken(NamedTuple):
    """What is replaced in which file, and a word of the complaint; without `old` the file is new, with neither it is gone."""

    path: str
    old: str
    new: str
    complaint: str


def right(field: str, *, editable: bool = False) -> str:
    return (
        f"<fieldPermissions><editable>{str(editable).lower()}</editable><field>{field}</field>"
        f"<readable>true</readable></fieldPermissions>"
    )


def objects(name: str, *given: str) -> str:
    every = ("allowCreate", "allowDelete", "allowEdit", "allowRead", "modifyAllRecords", "viewAllRecords")
    rights = "".join(f"<{one}>{str(one in given).lower()}</{one}>" for one in every)
    return f"<objectPermissions>{rights}<object>{name}</object></objectPermissions>"


def document(kind: str, body: str) -> str:
    return f'<{kind} xmlns="http://soap.sforce.com/2006/04/metadata">{body}</{kind}>'


def flow(body: str) -> str:
    head = (
        "<apiVersion>67.0</apiVersion><label>X</label><processType>AutoLaunchedFlow</processType><status>Draft</status>"
    )
    return document("Flow", body + head)


def permission_set(body: str) -> str:
    return document("PermissionSet", f"<label>X</label>{body}")


SCHEMA = [
    Broken(AMOUNT, "<label>", "<lable>x</lable><label>", "CustomField has no element lable"),
    Broken(AMOUNT, "<type>Number</type>", "<type>Nummer</type>", "'Nummer', which is none of FieldType"),
    Broken(AMOUNT, "<precision>18</precision>", "<precision>many</precision>", "'many', which is no number"),
    Broken(AGENT, "<enabled>true</enabled>", "<enabled>yes</enabled>", "'yes', which is no boolean"),
    Broken(AMOUNT, "</CustomField>", "", "broken XML"),
    Broken(AMOUNT, "metadata\">", "metadatas\">", "not in the namespace"),
    Broken(AMOUNT, "<label>", "<label>Other</label><label>", "CustomField has label 2 times"),
    Broken(CANVAS, "<externalClientApplication>PaymentConnectorCanvas</externalClientApplication>", "",
           "lacks externalClientApplication"),
    Broken(AGENT, END, f"{right('Order.BillToContactId')}{END}", "fieldPermissions in several places"),
    Broken(CANVAS, "<accessMethod>Post<", "<accessMethod>Get2<", "none of AccessMethod"),
    Broken(f"{D}/queues/Chat2Pay_X.queue-meta.xml", "", document("Queues", ""), "no metadata type"),
]  # fmt: skip
PLACES = [
    Broken(f"{D}/permissionset/X.permissionset-meta.xml", "", permission_set(""), "lies in permissionset, not in permissionsets"),
    Broken(f"{D}/permissionsets/X.permset-meta.xml", "", permission_set(""), "ends with permset, not with permissionset"),
    Broken(APEX, "", "public class Chat2PayX {}", "Chat2PayX.cls-meta.xml is missing"),
    Broken(LWC, "", "export default class {}", "chat2payX.js-meta.xml is missing"),
    Broken(f"{AURA}-meta.xml", "", "", "chat2payCanvas.cmp-meta.xml is missing"),
    Broken(f"{D}/permissionsets/Chat2Pay_X.xml", "", permission_set(""), "a deploy overlooks it"),
    Broken(f"{D}/staticresources/Chat2Pay_X.json", "", "{}", "Chat2Pay_X.resource-meta.xml is missing"),
    Broken(f"{AURA}-meta.xml", "67.0", "66.0", "API version 66.0"),
    Broken(PROJECT, '"67.0"', '"65.0"', "API version 65.0"),
    Broken(PROJECT, '"base"', '"basis"', "there is no basis/main/default"),
]  # fmt: skip
REFERENCES = [
    Broken(AGENT, END, f"{right('Order.Chat2Pay_Nothing__c')}{END}", "CustomField Order.Chat2Pay_Nothing__c"),
    Broken(AGENT, END, f"{right('Order.BillToContractId')}{END}", "CustomField Order.BillToContractId"),
    Broken(AGENT, END, f"{objects('Chat2Pay_Nothing__c')}{END}", "CustomObject Chat2Pay_Nothing__c"),
    Broken(AGENT, END, f"{objects('Ordre')}{END}", "CustomObject Ordre"),
    Broken(AGENT, "<name>Chat2Pay_Send</name>", "<name>Chat2Pay_Sent</name>", "CustomPermission Chat2Pay_Sent"),
    Broken(AGENT, END, f"<classAccesses><apexClass>Chat2PayX</apexClass><enabled>true</enabled></classAccesses>{END}",
           "ApexClass Chat2PayX, which is neither in base"),
    Broken(AGENT, END, "<externalCredentialPrincipalAccesses><enabled>true</enabled><externalCredentialPrincipal>Chat2Pay_X-Y"
           f"</externalCredentialPrincipal></externalCredentialPrincipalAccesses>{END}", "the principal Chat2Pay_X-Y"),
    Broken(AGENT, END, f"<tabSettings><tab>Chat2Pay_X</tab><visibility>Visible</visibility></tabSettings>{END}",
           "CustomTab Chat2Pay_X"),
    Broken(CANVAS, "PaymentConnectorCanvas<", "PaymentConnectorCanvass<", "ExternalClientApplication PaymentConnectorCanvass"),
    Broken(CANVAS, "<label>", "<lifeCycleHandler>PaymentCanvasLifecycle</lifeCycleHandler><label>",
           "ApexClass PaymentCanvasLifecycle"),
    Broken(AURA, 'developerName="PaymentConnectorCanvas"', 'developerName="PaymentCanvas"',
           "ExternalClientApplication PaymentCanvas"),
    Broken(RULE, "$Permission.Chat2Pay_Integration", "$Permission.Chat2Pay_Integrations",
           "CustomPermission Chat2Pay_Integrations"),
    Broken(RULE, "ISCHANGED(Chat2Pay_Status__c)", "ISCHANGED(Amount__c)", "Amount__c, which is no field of Order"),
    Broken(QUEUE, "Chat2Pay_Supervisors", "Chat2Pay_Supervisor", "Group Chat2Pay_Supervisor"),
    Broken(RECORD, "Organization_Id__c", "Organisation_Id__c", "Chat2Pay_Org__mdt.Organisation_Id__c, which is no field"),
    Broken(FLOW, "", flow("<actionCalls><name>a</name><label>a</label><actionName>Chat2PayGone"
           "</actionName><actionType>apex</actionType></actionCalls>"), "ApexClass Chat2PayGone"),
    Broken(FLOW, "", flow("<recordLookups><filters><field>Chat2Pay_Gone__c</field></filters>"
           "<object>Order</object></recordLookups>"), "mentions Chat2Pay_Gone__c"),
    Broken(APEX, "", "class Chat2PayX { void x() { Database.query('SELECT Chat2Pay_Gone__c FROM Order'); } }",
           "mentions Chat2Pay_Gone__c"),
    Broken(APEX, "", "class Chat2PayX { String a = 'callout:Chat2Pay_Gone/x'; }", "NamedCredential Chat2Pay_Gone"),
    Broken(LWC, "", "import x from '@salesforce/apex/Chat2PayGone.x';", "ApexClass Chat2PayGone"),
    Broken(LWC, "", "import x from 'c/chat2payGone';", "LightningComponentBundle chat2payGone"),
    Broken(LWC, "", "import x from '@salesforce/schema/Order.Gone__c';", "CustomField Order.Gone__c"),
    Broken(LWC, "", "import x from '@salesforce/resourceUrl/Chat2Pay_Gone';", "StaticResource Chat2Pay_Gone"),
    Broken(PAGE, "", document("FlexiPage", "<flexiPageRegions><itemInstances>"

                     "<componentInstance><componentName>chat2payGone</componentName></componentInstance></itemInstances></flexiPageRegions>"),
           "LightningComponentBundle chat2payGone"),
    Broken(REPORT, "", document("Report", "<reportType>Chat2Pay_Gone__c</reportType>"),
           "report type Chat2Pay_Gone"),
    Broken(REPORT_TYPE, "", document("ReportType", "<sections><columns><field>Gone__c</field>"
           "<table>Chat2Pay_Payment_Request__c</table></columns></sections>"),
           "Chat2Pay_Payment_Request__c.Gone__c, which is no field"),
    Broken(f"{D}/objects/Chat2Pay_Payment_Request__c/listViews/Chat2Pay_X.listView-meta.xml", "",
           document("ListView", "<columns>Gone__c</columns>"), "shows Gone__c"),
    Broken(DASHBOARD, "", document("Dashboard", "<dashboardGridLayout>"

                     "<dashboardGridComponents><dashboardComponent><report>Chat2Pay/Gone</report></dashboardComponent></dashboardGridComponents>"
           "</dashboardGridLayout>"), "Report Chat2Pay/Gone"),
    Broken(OPEN_REPORT, "<format>Summary</format>", "<format>Tabular</format>", "which is tabular and without a limit"),
    Broken(BY_STATUS, "$Status__c</field>\n        <sortOrder>", "$Team__c</field>\n        <sortOrder>",
           "is grouped by Chat2Pay_Payment_Request__c$Status__c"),
]  # fmt: skip
REFUSALS = [
    Broken(CLONES, "<elementReference>NoTime<", "<elementReference>Nobody<", "names Nobody, which is no element"),
    Broken("panel/main/default/lwc/chat2paySend/chat2paySend.js-meta.xml", "</actionType>",
           "</actionType><objects><object>Order</object></objects>", "a record action takes no objects"),
    Broken(AGENT, END, f"{right('Chat2Pay_Payment_Request__c.Reference__c')}{END}", "Reference__c, which is required"),
    Broken(AGENT, END, f"{right('Order.Status')}{END}", "Order.Status, which everybody has"),
    Broken(AGENT, END, f"{right('Order.BillToContactId')}{END}", "names Order.BillToContactId twice"),
    Broken(AGENT, END, f"{right('OrderItem.Description')}{END}", "without read on OrderItem"),
    Broken(AMOUNT, "<type>", "<formula>1</formula><type>",
           "lets people edit Chat2Pay_Payment_Request__c.Amount__c, which is computed"),
    Broken(AGENT, "<allowRead>true</allowRead>", "<allowRead>false</allowRead>", "rights on Order need read on Account"),
    Broken(SET, "", permission_set(objects("Account", "viewAllRecords")), "viewAllRecords on Account needs allowRead"),
    Broken(SET, "", permission_set(objects("Order", "allowRead")), "need read on Account"),
    Broken(SET, "",
           permission_set(objects("Account", "allowRead", "allowDelete")), "needs allowEdit"),
    Broken(SET, "",
           permission_set(objects("OrderSummary", "allowRead")), "licence of OrderSummary"),
    Broken(SET, "",
           permission_set("<license>Salesforce</license>"), "names a licence"),
    Broken(SET, "",
           permission_set(objects("Chat2Pay_Org__mdt", "allowRead")), "takes no object rights"),
    Broken(f"{D}/permissionsets/Pay_X.permissionset-meta.xml", "", permission_set(""), "does not carry our prefix"),
    Broken(f"{D}/permissionsets/Chat2Pay__X.permissionset-meta.xml", "", permission_set(""), "is no API name"),
    Broken(f"{D}/objects/Order/fields/Paid__c.field-meta.xml", "", document("CustomField", "<type>Date</type>"), "our prefix"),
    Broken(FLOW, "", flow(""), "Flow is not for base"),
    Broken(FLOW, "", flow("<start><connector><targetReference>gone</targetReference></connector>"
           "</start>"), "goes on to gone"),
    Broken(AMOUNT, "<label>", f"<label>{'x' * 40}", "label is longer than 40"),
    Broken(RULE, "<errorMessage>", f"<errorMessage>{'x' * 255}", "errorMessage is longer than 255"),
    Broken(REFERENCE, "<length>", "<length>9", "1 to 255 characters"),
    Broken(AMOUNT, "<precision>18</precision>", "", "lacks precision"),
    Broken(AMOUNT, "<precision>18</precision>", "<precision>20</precision>", "at most 18 digits"),
    Broken(PROJECT, '"path": "base",\n      "default": true', '"path": "base"', "base is not the first and default"),
]  # fmt: skip
PROMISES = [
    Broken(f"{D}/objects/Order/fields/Tax__c.field-meta.xml", "", document("CustomField", "<type>Currency</type>"),
           "Order.Tax__c"),
    Broken(GONE, "<members>Chat2Pay_Send</members>",
           "<members>Order.Currency__c</members>", "would delete Order.Currency__c"),
    Broken(f"{D}/layouts/Order-Order Layout.layout-meta.xml", "", document("Layout", ""), "layouts are the customer's own"),
    Broken(OBJECT, "<label>", "<actionOverrides><actionName>View</actionName></actionOverrides><label>", "overrides an action"),
    Broken(f"{D}/objects/Order/Order.object-meta.xml", "", document("CustomObject", "<label>Order</label>"),
           "standard object itself"),
    Broken(APP, "<label>", "<oauthLink>0H4</oauthLink><label>", "another org's OAuth settings"),
    Broken(APP, "<label>", "<consumerSecret>x</consumerSecret><label>", "one org's app"),
    Broken(APP, "admin@example.com", "jane.doe@acme.co.za", "an address of somebody"),
    Broken(CANVAS, "connector.example.com", "acme.my.salesforce.com", "the host of an org"),
    Broken(DASHBOARD, "",
           document("Dashboard", "<dashboardType>LoggedInUser</dashboardType>"), "runs as a user"),
]  # fmt: skip
REMOVALS = [
    Broken(GONE, "<members>Chat2Pay_Send</members>", "", "leaves CustomPermission Chat2Pay_Send behind"),
    Broken(GONE, "Chat2Pay_Send<", "Chat2Pay_Sent<", "Chat2Pay_Sent, which base does not hold"),
    Broken("remove/base/package.xml", "67.0", "60.0", "API version 60.0"),
    Broken("remove/base/package.xml", "", "", "package.xml is missing"),
    Broken(GONE, "</Package>", "", "broken XML"),
    Broken("remove/automation/destructiveChanges.xml", "<types>",
           "<types><members>Chat2Pay_Blank_Cloned_Order</members><name>Flow</name></types><types>",
           "names Flow Chat2Pay_Blank_Cloned_Order, which Salesforce refuses"),
]  # fmt: skip


@cache
def shipped(gate: Gate) -> set[str]:
    return set(gate(Project()))


def test_a_copy_is_as_good_as_the_project(mended_copy: Path) -> None:
    project = Project(mended_copy)
    gates = (schema, places, references, refusals, promises, removals)
    assert [complaint for gate in gates for complaint in gate.check(project) if complaint.startswith("base/")] == []


@pytest.mark.parametrize(
    ("gate", "broken"),
    [
        pytest.param(gate.check, one, id=f"{gate.__name__.rpartition('.')[2]}-{number}")
        for gate, table in (
            (schema, SCHEMA), (places, PLACES), (references, REFERENCES), (refusals, REFUSALS), (promises, PROMISES),
            (removals, REMOVALS),
        )
        for number, one in enumerate(table, start=1)
    ],
)  # fmt: skip
def test_what_is_broken_is_named(mended_copy: Path, gate: Gate, broken: Broken) -> None:
    with break_one(mended_copy / broken.path, broken):
        found = set(gate(Project(mended_copy))) - shipped(gate)
    assert [one for one in found if broken.complaint in one], f"it says {sorted(found)}"


@contextmanager
def break_one(path: Path, broken: Broken) -> Iterator[None]:
    """Break it for a while: then the file, or what there was instead of it, is as it was before."""
    source = path.read_text() if path.exists() else ""
    new_folders = [one for one in path.parents if not one.exists()]
    if broken.old:
        assert broken.old in source, f"{path.name} does not say {broken.old}"
        path.write_text(source.replace(broken.old, broken.new, 1))
    elif broken.new:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(broken.new)
    else:
        path.unlink()
    try:
        yield
    finally:
        if source:
            path.write_text(source)
        else:
            path.unlink()
        for folder in new_folders:
            folder.rmdir()

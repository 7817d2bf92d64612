"""The files of the package directory `base`, held against each other and against what a deploy refuses.

Dependencies of object rights: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_objectpermissions.htm
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

PROJECT = Path(__file__).parents[4] / "manifests/salesforce"
BASE = PROJECT / "base/main/default"
NS = "{http://soap.sforce.com/2006/04/metadata}"
REQUEST = "Chat2Pay_Payment_Request__c"
SETS = ("Chat2Pay_Agent", "Chat2Pay_Supervisor", "Chat2Pay_Integration")
OURS = re.compile(r"(Chat2Pay|chat2pay|PaymentConnector|PaymentCanvas)")
# Fields of the standard objects that the default mapping reads, and that field-level security can close.
STANDARD = {
    "Account.BillingAddress", "Account.Phone", "Contact.MailingAddress", "Contact.MobilePhone", "Contact.Phone",
    "Order.BillToContactId", "Order.BillingAddress",
}  # fmt: skip
PERSONAL = {
    "Phone_Ending__c", "Requested_By__c", "Requested_By_User__c", "Handled_By__c", "Handled_By_User__c", "Team__c",
    "Consent_Basis__c", "Consent_At__c",
}  # fmt: skip
NEEDS = {
    "allowCreate": {"allowRead"},
    "allowEdit": {"allowRead"},
    "allowDelete": {"allowRead", "allowEdit"},
    "viewAllRecords": {"allowRead"},
    "modifyAllRecords": {"allowRead", "allowEdit", "allowDelete", "viewAllRecords"},
}


def root(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def text(one: ElementTree.Element, name: str) -> str:
    return (one.findtext(f"{NS}{name}") or "").strip()


def stem(path: Path) -> str:
    return path.name.removesuffix("-meta.xml").rpartition(".")[0]


def fields(object_name: str) -> dict[str, ElementTree.Element]:
    return {stem(path): root(path) for path in (BASE / "objects" / object_name / "fields").iterdir()}


def permission_set(name: str) -> ElementTree.Element:
    return root(BASE / f"permissionsets/{name}.permissionset-meta.xml")


def object_rights(one: ElementTree.Element) -> dict[str, set[str]]:
    every = (*NEEDS, "allowRead")
    return {
        text(given, "object"): {right for right in every if text(given, right) == "true"}
        for given in one.iterfind(f"{NS}objectPermissions")
    }


def field_rights(one: ElementTree.Element) -> dict[str, bool]:
    given = list(one.iterfind(f"{NS}fieldPermissions"))
    rights = {text(access, "field"): text(access, "editable") == "true" for access in given}
    assert len(rights) == len(given)
    assert all(text(access, "readable") == "true" for access in given)
    return rights


def enabled(one: ElementTree.Element, kind: str) -> set[str]:
    return {text(given, "name") for given in one.iterfind(f"{NS}{kind}") if text(given, "enabled") == "true"}


def files(folder: Path = BASE) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "node_modules" not in path.parts)


def members(manifest: Path) -> Iterator[tuple[str, str]]:
    for types in root(manifest).iterfind(f"{NS}types"):
        for member in types.iterfind(f"{NS}members"):
            yield text(types, "name"), (member.text or "").strip()


# The whole


def test_the_project_names_the_directories_that_it_has() -> None:
    project = json.loads((PROJECT / "sfdx-project.json").read_text())
    named = [one["path"] for one in project["packageDirectories"]]
    assert named[0] == "base"
    assert set(named) == {path.parents[1].name for path in PROJECT.glob("*/main/default")}
    assert project["sourceApiVersion"] == "67.0"


def test_base_holds_nothing_that_some_org_would_refuse() -> None:
    folders = {path.name for path in BASE.iterdir()}
    assert folders == {
        "aura", "customMetadata", "customPermissions", "externalClientApps", "externalCredentials", "extlClntAppCanvasSettings",
            "groups", "namedCredentials",
        "notificationtypes", "objects", "permissionsets", "queues", "tabs",
    }  # fmt: skip
    assert {path.name for path in (BASE / "objects").iterdir()} == {REQUEST, "Chat2Pay_Org__mdt", "Order"}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(BASE)))
def test_everything_carries_our_prefix(path: Path) -> None:
    within = path.relative_to(BASE).parts
    # A field of our own object is ours by its object.
    named = within[1] if within[0] == "objects" and within[1] != "Order" else path.name
    assert OURS.match(named)


def test_nothing_of_the_customers_is_shipped_or_removed() -> None:
    kept = {"Tax__c", "Grand_Total__c", "Sub_Total__c"}
    everything = "\n".join(path.read_text() for path in files(PROJECT) if path.suffix != ".json")
    assert not kept & set(re.findall(r"\w+__c", everything))
    assert "Order.Currency__c" not in everything
    assert not [path for path in files(PROJECT) if {"layouts", "profiles", "flexipages"} & set(path.parts[:-1])
                and "base" in path.parts]  # fmt: skip


def test_texts_are_no_longer_than_salesforce_takes() -> None:
    longest = {"CustomField": {"label": 40, "description": 1000, "inlineHelpText": 510, "relationshipName": 40},
               "ValidationRule": {"description": 255, "errorMessage": 255, "errorConditionFormula": 3900},
               "PermissionSet": {"label": 80, "description": 255}, "CustomPermission": {"label": 80, "description": 255},
               "Group": {"name": 40}, "Queue": {"name": 40}, "CustomNotificationType": {"masterLabel": 80}}  # fmt: skip
    for path in BASE.rglob("*-meta.xml"):
        one = root(path)
        for name, length in longest.get(one.tag.removeprefix(NS), {}).items():
            assert len(text(one, name)) <= length, f"{path.name}: {name}"


# The object and the rules


def test_payment_requests_are_private_inside_and_outside() -> None:
    one = root(BASE / f"objects/{REQUEST}/{REQUEST}.object-meta.xml")
    assert (text(one, "sharingModel"), text(one, "externalSharingModel")) == ("Private", "Private")
    assert text(one, "compactLayoutAssignment") == "Chat2Pay_Summary"


def test_what_is_personal_is_classified_and_nothing_else() -> None:
    classified = {name for name, one in fields(REQUEST).items() if text(one, "complianceGroup")}
    assert classified == PERSONAL
    for name in PERSONAL:
        one = fields(REQUEST)[name]
        assert text(one, "complianceGroup") == "PII;GDPR"
        assert text(one, "securityClassification") in ("Internal", "Confidential")


def test_every_field_says_what_it_holds() -> None:
    silent = [name for kind in (REQUEST, "Order", "Chat2Pay_Org__mdt") for name, one in fields(kind).items()
              if not text(one, "description") or not text(one, "label")]  # fmt: skip
    assert silent == []


@pytest.mark.parametrize("object_name", [REQUEST, "Order"])
def test_people_are_kept_from_every_field_that_the_connector_writes(object_name: str) -> None:
    rules = BASE / f"objects/{object_name}/validationRules"
    formula = text(root(rules / "Chat2Pay_Only_Connector_Writes.validationRule-meta.xml"), "errorConditionFormula")
    changed = re.findall(r"ISCHANGED\((\w+)\)", formula)
    assert sorted(changed) == sorted(fields(object_name))
    assert re.sub(r"\s", "", formula).startswith("AND(NOT($Permission.Chat2Pay_Integration),OR(ISCHANGED(")
    assert "ISNEW" not in formula


def test_lookups_at_users_do_not_share_a_name_for_the_way_back() -> None:
    found = [text(one, "relationshipName") for one in fields(REQUEST).values() if text(one, "referenceTo")]
    assert len(found) == len(set(found)) == 3


# Permission sets


@pytest.mark.parametrize("name", SETS)
def test_a_set_gives_rights_on_all_our_fields_and_on_none_that_cannot_be_given(name: str) -> None:
    given = field_rights(permission_set(name))
    ours = {f"{kind}.{one}" for kind in (REQUEST, "Order") for one, found in fields(kind).items()
            if text(found, "required") != "true" and text(found, "type") != "MasterDetail"}  # fmt: skip
    assert set(given) == ours | STANDARD
    writes = name == "Chat2Pay_Integration"
    assert {field for field, editable in given.items() if editable} == (ours if writes else set())


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_what_its_own_rights_depend_on(name: str) -> None:
    one = permission_set(name)
    assert not text(one, "license")
    rights = object_rights(one)
    shown = {"OrderItem", "Product2"} if name == "Chat2Pay_Integration" else set()
    assert set(rights) == {REQUEST, "Order", "Account", "Contact", *shown}
    assert all(rights[one] == {"allowRead"} for one in shown)
    for given in rights.values():
        assert all(NEEDS.get(right, set()) <= given for right in given)
    users = enabled(one, "userPermissions")
    assert "ApiUserOnly" not in users or "ApiEnabled" in users
    # Salesforce says so when it refuses: "Permission ViewSetup depends on permission(s): ViewRoles".
    assert "ViewSetup" not in users or "ViewRoles" in users
    assert "EditActivatedOrders" not in users or "allowEdit" in rights["Order"]
    assert not {"modifyAllRecords", "viewAllRecords"} & rights["Order"]


def test_each_set_gives_what_its_holders_do() -> None:
    agent, supervisor, integration = map(permission_set, SETS)
    assert enabled(agent, "customPermissions") == {"Chat2Pay_Send"}
    assert enabled(supervisor, "customPermissions") == {
        "Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse", "Chat2Pay_Supervise"}  # fmt: skip
    assert enabled(integration, "customPermissions") == {"Chat2Pay_Integration"}
    assert object_rights(agent)[REQUEST] == {"allowRead"}
    assert object_rights(supervisor)[REQUEST] == {"allowRead", "viewAllRecords"}
    assert object_rights(integration)[REQUEST] == {*NEEDS, "allowRead"}
    assert enabled(agent, "userPermissions") == enabled(supervisor, "userPermissions") == set()
    assert enabled(integration, "userPermissions") == {
        "ApiEnabled", "ApiUserOnly", "EditActivatedOrders", "SendCustomNotifications", "ViewRoles", "ViewSetup"}  # fmt: skip


def test_custom_permissions_are_those_that_the_sets_name() -> None:
    named = {name for one in map(permission_set, SETS) for name in enabled(one, "customPermissions")}
    assert named == {stem(path) for path in (BASE / "customPermissions").iterdir()}


# The rest


def test_the_queue_takes_our_records_and_its_group_is_shipped() -> None:
    queue = root(BASE / "queues/Chat2Pay_Requests.queue-meta.xml")
    assert [one.text for one in queue.iter(f"{NS}sobjectType")] == [REQUEST]
    assert [one.text for one in queue.iter(f"{NS}publicGroup")] == ["Chat2Pay_Supervisors"]
    assert (BASE / "groups/Chat2Pay_Supervisors.group-meta.xml").exists()
    # Required since API version 67: https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_queue.htm
    assert text(queue, "doesIncludeBosses") == "true"


def apps() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PROJECT / "external_client_apps.json").read_text())["apps"]
    return found


def test_no_app_holds_anothers_rights() -> None:
    canvas, server, login = (apps()[f"PaymentConnector{name}"] for name in ("Canvas", "Server", "Login"))
    assert [one["canvas"] for one in (canvas, server, login)] == [True, False, False]
    assert canvas["flows"] == []
    assert "client_credentials" not in login["flows"]
    assert server["permission_sets"] == ["Chat2Pay_Integration"]
    assert "Chat2Pay_Integration" not in canvas["permission_sets"] + login["permission_sets"]
    assert (login["scopes"], login["pkce"]) == (["OpenID"], True)
    assert not {"Full", "RefreshToken", "Web"} & {scope for one in apps().values() for scope in one["scopes"]}


def test_the_files_of_the_apps_are_headers_and_the_canvas_of_one_of_them() -> None:
    assert {stem(path) for path in (BASE / "externalClientApps").iterdir()} == set(apps())
    (settings,) = (BASE / "extlClntAppCanvasSettings").iterdir()
    canvas = root(settings)
    assert text(canvas, "externalClientApplication") == "PaymentConnectorCanvas"
    assert (text(canvas, "accessMethod"), text(canvas, "canvasLocationOptions")) == ("Post", "Aura")
    # The class lies in `panel`: a name that leads nowhere would refuse the deploy of base.
    assert canvas.find(f"{NS}lifeCycleHandler") is None
    assert not re.search(r"consumer(Key|Secret)|oauthLink|certificate", "".join(path.read_text() for path in files()))


def test_the_canvas_component_waits_for_its_record_and_opens_our_app() -> None:
    markup = ElementTree.fromstring(
        (BASE / "aura/chat2payCanvas/chat2payCanvas.cmp")
        .read_text()
        .replace("aura:", "aura_")
        .replace("force:c", "force_c")
    )
    (app,) = markup.iter("force_canvasApp")
    assert app.get("developerName") == "PaymentConnectorCanvas"
    (waiting,) = [one for one in markup.iter("aura_if") if one.find("force_canvasApp") is not None]
    assert "v.parameters" in str(waiting.get("isTrue"))
    helper = (BASE / "aura/chat2payCanvas/chat2payCanvasHelper.js").read_text()
    assert "JSON.stringify({ orderId: recordId })" in helper
    assert 'name="height"' in (BASE / "aura/chat2payCanvas/chat2payCanvas.design").read_text()


def test_secrets_and_the_orgs_own_pages_are_left_out_of_every_deploy() -> None:
    ignored = (PROJECT / ".forceignore").read_text()
    for folder in ("extlClntAppGlobalOauthSets", "extlClntAppOauthSettings", "layouts", "profiles"):
        assert f"**/{folder}/**" in ignored


# Removal


def component_names() -> set[str]:
    plain = {stem(path) for path in BASE.rglob("*-meta.xml")}
    below = {f"{path.parents[1].name}.{stem(path)}" for path in BASE.glob("objects/*/*/*-meta.xml")}
    return plain | below | {path.name for path in (BASE / "objects").iterdir()}


def test_a_removal_names_only_what_is_ours_and_all_of_it_once() -> None:
    removed = [one for path in sorted((PROJECT / "remove").glob("base*/destructive*.xml")) for one in members(path)]
    assert len(removed) == len(set(removed))
    for _, name in removed:
        assert name in component_names()
        assert OURS.match(name.removeprefix("Order."))
    shipped = {stem(path) for path in BASE.rglob("*-meta.xml") if "objects" not in path.parts}
    assert shipped - {name for _, name in removed} == set()


def test_the_first_removal_loses_no_data() -> None:
    kinds = {kind for path in (PROJECT / "remove/base").glob("destructive*.xml") for kind, _ in members(path)}
    assert not kinds & {"CustomField", "Queue", "Group"}
    objects = {name for path in (PROJECT / "remove/base").glob("destructive*.xml") for kind, name in members(path)
               if kind == "CustomObject"}  # fmt: skip
    assert objects == {"Chat2Pay_Org__mdt"}
    with_data = set(members(PROJECT / "remove/base_and_its_data/destructiveChanges.xml"))
    assert {("CustomField", f"Order.{name}") for name in fields("Order")} <= with_data

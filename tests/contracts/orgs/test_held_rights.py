"""What a profile gives in place of single permissions: rights on every object, and on no field or class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from connector.errors import SalesforceRefused
from connector.salesforce.client import SalesforceClient
from connector.salesforce.metadata.describe import ObjectDescription, read_description
from connector.salesforce.permissions.held_rights import HeldRights, NamedEntities, read_held_rights
from connector.salesforce.permissions.mapped_reads import mapped_reads
from connector.salesforce.permissions.org_facts import OrgFacts
from connector.salesforce.permissions.set_contents import read_lost_grants
from connector.salesforce.permissions.setup_entities import read_setup_entities
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind
from tests.factories import make_tenant

USER = "005xx000001SwiUAAS"
READ, EDIT, EVERY = "PermissionsRead", "PermissionsEdit", "PermissionsViewAllRecords"


@pytest.mark.parametrize(
    ("everything", "wanted", "is_held"),
    [
        ("ViewAllData", Grant(GrantKind.OBJECT, "Order", READ), True),
        ("ViewAllData", Grant(GrantKind.OBJECT, "Order", EVERY), True),
        ("ViewAllData", Grant(GrantKind.OBJECT, "Order", EDIT), False),
        ("ModifyAllData", Grant(GrantKind.OBJECT, "Order", EDIT), True),
        ("ModifyAllData", Grant(GrantKind.FIELD, "Order.Status", READ), False),
        ("ModifyAllData", Grant(GrantKind.FIELD, "Order.Status", EDIT), False),
        ("ModifyAllData", Grant(GrantKind.APEX, "PaymentCanvas"), False),
        (None, Grant(GrantKind.OBJECT, "Order", READ), False),
    ],
)
def test_who_sees_or_edits_all_data_holds_what_that_covers(
    everything: str | None, wanted: Grant, is_held: bool
) -> None:
    held = frozenset({everything} if everything else ())
    rights = HeldRights(frozenset(), frozenset(), frozenset(), held, None)
    assert rights.lacks([wanted]) == ([] if is_held else [wanted])
    assert HeldRights(frozenset(), frozenset(), frozenset({wanted}), frozenset(), None).lacks([wanted]) == []


@pytest.mark.parametrize("user_id", ["", "005", "005xx000001SwiU' OR Id != '"])
def test_an_org_is_asked_about_nothing_but_an_id(user_id: str) -> None:
    """It is written into a query."""
    asked = Mock(spec=SalesforceClient)
    with pytest.raises(ValueError, match="not a Salesforce id"):
        read_held_rights(asked, make_tenant(), user_id, wanted=frozenset(), entities=Mock(spec=NamedEntities))
    asked.queries.assert_not_called()


@pytest.mark.parametrize(
    ("order_id", "rows", "sees"),
    [
        ("801xx0000001gEhAAI", [{"HasReadAccess": True}], True),
        ("801xx0000001gEhAAI", [{"HasReadAccess": False}], False),
        ("801xx0000001gEhAAI", [], False),
        (None, None, None),
    ],
)
def test_whether_sharing_shows_an_order_is_what_the_org_says_of_this_user_and_this_order(
    order_id: str | None, rows: list[dict[str, bool]] | None, sees: bool | None
) -> None:
    asked = Mock(spec=SalesforceClient)
    nothing = dict.fromkeys(("assigned", "objects", "fields", "entities"), ())
    asked.queries.return_value = nothing | ({} if rows is None else {"access": rows})
    held = read_held_rights(
        asked, make_tenant(), USER, wanted=frozenset(), entities=NamedEntities({}), order_id=order_id
    )
    assert held.sees is sees
    queries = asked.queries.call_args.args[1]
    assert ("access" in queries) is bool(order_id)
    if order_id:
        assert USER in queries["access"]
        assert order_id in queries["access"]


TYPE, TAB = Grant(GrantKind.METADATA, "Chat2Pay_Setting__mdt"), Grant(GrantKind.TAB, "Chat2Pay")
PRINCIPAL, CLASS = Grant(GrantKind.PRINCIPAL, "Chat2Pay-Main"), Grant(GrantKind.APEX, "PaymentCanvas")
TYPE_ID, PRINCIPAL_ID, SET_ID, CLASS_ID = (f"{one}xx0000000001" for one in ("01I", "0NP", "0PS", "01p"))


def org_with(*, types: object = (), tabs: object = (), principals: object = None) -> Mock:
    """An org that shows these; an exception is its refusal."""
    org = Mock(spec=SalesforceClient)
    asked = {"type0": types, "tabs": tabs}
    refused = next((one for one in asked.values() if isinstance(one, Exception)), None)
    org.queries.side_effect = [refused or asked]
    org.read.side_effect = [principals if isinstance(principals, Exception) else {"principals": principals}]
    return org


REFUSED = SalesforceRefused("no", operation="check_permissions", reason="INVALID_TYPE")
SHOWN_TYPE = {"QualifiedApiName": TYPE.name, "DurableId": f"{TYPE_ID}AAA"}
SHOWN_PRINCIPAL = {"principalName": "Main", "id": f"{PRINCIPAL_ID}AAA"}
SHOWN_TAB = {"Name": TAB.name, "ParentId": f"{SET_ID}AAA"}


@pytest.mark.parametrize(
    ("shown", "found", "tabs"),
    [
        (
            {"types": [SHOWN_TYPE], "tabs": [SHOWN_TAB], "principals": [SHOWN_PRINCIPAL]},
            {TYPE_ID: TYPE, PRINCIPAL_ID: PRINCIPAL},
            {SET_ID: {TAB.name}},
        ),
        # A standard object's durable id is its name, which no set points at.
        ({"types": [{**SHOWN_TYPE, "DurableId": TYPE.name}]}, {}, {}),
        ({"principals": [{**SHOWN_PRINCIPAL, "principalName": "Other"}, {**SHOWN_PRINCIPAL, "id": None}]}, {}, {}),
        # What it refuses to show is known of nobody, and the others are.
        ({"principals": REFUSED, "types": [SHOWN_TYPE]}, {TYPE_ID: TYPE}, {}),
        ({"types": REFUSED, "principals": [SHOWN_PRINCIPAL]}, {PRINCIPAL_ID: PRINCIPAL}, None),
    ],
)
def test_what_sets_open_is_known_as_far_as_the_org_shows_it(
    shown: dict[str, Any], found: dict[str, Grant], tabs: dict[str, set[str]] | None
) -> None:
    org = org_with(**shown)
    wanted = (TYPE, TAB, PRINCIPAL, CLASS, Grant(GrantKind.OBJECT, "Order", READ))
    entities = read_setup_entities(org, make_tenant(), {f"{CLASS_ID}AAA": CLASS}, wanted=wanted)
    assert (entities.by_id, entities.tabs) == ({CLASS_ID: CLASS, **found}, tabs)
    org.read.assert_called_once()
    assert org.read.call_args.args[1] == "named-credentials/external-credentials/Chat2Pay"
    assert entities.find(f"{CLASS_ID}AAA") == entities.find(CLASS_ID) == CLASS
    sure = [entities.is_known(one) for one in (TYPE, PRINCIPAL, TAB, CLASS, Grant(GrantKind.OBJECT, "Order", READ))]
    assert sure == [TYPE_ID in found, PRINCIPAL_ID in found, tabs is not None, True, True]


def test_where_nothing_more_is_wanted_nothing_more_is_asked_for() -> None:
    org = org_with()
    entities = read_setup_entities(org, make_tenant(), {CLASS_ID: CLASS}, wanted=[CLASS])
    assert (entities.by_id, entities.tabs) == ({CLASS_ID: CLASS}, None)
    org.queries.assert_not_called()
    org.read.assert_not_called()


AGENT_SET, ADMIN = (
    {"Name": "Chat2Pay_Agent"},
    {"Name": "Admin", "PermissionsViewAllData": True, "PermissionsApiEnabled": True},
)
API = Grant(GrantKind.SYSTEM, "ApiEnabled")


@pytest.mark.parametrize(
    ("sets", "everything", "system"),
    [
        ([AGENT_SET, ADMIN], {"ViewAllData"}, {API}),
        ([ADMIN, AGENT_SET], {"ViewAllData"}, {API}),
        ([AGENT_SET], set(), set()),
        # Of somebody without any set nothing is held.
        ([], set(), set()),
        ([None], set(), set()),
    ],
)
def test_what_one_of_a_users_sets_gives_is_held(
    sets: list[dict[str, Any] | None], everything: set[str], system: set[Grant]
) -> None:
    org = Mock(spec=SalesforceClient)
    rows = [{"PermissionSet": one, "PermissionSetId": None, "PermissionSetGroupId": None} for one in sets]
    org.queries.return_value = {"assigned": rows, "objects": [], "fields": [], "entities": []}
    held = read_held_rights(org, make_tenant(), USER, wanted=frozenset({API}), entities=NamedEntities({}))
    assert (set(held.everything), set(held.grants), set(held.groups)) == (everything, system, set())


def described(name: str, *fields: dict[str, Any]) -> ObjectDescription:
    return read_description({"name": name, "fields": list(fields)})


OBJECTS = {
    "Order": described(
        "Order",
        {"name": "OrderNumber"},
        {"name": "Total__c", "permissionable": True},
        {
            "name": "AccountId",
            "referenceTo": ["Hidden", "Account"],
            "relationshipName": "Account",
            "permissionable": True,
        },
        {"name": "BillingCity", "permissionable": True, "compoundFieldName": "BillingAddress"},
    ),
    "Account": described("Account", {"name": "Phone", "permissionable": True}),
}


def reads(*grants: str) -> set[Grant]:
    """Return Read on objects, and on fields, which are named with their object."""
    return {Grant(GrantKind.FIELD if "." in one else GrantKind.OBJECT, one, READ) for one in grants}


@pytest.mark.parametrize(
    ("phone", "needed"),
    [
        ("Total__c", reads("Order.Total__c")),
        ("total__C", reads("Order.Total__c")),
        # Part of an address has the whole's permission.
        ("BillingCity", reads("Order.BillingAddress")),
        ("Account.Phone", reads("Order.AccountId", "Account", "Account.Phone")),
        # A path that breaks off is a finding of another check.
        ("Account.Fax", reads("Order.AccountId")),
        ("Owner.Phone", set()),
        ("Account.Owner.Phone", reads("Order.AccountId")),
        ("Fax", set()),
    ],
)
def test_reading_an_order_needs_every_object_and_field_on_the_way(phone: str, needed: set[Grant]) -> None:
    plain = make_tenant().mapping
    lone = replace(
        plain, phones=(phone,), profiles=(), payable=(), currency=None, languages=replace(plain.languages, field=None)
    )
    assert mapped_reads(lone, OBJECTS.get) == reads("Order") | needed
    assert mapped_reads(lone, lambda _: None) == set()


@pytest.mark.parametrize("version", [None, "0.0.9"])
def test_an_org_without_our_sets_of_this_version_is_asked_about_none(version: str | None) -> None:
    org = Mock(spec=SalesforceClient)
    sets = {} if version is None else {"Chat2Pay_Agent": version}
    assert read_lost_grants(org, make_tenant(), OrgFacts(sets, {}, NamedEntities({}))) == []
    org.queries.assert_not_called()

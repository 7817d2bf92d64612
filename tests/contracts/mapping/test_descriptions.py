"""An org's description of an object is read field by field, and kept for an hour for the tenant whose org it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.tenants.tenant import Tenant
from connector.errors import SalesforceRefused
from connector.salesforce.metadata.describe import (
    Descriptions,
    FieldDescription,
    fetch_description,
    has_field,
    read_description,
)
from tests.factories import make_tenant
from tests.journeys.world import Clock

ACME = make_tenant()
GLOBEX = replace(ACME, tenant_id="globex")
PLAIN = FieldDescription(
    name="A__c", type="", length=0, scale=0, createable=False, updateable=False, unique=False, external_id=False,
    restricted=False, values=(), refers_to=(), relationship=None,
)  # fmt: skip


def field_of(**given: Any) -> FieldDescription:
    described = read_description({"fields": [{"name": "A__c", **given}]}).field("a__C")
    assert described is not None
    return described


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ({}, {}),
        ({"type": "string", "length": 80}, {"type": "string", "length": 80}),
        ({"type": "currency", "scale": 2, "length": None}, {"type": "currency", "scale": 2}),
        ({"createable": True}, {"createable": True}),
        ({"updateable": True}, {"updateable": True}),
        ({"unique": True}, {"unique": True}),
        ({"externalId": True}, {"external_id": True}),
        ({"restrictedPicklist": True}, {"restricted": True}),
        ({"permissionable": True}, {"permissionable": True}),
        ({"label": "Amount"}, {"label": "Amount"}),
        ({"compoundFieldName": "BillingAddress"}, {"compound": "BillingAddress"}),
        (
            {"referenceTo": ["Account", "User"], "relationshipName": "Owner"},
            {"refers_to": ("Account", "User"), "relationship": "Owner"},
        ),
        ({"referenceTo": None, "relationshipName": "", "picklistValues": None}, {}),
        (
            {"picklistValues": [{"value": "a", "label": "Open"}, {"value": "b"}, {"value": "c", "active": False}]},
            {"values": ("a", "b"), "labels": {"a": "Open", "b": "b", "c": "c"}},
        ),
        # A record is not made without it, unless the org fills it in.
        ({"createable": True, "nillable": False}, {"createable": True, "required": True}),
        ({"createable": True, "nillable": True}, {"createable": True}),
        ({"createable": True, "nillable": False, "defaultedOnCreate": True}, {"createable": True}),
        ({"createable": True, "nillable": False, "type": "boolean"}, {"createable": True, "type": "boolean"}),
        ({"createable": False, "nillable": False}, {}),
    ],
)  # fmt: skip
def test_each_word_of_a_description_is_one_thing(given: dict[str, Any], changes: dict[str, Any]) -> None:
    assert field_of(**given) == replace(PLAIN, **changes)


@pytest.mark.parametrize("right", ["createable", "updateable"])
def test_an_objects_rights_are_its_own(right: str) -> None:
    described = read_description({"name": "Order", right: True, "fields": None})
    assert (described.name, described.createable, described.updateable) == (
        "Order", right == "createable", right == "updateable",
    )  # fmt: skip


@pytest.mark.parametrize(("reason", "is_none"), [("NOT_FOUND", True), ("INVALID_TYPE", True), ("INVALID_FIELD", False)])
def test_an_object_that_our_user_does_not_see_is_none_and_a_refusal_is_not(reason: str, is_none: bool) -> None:
    def refuse(_: str) -> dict[str, Any]:
        raise SalesforceRefused("no", operation="describe", reason=reason)

    if is_none:
        assert fetch_description(refuse, "Order") is None
    else:
        with pytest.raises(SalesforceRefused):
            fetch_description(refuse, "Order")


OBJECTS = {
    "Order": [{"name": "OwnerId", "referenceTo": ["Group", "User"], "relationshipName": "Owner"}, {"name": "Status"}],
    "User": [{"name": "Phone"}, {"name": "ManagerId", "referenceTo": ["User"], "relationshipName": "Manager"}],
}


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("Status", True), ("status", True), ("Owner.Phone", True), ("owner.manager.PHONE", True),
        ("Phone", False), ("Owner.Status", False), ("OwnerId.Phone", False), ("Status.Phone", False), ("Owner.Manager", False),
    ],
)  # fmt: skip
def test_a_path_leads_to_a_field_through_the_first_object_that_is_seen(path: str, leads: bool) -> None:
    seen = {name: read_description({"name": name, "fields": fields}) for name, fields in OBJECTS.items()}
    assert has_field(path, "Order", seen.get) is leads
    assert not has_field(path, "Group", seen.get)


@pytest.mark.parametrize(
    ("later", "reads"), [(timedelta(minutes=60) - timedelta(seconds=1), 1), (timedelta(minutes=60), 2)]
)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_description_is_kept_for_an_hour_whether_the_object_is_there_or_not(
    later: timedelta, reads: int, is_there: bool
) -> None:
    asked: list[tuple[str, str]] = []

    def read(tenant: Tenant, path: str) -> dict[str, Any]:
        asked.append((tenant.tenant_id, path))
        if not is_there:
            raise SalesforceRefused("no", operation="describe", reason="NOT_FOUND")
        return {"name": path, "fields": []}

    clock = Clock()
    descriptions = Descriptions(read, now=clock)
    for tenant, name in ((ACME, "Order"), (GLOBEX, "Order"), (ACME, "Account")):
        assert not descriptions.knows(tenant, name)
        assert (descriptions.get(tenant, name) is not None) is is_there
    clock.at += later
    assert descriptions.knows(ACME, "Order") is (reads == 1)
    assert (descriptions.cached(ACME, "Order") is not None) is (is_there and reads == 1)
    descriptions.get(ACME, "Order")
    assert asked.count(("acme", "sobjects/Order/describe")) == reads
    assert {tenant for tenant, _ in asked} == {"acme", "globex"}
    descriptions.get(ACME, "Order", anew=True)
    assert asked.count(("acme", "sobjects/Order/describe")) == reads + 1

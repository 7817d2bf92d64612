"""Restricted picklists take their own values only, whoever writes and by whatever call.

https://help.salesforce.com/s/articleView?id=platform.fields_restricted_picklists.htm
"""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.org.metadata.project import package_folder
from sandbox.org.metadata.source_format import read_metadata
from sandbox.org.records.field_values import parse_field_value
from sandbox.org.wire.errors import ApiError

REQUEST = "Chat2Pay_Payment_Request__c"
CODE = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
RESTRICTED = [
    (kind.name, field.name)
    for kind in read_metadata(package_folder("base")).objects.values()
    for field in kind.fields.values()
    if field.restricted
]


@pytest.mark.parametrize(("object_name", "name"), RESTRICTED)
@pytest.mark.parametrize("value", ["nonsense", "x" * 300])
def test_a_value_of_ones_own_making_is_refused(object_name: str, name: str, value: str) -> None:
    field = read_metadata(package_folder("base")).objects[object_name].fields[name]
    with pytest.raises(ApiError) as refused:
        parse_field_value(field, value)
    assert (refused.value.code, refused.value.fields) == (CODE, [name])
    assert "bad value for restricted picklist field" in refused.value.message
    assert all(parse_field_value(field, own) == own for own in field.values)


@pytest.fixture
def field(client: FlaskClient) -> str:
    """Restrict a picklist as an admin would: the project ships all of its own open."""
    changes = {f"{REQUEST}.Status__c": {"restricted": True}, "Order.Chat2Pay_Payment_State__c": {"restricted": True}}
    assert client.put("/sandbox/picklists", json=changes).status_code == 200
    return "Status__c"


def test_every_way_of_writing_is_refused_alike(api: Any, field: str) -> None:
    bad = {field: "nonsense"}
    attributes = {"attributes": {"type": REQUEST}}
    created = api.call("POST", f"sobjects/{REQUEST}", json={"Reference__c": "a", **bad})
    upserted = api.call("PATCH", f"sobjects/{REQUEST}/Reference__c/a", json=bad)
    assert {(one.status_code, one.get_json()[0]["errorCode"]) for one in (created, upserted)} == {(400, CODE)}
    records = [{**attributes, "Reference__c": "b", **bad}, {**attributes, "Reference__c": "c", field: None}]
    listed = api.call("POST", "composite/sobjects", json={"records": records}).get_json()
    assert [one["success"] for one in listed] == [False, True]
    assert (listed[0]["errors"][0]["statusCode"], listed[0]["errors"][0]["fields"]) == (CODE, [field])


@pytest.mark.usefixtures("field")
def test_a_label_is_no_value(api: Any, order_id: str) -> None:
    path, name = f"sobjects/Order/{order_id}", "Chat2Pay_Payment_State__c"
    refused = api.call("PATCH", path, json={name: "Part paid"})
    assert (refused.status_code, refused.get_json()[0]["errorCode"]) == (400, CODE)
    assert api.call("PATCH", path, json={name: "part_paid"}).status_code == 204


def test_an_open_picklist_takes_any_value(api: Any, order_id: str) -> None:
    assert api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Payment_State__c": "new"}).status_code == 204


def test_a_value_that_an_admin_took_away_is_refused(client: FlaskClient, api: Any, order_id: str) -> None:
    path, change = f"sobjects/Order/{order_id}", {"Order.Type": {"restricted": True, "without": ["Web"]}}
    assert api.call("PATCH", path, json={"Type": "Web"}).status_code == 204
    client.put("/sandbox/picklists", json=change)
    refused = api.call("PATCH", path, json={"Type": "Web"})
    assert (refused.status_code, refused.get_json()[0]["errorCode"]) == (400, CODE)
    # What has the value already keeps it until somebody writes the field.
    assert api.call("PATCH", path, json={"Description": "x"}).status_code == 204


def test_a_required_one_cannot_be_emptied() -> None:
    field = next(
        field
        for kind in read_metadata(package_folder("base")).objects.values()
        for field in kind.fields.values()
        if field.restricted and not field.required
    )
    assert parse_field_value(field, None) is None
    for empty in (None, ""):
        with pytest.raises(ApiError) as refused:
            parse_field_value(replace(field, required=True), empty)
        assert refused.value.code == CODE

"""Whoever reads why an order cannot be paid reads fields and values as the org's own pages call them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.domain.payments.order import OrderProblem
from connector.errors import SalesforceUnavailable, TenantProblem
from connector.salesforce.metadata.describe import ObjectDescription, read_description
from connector.salesforce.metadata.labels import in_labels, readable
from tests.factories import make_tenant
from tests.unit.examples import make_order

TENANT = make_tenant()
VALUES = [{"value": "On_Hold", "label": "Waiting"}, {"value": "Draft", "label": None}]
ORDER = read_description({
    "fields": [
        {"name": "Approval__c", "label": "Approved by", "picklistValues": VALUES},
        {"name": "Old_Status__c", "label": ""},
    ]
})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Status", "Status"),
        ("Approval_Status__c", "Approval Status"),
        ("ApprovalStatus", "Approval Status"),
        ("Account.Approval_Status__c", "Approval Status"),
        ("acme__Approval_Status__c", "Approval Status"),
        ("Owner__r", "Owner"),
        ("_", "_"),
    ],
)
def test_an_api_name_is_read_as_words(name: str, words: str) -> None:
    assert readable(name) == words


def shown(field: str, value: str, described: ObjectDescription | None = ORDER) -> dict[str, Any]:
    problem = OrderProblem(field, "order_not_payable_status", {"field": field, "value": value})
    (found,) = in_labels(make_order(problems=(problem,)), TENANT, lambda _, name: described).problems
    assert (found.field, found.sentence) == (field, "order_not_payable_status")
    return dict(found.values)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("Approval__c", "On_Hold", ("Approved by", "Waiting")),
        ("approval__C", "Draft", ("Approved by", "Draft")),
        ("Approval__c", "Not_In_List", ("Approved by", "Not In List")),
        # A field of no label, or of another object, is called by its name.
        ("Old_Status__c", "closed", ("Old Status", "closed")),
        ("Account.Old_Status__c", "", ("Old Status", "")),
    ],
)
def test_a_field_and_its_value_are_called_as_on_the_orgs_pages(field: str, value: str, words: tuple[str, str]) -> None:
    found = shown(field, value)
    assert (found["field"], found["value"]) == words


def test_without_a_description_names_are_read_as_words() -> None:
    assert shown("Approval__c", "On_Hold", None) == {"field": "Approval", "value": "On Hold"}


@pytest.mark.parametrize("error", [SalesforceUnavailable("away", operation="describe"), TenantProblem("no host")])
def test_an_org_that_cannot_be_asked_costs_no_launch(error: Exception) -> None:
    def away(*_: object) -> None:
        raise error

    order = make_order(problems=(OrderProblem("Approval__c", "order_not_payable_empty", {"field": "Approval__c"}),))
    (found,) = in_labels(order, TENANT, away).problems
    assert found.values == {"field": "Approval", "value": ""}


def test_nothing_else_of_an_order_is_renamed_and_no_org_is_asked_for_it() -> None:
    def fail(*_: object) -> None:
        raise AssertionError("asked")

    missing = OrderProblem("Grand_Total__c", "amount_missing", {"field": "Grand_Total__c"})
    order = make_order(problems=(missing,))
    assert in_labels(order, TENANT, fail) == order
    both = replace(order, problems=(missing, OrderProblem("Approval__c", "order_not_payable_empty", {})))
    assert in_labels(both, TENANT, lambda *_: ORDER).problems[0] == missing

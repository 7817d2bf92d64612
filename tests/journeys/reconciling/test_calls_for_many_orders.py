"""Many orders are asked about in as few calls as an org allows: two hundred to a query, five queries to a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from unittest.mock import Mock
from urllib.parse import unquote

import pytest

from connector.salesforce.client import SalesforceClient
from connector.salesforce.queries.changed_orders import read_changed_orders, read_deleted_orders
from connector.salesforce.queries.org_versions import read_field_values, read_versions
from connector.salesforce.queries.visible_orders import VisibleRows, read_visible_orders
from tests.factories import long_id, make_tenant
from tests.unit.examples import NOW

TENANT = make_tenant(mapping={"read": {"country": []}})
IDS = [long_id(f"801xx00000{number:05}") for number in range(1001)]
Ask = Callable[[SalesforceClient, Sequence[str]], object]


class Org(SalesforceClient):
    """An org that knows no order, and keeps the ids of each query of each call."""

    def __init__(self) -> None:
        self.calls: list[list[list[str]]] = []
        self.countries = Mock()
        self.countries.ask_with.side_effect = lambda _, ask: ask([])

    def query(self, tenant: object, soql: str, *, operation: str) -> list[dict[str, Any]]:
        self.calls.append([re.findall(r"'(801\w{15})'", soql)])
        return []

    def queries(self, tenant: object, named: dict[str, str], *, operation: str) -> dict[str, list[dict[str, Any]]]:
        self.calls.append([re.findall(r"'(801\w{15})'", one) for one in named.values()])
        return {name: [] for name in named}

    def composite(self, tenant: object, body: dict[str, Any], *, operation: str) -> dict[str, Any]:
        parts = body["compositeRequest"]
        self.calls.append([re.findall(r"'(801\w{15})'", unquote(one["url"])) for one in parts])
        answers = [{"referenceId": one["referenceId"], "httpStatusCode": 200, "body": {"records": []}} for one in parts]
        return {"compositeResponse": answers}


def compared(org: SalesforceClient, ids: Sequence[str]) -> object:
    return org.orders_in_org(TENANT, ids, now=NOW)


def shown(org: SalesforceClient, ids: Sequence[str]) -> object:
    return read_visible_orders(org, TENANT, ids).rows


def deleted(org: SalesforceClient, ids: Sequence[str]) -> object:
    return read_deleted_orders(org, TENANT, ids)


def values(org: SalesforceClient, ids: Sequence[str]) -> object:
    return read_field_values(org, TENANT, order_ids=ids, field="Status")


@pytest.mark.parametrize(
    ("ask", "number", "sizes"),
    [
        (compared, 1, [[1]]),
        (compared, 200, [[200]]),
        (compared, 201, [[200, 1]]),
        (compared, 1000, [[200] * 5]),
        (shown, 200, [[200]]),
        (shown, 401, [[200, 200, 1]]),
        (shown, 1001, [[200] * 5, [1]]),
        (deleted, 1, [[1]]),
        (deleted, 1000, [[200] * 5]),
        (values, 201, [[200, 1]]),
    ],
)
def test_every_order_is_asked_about_once_in_as_few_calls_as_an_org_allows(
    ask: Ask, number: int, sizes: list[list[int]]
) -> None:
    org = Org()
    assert not ask(org, IDS[:number])
    assert [[len(ids) for ids in call] for call in org.calls] == sizes
    assert [one for call in org.calls for ids in call for one in ids] == IDS[:number]


def test_named_orders_are_asked_about_beside_the_changed_ones() -> None:
    org = Org()
    assert not read_changed_orders(org, TENANT, since=NOW, order_ids=IDS[:201], now=NOW).named
    assert [[len(ids) for ids in call] for call in org.calls] == [[0, 200, 1]]


def test_versions_are_asked_for_of_ids_and_references_alone() -> None:
    org = Org()
    found = read_versions(org, TENANT, order_ids=[*IDS[:201], "x'"], references=["c2p_1", "c2p'", ""])
    assert (found.orders, found.requests) == ({}, {})
    assert [[len(ids) for ids in call] for call in org.calls] == [[200, 1, 0]]
    assert not read_versions(org, TENANT, order_ids=["x'"], references=[""]).orders
    assert len(org.calls) == 1, "of none there is nothing to ask"


def test_what_a_page_shows_of_an_order_is_compared_by_every_field_that_was_asked_for() -> None:
    row = {"Id": IDS[0], "Total__c": Decimal("115.00"), "Account": {"Phone": "083"}, "Other__c": "x"}

    def content(**changes: object) -> str:
        shown = VisibleRows({IDS[0]: row | changes}, ["Id", "Total__c", "Account.Phone"])
        assert shown.content_of(IDS[0]) == shown.content_of(IDS[0])
        return shown.content_of(IDS[0])

    others = [content(Total__c=Decimal("115.01")), content(Account={"Phone": "082"}), content(Account=None)]
    assert content(Other__c="y") == content()
    assert content() not in others
    hidden = VisibleRows({}, ["Id"]).content_of(IDS[0])
    assert hidden not in (content(), *others)

"""What an org says is read as it stands: what it does not say, or says in another shape, is not known."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from connector.errors import SalesforceRefused, SalesforceUnavailable
from connector.salesforce.calls.composite import PushResult
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.inspection.diagnostics import (
    API_ENABLED,
    VIEW_SETUP,
    LoginReport,
    custom_permissions,
    is_active,
    read_daily_calls,
    read_login,
    read_own_address,
    read_permissions,
    write_back,
)
from connector.salesforce.metadata.describe import read_description
from connector.salesforce.permissions.org_facts import (
    GroupMember,
    OrgUser,
    find_user,
    is_flow_active,
    is_private,
    read_groups,
    read_users,
)
from connector.salesforce.queries.cloned_orders import MarkedOrder, read_marked_orders
from tests.factories import ORG, make_tenant

TENANT, USER = make_tenant(), "005xx000001X8UzAAK"
ORDER, ORIGINAL = "801xx0000001gEhAAI", "801xx0000002AbCAAU"
IDENTITY = f"https://login.salesforce.com/id/{ORG}/{USER}"


@pytest.fixture
def org() -> Mock:
    """An org that answers as a test says."""
    return Mock(spec=SalesforceClient)


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [("api", {"api"}), (" api  id\n", {"api", "id"}), ("", None), ("  ", None), (None, None), (["api"], None)],
)
def test_a_login_names_its_org_its_user_and_its_scopes(org: Mock, scope: object, scopes: set[str] | None) -> None:
    org.ask_login.return_value = {"id": f"https://login.salesforce.com/id/{ORG[:15]}/{USER[:15]}", "scope": scope}
    assert read_login(org, TENANT) == LoginReport(ORG, USER, frozenset(scopes) if scopes else None)


@pytest.mark.parametrize(
    "identity",
    [
        None,
        "",
        f"https://login.salesforce.com/id/{ORG}",
        f"{IDENTITY}/more",
        f"https://login.salesforce.com/id/acme/{USER}",
        f"https://login.salesforce.com/id/{ORG}/thandi",
    ],
)
def test_a_login_that_does_not_name_both_cannot_be_read(org: Mock, identity: object) -> None:
    org.ask_login.return_value = {"id": identity, "scope": "api"}
    with pytest.raises(SalesforceUnavailable):
        read_login(org, TENANT)


@pytest.mark.parametrize(
    ("sets", "held"),
    [
        ([{API_ENABLED: True}, {API_ENABLED: False, VIEW_SETUP: True}], {API_ENABLED, VIEW_SETUP}),
        ([{API_ENABLED: False}], set()),
        ([None, {API_ENABLED: True}], {API_ENABLED}),
        ([None], None),
        ([], None),
    ],
)
def test_a_permission_is_held_by_any_of_a_users_sets(
    org: Mock, sets: list[dict[str, bool] | None], held: set[str] | None
) -> None:
    org.query.return_value = [{"PermissionSet": one} for one in sets]
    assert read_permissions(org, TENANT, USER) == held


@pytest.mark.parametrize(
    ("rows", "active"), [([{"IsActive": True}], True), ([{"IsActive": False}], False), ([{}], False), ([], False)]
)
def test_a_user_whom_the_org_does_not_show_is_not_active(org: Mock, rows: list[dict[str, bool]], active: bool) -> None:
    org.query.return_value = rows
    assert is_active(org, TENANT, USER) is active


def test_of_the_custom_permissions_only_ours_are_named_by_their_right(org: Mock) -> None:
    rows = [("Chat2Pay_Send", "0CP1"), ("Chat2Pay_Of_Somebody", "0CP2"), (None, "0CP3")]
    org.query.return_value = [{"DeveloperName": name, "Id": one} for name, one in rows]
    assert custom_permissions(org, TENANT) == {"send": "0CP1"}


@pytest.mark.parametrize(
    ("limits", "calls"),
    [
        ({"DailyApiRequests": {"Max": 15000, "Remaining": 14998}}, (14998, 15000)),
        ({"DailyApiRequests": {"Max": 15000, "Remaining": 0}}, (0, 15000)),
        ({"DailyApiRequests": {"Max": 15000}}, None),
        ({"DailyApiRequests": {"Remaining": 14998}}, None),
        ({"DailyApiRequests": {"Max": "15000", "Remaining": 14998}}, None),
        ({"DailyApiRequests": [15000, 14998]}, None),
        ({}, None),
    ],
)
def test_an_allowance_is_known_where_the_org_says_both_numbers(
    org: Mock, limits: dict[str, Any], calls: tuple[int, int] | None
) -> None:
    org.read.return_value = limits
    assert read_daily_calls(org, TENANT) == calls


@pytest.mark.parametrize(
    ("rows", "address"),
    [
        ([{"SourceIp": "203.0.113.7"}], "203.0.113.7"),
        ([{"SourceIp": "2001:db8::7"}], "2001:db8::7"),
        ([{"SourceIp": "Salesforce.com IP"}], None),
        ([{"SourceIp": None}], None),
        ([], None),
        (SalesforceRefused("no", operation="check_address", reason="INVALID_TYPE"), None),
    ],
)
def test_our_address_is_named_where_the_org_shows_one(org: Mock, rows: Any, address: str | None) -> None:
    org.query.side_effect = [rows]
    assert read_own_address(org, TENANT, USER) == address


SUMMARIES = {"order_object": "OrderSummary"}
SUMMARY = make_tenant(mapping=SUMMARIES)


@pytest.mark.parametrize(
    ("originals", "orders", "written"),
    [
        ([{"OriginalOrderId": ORIGINAL}], [{"Id": ORIGINAL, "Chat2Pay_Payment_State__c": "paid"}], ORIGINAL),
        ([{"OriginalOrderId": ORIGINAL}], [], None),
        ([{"OriginalOrderId": None}], None, None),
        ([], None, None),
    ],
)
def test_a_summary_whose_fields_are_its_orders_is_tried_by_that_order(
    org: Mock, originals: list[dict[str, Any]], orders: list[dict[str, Any]] | None, written: str | None
) -> None:
    org.describe.return_value = read_description({"name": "OrderSummary", "fields": []})
    org.query.side_effect = [originals, *([] if orders is None else [orders])]
    org.write.return_value = PushResult({ORIGINAL: RecordResult(RecordOutcome.WRITTEN)}, {})
    probed = write_back(org, SUMMARY, ORDER)
    assert (probed is None) is (written is None)
    if written:
        record = {"attributes": {"type": "Order"}, "id": ORIGINAL, "Chat2Pay_Payment_State__c": "paid"}
        assert org.write.call_args.args[1].records == [record]
        assert f" FROM OrderSummary WHERE Id = '{ORDER}'" in org.query.call_args_list[0].args[1]
        assert f" FROM Order WHERE Id = '{ORIGINAL}'" in org.query.call_args_list[1].args[1]


SAYS_NO = SalesforceRefused("no", operation="check_permissions", reason="INVALID_TYPE")


@pytest.mark.parametrize(
    ("rows", "is_so"),
    [
        ([{"InternalSharingModel": "Private"}], True),
        ([{"InternalSharingModel": "ReadWrite"}], False),
        ([{}], False),
        ([], False),
        (SAYS_NO, False),
    ],
)
def test_records_are_private_where_the_org_says_so(org: Mock, rows: Any, is_so: bool) -> None:
    org.query.side_effect = [rows]
    assert is_private(org, TENANT, "Order") is is_so


@pytest.mark.parametrize(
    ("rows", "active"),
    [([{"ActiveVersionId": "301"}], True), ([{"ActiveVersionId": None}], False), ([], None), (SAYS_NO, None)],
)
def test_a_flow_is_active_by_its_active_version(org: Mock, rows: Any, active: bool | None) -> None:
    org.query.side_effect = [rows]
    assert is_flow_active(org, TENANT, "Chat2Pay_Send") is active


@pytest.mark.parametrize("username", ["", "thandi", "t@a' OR Id != '", "t@a\\", "t @a", f"{'t' * 81}@a"])
def test_nothing_but_a_username_gets_into_a_query(org: Mock, username: str) -> None:
    with pytest.raises(ValueError, match="not a username"):
        find_user(org, TENANT, username)
    org.query.assert_not_called()


def test_a_user_is_found_by_name_and_several_by_their_ids(org: Mock) -> None:
    row = {"Id": USER, "Username": "t@acme.example", "Name": "Thandi", "IsActive": True}
    thandi = OrgUser(USER, "t@acme.example", "Thandi", active=True)
    org.query.return_value = [row]
    assert find_user(org, TENANT, "t@acme.example") == thandi
    assert read_users(org, TENANT, [USER, "x'", ""]) == [thandi]
    assert org.query.call_args.args[1].endswith(f"WHERE Id IN ('{USER}')")
    org.query.return_value = []
    assert find_user(org, TENANT, "t@acme.example") is None
    calls = org.query.call_count
    assert read_users(org, TENANT, ["x'"]) == []
    assert read_groups(org, TENANT, ["x'"], ours={}) == []
    assert org.query.call_count == calls, "of nobody there is nothing to ask"


def test_of_a_group_only_our_sets_are_members(org: Mock) -> None:
    group = {"DeveloperName": "Desk", "Status": "Updated"}
    org.query.return_value = [
        {"PermissionSetGroup": group, "PermissionSetId": "0PS1"},
        {"PermissionSetGroup": group, "PermissionSetId": "0PSmuting"},
        {"PermissionSetGroup": None, "PermissionSetId": "0PS2"},
    ]
    ours = {"0PS1": "Chat2Pay_Agent", "0PS2": "Chat2Pay_Supervisor"}
    assert read_groups(org, TENANT, [ORDER], ours=ours) == [
        GroupMember("Desk", "Updated", "Chat2Pay_Agent"), GroupMember("None", "None", "Chat2Pay_Supervisor"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mapping", "is_asked"), [({}, True), ({"write_order": {"request_reference": None}}, False), (SUMMARIES, False)]
)
def test_clones_are_looked_for_where_a_reference_can_be_cloned(
    org: Mock, mapping: dict[str, Any], is_asked: bool
) -> None:
    org.query.return_value = [
        {"Id": ORDER[:15], "OrderNumber": "00000102", "Chat2Pay_Reference__c": "c2p_1"},
        {"Id": ORIGINAL, "OrderNumber": None, "Chat2Pay_Reference__c": "c2p_2"},
    ]
    found = read_marked_orders(org, make_tenant(mapping=mapping))
    marked = [MarkedOrder(ORDER, "00000102", "c2p_1"), MarkedOrder(ORIGINAL, ORIGINAL, "c2p_2")]
    assert (found, org.query.call_count) == ((marked, 1) if is_asked else ([], 0))

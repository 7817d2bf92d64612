"""What a profile gives in place of single permissions: rights on every object, and on no field or class."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from connector.salesforce.client import SalesforceClient
from connector.salesforce.permissions.held_rights import HeldRights, NamedEntities, read_held_rights
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

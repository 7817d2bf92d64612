"""What a profile gives in place of single permissions: rights on every object, and on no field or class."""

from __future__ import annotations

import pytest

from connector.salesforce.permissions.held_rights import HeldRights
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind

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

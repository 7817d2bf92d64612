"""Where an agent may save a new number: on the records that the order's own number is read from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.tenants.phone_place import PhonePlace, RecordKind, phone_places
from tests.factories import make_tenant

CONTACT = PhonePlace(RecordKind.CONTACT, "BillToContactId", "MobilePhone")
ACCOUNT = PhonePlace(RecordKind.ACCOUNT, "AccountId", "Phone")
ORDER = PhonePlace(RecordKind.ORDER, None, "Phone__c")


@pytest.mark.parametrize(
    ("order_object", "phones", "places"),
    [
        pytest.param("Order", ["BillToContact.MobilePhone", "Account.Phone"], (CONTACT, ACCOUNT), id="records of people"),
        pytest.param("Order", ["Phone__c", "Account.Phone"], (ORDER, ACCOUNT), id="the order itself"),
        pytest.param("OrderSummary", ["Phone__c", "Account.Phone"], (), id="an order summary, which nobody edits"),
        pytest.param(
            "Order", ["Account.Phone", "Shop__r.Phone", "Phone__c"], (ACCOUNT,), id="up to a record of another kind"
        ),
        pytest.param(
            "Order", ["ShipToContact.Phone", "CustomerAuthorizedBy.Phone"],
            (
                PhonePlace(RecordKind.CONTACT, "ShipToContactId", "Phone"),
                PhonePlace(RecordKind.CONTACT, "CustomerAuthorizedById", "Phone"),
            ),
            id="the order's other contacts",
        ),
        pytest.param("Order", ["Account.Owner.Phone"], (), id="a record behind a record"),
        pytest.param("Order", [], (), id="none"),
    ],
)  # fmt: skip
def test_a_number_is_saved_where_the_order_takes_its_own_from(
    order_object: str, phones: list[str], places: tuple[PhonePlace, ...]
) -> None:
    mapping = replace(make_tenant().mapping, order_object=order_object, phones=tuple(phones))
    assert phone_places(mapping) == places

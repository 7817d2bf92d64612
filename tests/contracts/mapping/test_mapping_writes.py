"""What a mapping writes and the org would not take: named once, and nothing of what the tenant has switched off."""

from __future__ import annotations

import pytest

from connector.journeys.mapping.check_mapping import check_mapping
from connector.salesforce.client import SalesforceClient
from connector.store.tenants.mappings import defaults
from tests.contracts.mapping.test_mapping_check import TENANT, bad, mapped, org, salesforce, summaries
from tests.peers.describing import REQUESTS, DescribedOrg

__all__ = ["org", "salesforce"]


def test_records_that_our_user_may_edit_and_not_create_are_refused(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    org.uncreatable_objects |= {REQUESTS, "Order"}
    ((level, entry, problem),) = bad(check_mapping(tenant=TENANT, salesforce=salesforce))
    assert (level, entry) == ("wrong", "request_object"), "orders are never created"
    assert problem == f"Our user may not create and edit {REQUESTS}."


def test_a_field_of_orders_need_not_be_set_when_one_is_created(org: DescribedOrg, salesforce: SalesforceClient) -> None:
    org.field("Order", "Chat2Pay_Paid_At__c")["createable"] = False
    assert bad(check_mapping(tenant=TENANT, salesforce=salesforce)) == []


@pytest.mark.parametrize("name", ["Team__c", "Attempt__c"])
def test_a_field_without_which_records_are_written_is_a_hint_alone(
    org: DescribedOrg, salesforce: SalesforceClient, name: str
) -> None:
    org.drop(REQUESTS, name)
    assert [(level, entry) for level, entry, _ in bad(check_mapping(tenant=TENANT, salesforce=salesforce))] == [
        ("soon", "write_request.optional")
    ]


def test_an_order_that_is_written_nothing_to_lacks_only_its_version(salesforce: SalesforceClient) -> None:
    nothing = mapped(write_order=dict.fromkeys(defaults()["write_order"]))
    assert [entry for _, entry, _ in bad(check_mapping(tenant=nothing, salesforce=salesforce))] == [
        "write_order.version"
    ]


def test_a_field_that_is_switched_off_is_not_called_left_out_of_a_summary(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    written = defaults()["write_order"]
    summaries(org, *(field for name, field in written.items() if name != "paid_at"))
    org.rules = None
    for own, told in (({}, [True]), ({"paid_at": None}, [])):
        found = bad(check_mapping(tenant=mapped(order_object="OrderSummary", write_order=own), salesforce=salesforce))
        assert ["does not let us write paid_at." in problem for _, _, problem in found] == told


def test_a_tenant_that_writes_no_status_hears_nothing_of_it(salesforce: SalesforceClient) -> None:
    found = check_mapping(tenant=TENANT, salesforce=salesforce)
    assert [one for one in found if one.subject.startswith("write_status")] == []


def test_an_amount_that_we_write_is_not_taken_for_one_of_the_orgs_own(salesforce: SalesforceClient) -> None:
    tenant = mapped(write_order={"amount_due": "Grand_Total__c"})
    (told,) = [one for one in check_mapping(tenant=tenant, salesforce=salesforce) if one.subject == "read.profiles"]
    assert "amounts of the org's own: Sub_Total__c, Tax__c." in told.problem

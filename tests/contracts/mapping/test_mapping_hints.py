"""What of a mapping works and could work better: hints that stop nobody, and no hint where there is nothing to better."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.health.finding import Finding
from connector.journeys.mapping.check_mapping import check_mapping
from connector.salesforce.client import SalesforceClient
from connector.store.tenants.mappings import defaults
from tests.contracts.mapping.test_mapping_check import TENANT, bad, mapped, org, salesforce
from tests.peers.describing import DescribedOrg, described

__all__ = ["org", "salesforce"]
# Each field of an order's country that the shipped mapping lists, where the described org has it.
COUNTRIES = (("Order", "BillingCountry"), ("Contact", "MailingCountry"))


def found(salesforce: SalesforceClient, entry: str, **own: Any) -> list[Finding]:
    return [one for one in check_mapping(tenant=mapped(**own), salesforce=salesforce) if one.subject == entry]


@pytest.mark.parametrize(
    ("own", "more"),
    [
        ({}, 0),
        ({"read": {"country": ["BillingCountry", "BillToContact.MailingCountry"]}}, 0),
        ({"read": {"country": ["BillingCountry"]}}, -1),
        ({"read": {"country": ["BillingCountry", "Status"]}}, 0),
        ({"read": {"phones": []}}, -len(TENANT.mapping.phones)),
        ({"payable": []}, -1),
        ({"write_order": {"paid_at": None}}, -1),
        ({"write_request": {"team": None, "attempt": None}}, -2),
    ],
    ids=["default", "listed", "one", "another", "no number", "no rule", "one less", "two less"],
)
def test_each_entry_that_fits_is_counted_once(salesforce: SalesforceClient, own: dict[str, Any], more: int) -> None:
    # Number, account, three phones, a total, two of the countries and a rule; two objects and the id by which one is found.
    read, objects = 9, 3
    written = sum(map(bool, [*defaults()["write_order"].values(), *defaults()["write_request"].values()]))
    found = check_mapping(tenant=mapped(**own), salesforce=salesforce)
    assert found[0].problem.startswith(f"{read + objects + written + more} entries of the mapping fit")


def test_only_amounts_of_the_orgs_own_are_named_as_what_may_be_the_total(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    org.objects["Order"].append(described("Weight__c", "double"))
    (told,) = found(salesforce, "read.profiles")
    assert told.problem == (
        "Totals are read from TotalAmount, without tax. Order has amounts of the org's own: Grand_Total__c, Sub_Total__c, "
        "Tax__c. Where they say what customers pay, name them in read.profiles."
    )


def test_an_org_without_amounts_of_its_own_is_told_nothing_of_totals(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    for name in ("Grand_Total__c", "Sub_Total__c", "Tax__c"):
        org.drop("Order", name)
    assert found(salesforce, "read.profiles") == []


@pytest.mark.parametrize(
    ("read", "is_told"),
    [
        ({}, True),
        ({"currency": "CurrencyIsoCode"}, False),
        ({"profiles": [{"total": "Grand_Total__c", "currency": "Currency__c"}]}, False),
        ({"profiles": ["order", {"total": "Grand_Total__c", "currency": "Currency__c"}]}, True),
    ],
    ids=["none is read", "the order's", "each profile's", "one profile's"],
)
def test_an_org_with_several_currencies_needs_the_order_read_with_its_own(
    org: DescribedOrg, salesforce: SalesforceClient, read: dict[str, Any], *, is_told: bool
) -> None:
    org.objects["Order"].append(described("CurrencyIsoCode", "picklist", values=["ZAR", "USD"]))
    assert [one.level for one in found(salesforce, "read.currency", read=read)] == (["wrong"] if is_told else [])


@pytest.mark.parametrize(
    ("phones", "is_told"),
    [(["Account.Phone"], True), (["Account.Phone", "Account.PersonMobilePhone"], False)],
    ids=["not read", "read"],
)
def test_the_number_of_customers_who_are_persons_is_hinted_at_where_nobody_reads_it(
    org: DescribedOrg, salesforce: SalesforceClient, phones: list[str], *, is_told: bool
) -> None:
    org.objects["Account"].append(described("PersonMobilePhone", "phone", length=40))
    assert [one.level for one in found(salesforce, "read.phones", read={"phones": phones})] == (
        ["soon"] if is_told else []
    )


@pytest.mark.parametrize(
    ("hidden", "read", "told"),
    [
        ((), {}, []),
        (COUNTRIES[:1], {}, []),
        (COUNTRIES, {}, ["read.country"]),
        (COUNTRIES, {"country": []}, []),
        ((), {"country": ["BillingCountry", "Country__c"]}, ["read.country.1"]),
        ((), {"country": "Country__c"}, ["read.country.0", "read.country"]),
        ((), {"country": "billingcountry"}, ["read.country.0"]),
    ],
    ids=[
        "shipped",
        "one is left",
        "none is left",
        "switched off",
        "one does not exist",
        "the only one does not exist",
        "spelt as no answer spells it",
    ],
)
def test_that_no_field_tells_an_orders_country_is_a_hint_as_is_one_that_an_admin_named_and_nobody_sees(
    org: DescribedOrg, salesforce: SalesforceClient, hidden: Any, read: dict[str, Any], told: list[str]
) -> None:
    for object_name, name in hidden:
        org.drop(object_name, name)
    every = bad(check_mapping(tenant=mapped(read=read), salesforce=salesforce))
    assert [(level, entry) for level, entry, _ in every] == [("soon", entry) for entry in told]


@pytest.mark.parametrize(
    ("words", "is_told"),
    [(["Gone", "Lost"], True), (["Gone", "Cancelled"], False)],
    ids=["none of them", "one of them"],
)
def test_a_rule_that_keeps_no_order_from_being_paid_is_only_mentioned(
    salesforce: SalesforceClient, words: list[str], *, is_told: bool
) -> None:
    payable = [{"field": "Status", "none_of": words}]
    said = [(one.level, one.problem) for one in found(salesforce, "payable.0.none_of", payable=payable)]
    sentence = "Status is never Gone or Lost in this org, so this rule keeps no order from being paid."
    assert said == ([("fine", sentence)] if is_told else [])
    assert found(salesforce, "payable.0.none_of", payable=[{"field": "Status", "one_of": ["Draft"]}]) == []


@pytest.mark.parametrize(
    ("words", "impact"),
    [(["Ready"], "No payment can be asked for."), (["Ready", "Draft"], "Fewer orders than you mean may be paid.")],
)
def test_what_follows_from_a_status_that_no_order_has_is_said(
    salesforce: SalesforceClient, words: list[str], impact: str
) -> None:
    (told,) = found(salesforce, "payable.0.field", payable=[{"field": "Status", "one_of": words}])
    assert told.impact == impact
    assert told.remedy == "Correct payable.0.one_of in the mapping."

"""A mapping against an org's own description: what would fail is said before an order finds out, in plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import responses

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.errors import SalesforceUnavailable
from connector.journeys.mapping.check_mapping import check_mapping
from connector.salesforce.client import SalesforceClient
from connector.salesforce.metadata.field_requirements import ORDER_NEEDS, REQUEST_NEEDS
from connector.store.tenants.mappings import build_mapping, defaults
from foundation.http.session import PeerSession
from tests.contracts.salesforce.test_salesforce_client import TOKEN, client_over
from tests.factories import HOST, make_tenant
from tests.peers.describing import REQUESTS, DescribedOrg, described, lookup

TENANT = make_tenant()
Change = Callable[[DescribedOrg], object]


@pytest.fixture
def org() -> DescribedOrg:
    return DescribedOrg()


@pytest.fixture
def salesforce(org: DescribedOrg) -> Iterator[SalesforceClient]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.post(TOKEN, json={"access_token": "t", "instance_url": HOST, "token_type": "Bearer",
                               "id": f"https://login.salesforce.com/id/{TENANT.org_id}/005xx000001X8UzAAK"})  # fmt: skip
        org.register(wire)
        with PeerSession(peer="salesforce", total_timeout=2, repeat_reads=False) as session:
            yield client_over(session)


def mapped(**own: Any) -> Tenant:
    return replace(TENANT, mapping=build_mapping(own))


def bad(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(one.level.value, one.subject, one.problem) for one in found if one.level is not Level.FINE]


def test_the_default_mapping_fits_an_org_with_the_shipped_metadata(salesforce: SalesforceClient) -> None:
    found = check_mapping(tenant=TENANT, salesforce=salesforce)
    assert bad(found) == []
    assert found[0].problem.endswith("entries of the mapping fit Order and Chat2Pay_Payment_Request__c.")


def test_amounts_of_the_orgs_own_are_named_where_totals_are_read_without_tax(salesforce: SalesforceClient) -> None:
    found = check_mapping(tenant=mapped(), salesforce=salesforce)
    assert bad(found) == []
    (told,) = [one.problem for one in found if one.subject == "read.profiles"]
    assert told.startswith("Totals are read from TotalAmount, without tax.")
    assert "Grand_Total__c, Sub_Total__c, Tax__c. Where they say what customers pay" in told
    assert not any(one.subject == "read.profiles" for one in check_mapping(tenant=TENANT, salesforce=salesforce))


def test_a_number_that_is_not_read_is_named_as_it_has_to_be_typed(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    org.objects["Account"].append(described("PersonMobilePhone", "phone", length=40))
    (told,) = [one for one in check_mapping(tenant=TENANT, salesforce=salesforce) if one.subject == "read.phones"]
    assert told.remedy == "Add Account.PersonMobilePhone to read.phones."


OWN = replace(TENANT, core=replace(TENANT.core, base_url="https://pay.acme.example"))
LINES = [
    lookup("OrderId", "Order", "Order"), lookup("Product2Id", "Product2", "Product2"),
    described("Quantity", "double"), described("TotalPrice", "currency"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("objects", "entry", "problem"),
    [
        ({}, "object", "The org shows our user no object OrderItem, where the lines of orders are."),
        ({"OrderItem": LINES}, "name", "Product2.Name cannot be read: The object before it shows our user no Name."),
        (
            {"OrderItem": LINES[:-1], "Product2": [described("Name", "string")]},
            "amount", "TotalPrice cannot be read: OrderItem shows our user no TotalPrice.",
        ),
        (
            {"OrderItem": [*LINES[:-1], described("TotalPrice", "string")], "Product2": [described("Name", "string")]},
            "amount", "TotalPrice of OrderItem is of type string, not a number or currency field.",
        ),
    ],
)  # fmt: skip
def test_lines_that_cannot_be_read_are_a_hint_and_nothing_that_stops(
    org: DescribedOrg, salesforce: SalesforceClient, objects: dict[str, Any], entry: str, problem: str
) -> None:
    org.objects |= objects
    found = check_mapping(tenant=OWN, salesforce=salesforce)
    assert bad(found) == [("soon", f"read.lines.{entry}", problem)]
    assert found[1].remedy.endswith("Set read.lines to null where customers are to read the total alone.")


def test_lines_are_looked_at_where_the_core_is_our_own_and_takes_them(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    switched_off = replace(OWN, mapping=build_mapping({"read": {"lines": None}}))
    for tenant in (TENANT, switched_off):
        assert bad(check_mapping(tenant=tenant, salesforce=salesforce)) == []
    org.objects |= {"OrderItem": LINES, "Product2": [described("Name", "string")]}
    assert bad(check_mapping(tenant=OWN, salesforce=salesforce)) == []


BY_CONTACT = {
    "query": "SELECT Consent__c FROM Choice__c WHERE Contact__c = {contact_id}", "yes": ["true"], "unknown": "ask",
}  # fmt: skip
BY_NUMBER = {**BY_CONTACT, "query": "SELECT Consent__c FROM Choice__c WHERE Number__c = {phone}"}
BY_ORDER = {"field": "Chat2Pay_Payment_State__c", "yes": ["paid"], "unknown": "ask"}


@pytest.mark.parametrize(
    ("consents", "base_url", "is_read"),
    [
        ({}, TENANT.core.base_url, False),
        ({"sms": BY_ORDER}, TENANT.core.base_url, False),
        ({"sms": BY_NUMBER}, TENANT.core.base_url, False),
        ({"sms": BY_CONTACT}, TENANT.core.base_url, True),
        ({"sms": BY_ORDER, "whatsapp": BY_CONTACT}, TENANT.core.base_url, True),
        ({}, OWN.core.base_url, True),
    ],
    ids=[
        "nobody asks",
        "a field of the order",
        "a query by number",
        "a query by contact",
        "one of two queries",
        "our own core",
    ],
)
def test_the_contact_is_looked_at_where_something_reads_it(
    salesforce: SalesforceClient, consents: dict[str, Any], base_url: str, *, is_read: bool
) -> None:
    tenant = mapped(read={"contact": "Nobody__c"}, consents=consents)
    tenant = replace(tenant, core=replace(tenant.core, base_url=base_url))
    found = check_mapping(tenant=tenant, salesforce=salesforce)
    assert ("read.contact" in {one.subject for one in found}) is is_read


def test_every_entry_that_is_written_has_its_need_and_no_other() -> None:
    assert set(ORDER_NEEDS) == set(defaults()["write_order"])
    assert set(REQUEST_NEEDS) == set(defaults()["write_request"])


def test_each_object_is_described_once_and_anew_in_every_check(org: DescribedOrg, salesforce: SalesforceClient) -> None:
    check_mapping(tenant=TENANT, salesforce=salesforce)
    assert sorted(org.asked) == ["Account", REQUESTS, "Contact", "Order"]
    org.drop("Order", "Tax__c")
    assert bad(check_mapping(tenant=TENANT, salesforce=salesforce)) != []


def changed(object_name: str, name: str, **said: Any) -> Change:
    return lambda org: org.field(object_name, name).update(said)


def dropped(object_name: str, name: str) -> Change:
    return lambda org: org.drop(object_name, name)


def picklist(*values: str) -> list[dict[str, Any]]:
    return [{"value": value, "active": True} for value in values]


# (what is changed in the org, level, entry, sentence)
BROKEN: list[tuple[Change, str, str, str]] = [
    (lambda org: org.objects.pop("Order"), "wrong", "order_object", "The org shows our user no object Order."),
    (
        lambda org: org.objects.pop(REQUESTS),
        "wrong", "request_object", "The org shows our user no object Chat2Pay_Payment_Request__c.",
    ),
    (
        dropped("Order", "Tax__c"),
        "wrong", "read.profiles.order_custom.tax", "Tax__c cannot be read: Order shows our user no Tax__c.",
    ),
    (
        changed("Order", "Grand_Total__c", type="string"),
        "wrong", "read.profiles.order_custom.total", "Grand_Total__c is of type string, not a number or currency field.",
    ),
    (
        changed("Contact", "MobilePhone", type="double"),
        "wrong", "read.phones.0", "BillToContact.MobilePhone is of type double, not a phone or text field.",
    ),
    (
        dropped("Order", "BillToContactId"),
        "wrong", "read.phones.0", "BillToContact.MobilePhone cannot be read: Order shows our user no BillToContact.",
    ),
    (
        dropped("Order", "Chat2Pay_Amount_Due__c"),
        "wrong", "write_order.amount_due", "The org shows our user no field Order.Chat2Pay_Amount_Due__c.",
    ),
    (
        changed("Order", "Chat2Pay_Paid_At__c", updateable=False),
        "wrong", "write_order.paid_at", "Our user may not edit Order.Chat2Pay_Paid_At__c.",
    ),
    (
        changed(REQUESTS, "Status__c", createable=False),
        "wrong", "write_request.status", "Our user may not edit Chat2Pay_Payment_Request__c.Status__c.",
    ),
    (
        lambda org: org.readonly_objects.add(REQUESTS),
        "wrong", "request_object", "Our user may not create and edit Chat2Pay_Payment_Request__c.",
    ),
    (
        changed("Order", "Chat2Pay_Reference__c", length=20),
        "wrong", "write_order.request_reference", "Order.Chat2Pay_Reference__c holds 20 characters and 40 can come.",
    ),
    (
        changed(REQUESTS, "Message_State__c", length=5),
        "wrong", "write_request.message_state",
        "Chat2Pay_Payment_Request__c.Message_State__c holds 5 characters and 9 can come.",
    ),
    (
        changed(REQUESTS, "Order__c", referenceTo=["Account"]),
        "wrong", "write_request.order", "Chat2Pay_Payment_Request__c.Order__c refers to Account, not to Order.",
    ),
    (
        changed(REQUESTS, "Phone_Changed__c", type="string", length=5),
        "wrong", "write_request.phone_changed",
        "Chat2Pay_Payment_Request__c.Phone_Changed__c is of type string, not a checkbox.",
    ),
    (
        changed(REQUESTS, "Status__c", type="double"),
        "wrong", "write_request.status",
        "Chat2Pay_Payment_Request__c.Status__c is of type double, not a text field.",
    ),
    (
        dropped(REQUESTS, "Team__c"),
        "soon", "write_request.optional",
        "The org does not let our user write 1 fields of Chat2Pay_Payment_Request__c: Team__c.",
    ),
    (
        changed(REQUESTS, "Sent_Hour__c", updateable=False),
        "soon", "write_request.optional",
        "The org does not let our user write 1 fields of Chat2Pay_Payment_Request__c: Sent_Hour__c.",
    ),
    (
        changed(REQUESTS, "Reference__c", unique=False),
        "wrong", "request_external_id", "Chat2Pay_Payment_Request__c.Reference__c is not a unique external id.",
    ),
    (
        changed(REQUESTS, "Reference__c", externalId=False),
        "wrong", "request_external_id", "Chat2Pay_Payment_Request__c.Reference__c is not a unique external id.",
    ),
    (
        dropped(REQUESTS, "Reference__c"),
        "wrong", "request_external_id", "Chat2Pay_Payment_Request__c.Reference__c is missing.",
    ),
    (
        changed("Order", "Chat2Pay_Payment_State__c", restrictedPicklist=True, picklistValues=picklist("unpaid", "paid")),
        "wrong", "write_order.payment_state",
        "Order.Chat2Pay_Payment_State__c is a restricted picklist without the values requested, part_paid, authorized, "
        "in_review, overpaid, reversed.",
    ),
    (
        changed("Order", "Chat2Pay_Payment_State__c", picklistValues=[{"value": "paid", "active": False}]),
        "soon", "write_order.payment_state",
        "Order.Chat2Pay_Payment_State__c does not list unpaid, requested, part_paid, authorized, in_review, paid, overpaid, "
        "reversed.",
    ),
    (
        changed("Order", "Chat2Pay_Amount_Paid__c", scale=0),
        "soon", "write_order.amount_paid", "Order.Chat2Pay_Amount_Paid__c has 0 decimal places, fewer than ZAR.",
    ),
    (
        lambda org: org.rules is None or org.rules.remove("Order"),
        "wrong", "write_order.version.rule", "Order has no active validation rule Chat2Pay_Version_Never_Goes_Back.",
    ),
    (
        lambda org: org.rules is None or org.rules.remove(REQUESTS),
        "wrong", "write_request.version.rule",
        "Chat2Pay_Payment_Request__c has no active validation rule Chat2Pay_Version_Never_Goes_Back.",
    ),
    (
        lambda org: setattr(org, "rule_message", "This record already holds a newer version of its payment fields."),
        "soon", "write_order.version.rule",
        "The validation rule Chat2Pay_Version_Never_Goes_Back of Order is of an older version, or its message was changed: the "
        "token [chat2pay:newer-version] is missing.",
    ),
    (
        lambda org: org.objects["Order"].append(described("CurrencyIsoCode", "picklist", values=["ZAR", "USD"])),
        "wrong", "read.currency", "This org has several currencies, and the mapping reads no order's own.",
    ),
    (
        lambda org: org.objects["Account"].append(described("PersonMobilePhone", "phone", length=40)),
        "soon", "read.phones", "This org has person accounts, and their mobile number is not read.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "level", "entry", "wrong"), BROKEN, ids=[f"{row[1]}-{row[2]}-{row[3][:40]}" for row in BROKEN]
)
def test_what_one_change_in_the_org_breaks_is_named(
    org: DescribedOrg, salesforce: SalesforceClient, change: Change, level: str, entry: str, wrong: str
) -> None:
    change(org)
    found = check_mapping(tenant=TENANT, salesforce=salesforce)
    assert (level, entry, wrong) in bad(found)
    assert all(one.remedy and one.impact for one in found if one.level is not Level.FINE)
    assert len({one.subject for one in found}) == len(found)


# (the tenant's own entries, level, entry, sentence)
MAPPED: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"read": {"currency": "CurrencyIsoCode"}},
        "wrong", "read.currency", "CurrencyIsoCode cannot be read: this org has one currency only.",
    ),
    (
        {"read": {"phones": ["Account.PersonMobilePhone"]}},
        "wrong", "read.phones.0", "Account.PersonMobilePhone cannot be read: this org has no person accounts.",
    ),
    (
        {"read": {"profiles": [{"total": "grand_total__c"}]}},
        "wrong", "read.profiles.own.total",
        "grand_total__c names grand_total__c, and the org calls it Grand_Total__c: its answers would not be understood.",
    ),
    (
        {"read": {"phones": ["billtocontact.Phone"]}},
        "wrong", "read.phones.0",
        "billtocontact.Phone names billtocontact, and the org calls it BillToContact: its answers would not be understood.",
    ),
    (
        {"order_object": "OrderSummary"},
        "wrong", "order_object", "The org shows our user no object OrderSummary.",
    ),
    (
        {"payable": [{"field": "Status", "one_of": ["Ready", "Approved"]}]},
        "wrong", "payable.0.field",
        "Status is never Ready or Approved in this org, and only such orders may be asked for money.",
    ),
    (
        {"payable": [{"field": "Status", "one_of": ["Ready", "Activated"]}]},
        "soon", "payable.0.field", "Status is never Ready in this org, and only such orders may be asked for money.",
    ),
    (
        {"payable": [{"field": "Kind__c", "one_of": ["x"]}]},
        "wrong", "payable.0.field", "Kind__c cannot be read: Order shows our user no Kind__c.",
    ),
    (
        {"consents": {"sms": {"field": "Account.Locale__c", "yes": ["sure"], "unknown": "ask"}}},
        "soon", "consents.sms.field", "Account.Locale__c is never sure in this org.",
    ),
    (
        {"write_status": {"values": {"paid": "Paid"}}},
        "wrong", "write_status.values", "Order.Status has no value Paid.",
    ),
    (
        {"write_status": {"field": "State__c", "values": {"paid": "Paid"}}},
        "wrong", "write_status.field", "The org shows our user no field Order.State__c.",
    ),
    (
        {"write_order": {"version": None}},
        "wrong", "write_order.version", "No version is written to Order.",
    ),
    (
        {"write_request": {"version": None}},
        "wrong", "write_request.version", "No version is written to Chat2Pay_Payment_Request__c.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("own", "level", "entry", "wrong"), MAPPED, ids=[f"{row[1]}-{row[2]}-{row[3][:30]}" for row in MAPPED]
)
def test_what_a_mapping_asks_of_an_org_that_has_it_not_is_named(
    salesforce: SalesforceClient, own: dict[str, Any], level: str, entry: str, wrong: str
) -> None:
    assert (level, entry, wrong) in bad(check_mapping(tenant=mapped(**own), salesforce=salesforce))


def test_of_a_status_that_may_not_be_written_no_value_is_missed(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    changed("Order", "Status", updateable=False)(org)
    found = bad(check_mapping(tenant=mapped(write_status={"values": {"paid": "Paid"}}), salesforce=salesforce))
    assert [entry for _, entry, _ in found] == ["write_status.field"]


@pytest.mark.parametrize(
    ("kind", "words", "never"),
    [
        ("boolean", ["true", "false"], None),
        ("boolean", ["Yes", "false"], "May_Write__c is never Yes in this org."),
        ("picklist", ["Yes", "No"], None),
        ("picklist", ["true", "No"], "May_Write__c is never true in this org."),
        ("string", ["whatever", "No"], None),
    ],
)
def test_the_words_of_a_consent_are_those_that_its_field_can_have(
    org: DescribedOrg, salesforce: SalesforceClient, kind: str, words: list[str], never: str | None
) -> None:
    org.objects["Order"].append(described("May_Write__c", kind, values=["Yes", "No"]))
    rule = {"field": "May_Write__c", "yes": words[:1], "no": words[1:], "unknown": "ask"}
    found = bad(check_mapping(tenant=mapped(consents={"sms": rule}), salesforce=salesforce))
    assert [problem for _, entry, problem in found if entry == "consents.sms.field"] == ([never] if never else [])


def _hide_all_we_write(org: DescribedOrg) -> None:
    for name in defaults()["write_order"].values():
        org.drop("Order", name)


@pytest.mark.parametrize(
    ("spoil", "entry"),
    [
        (lambda org: org.readonly_objects.add("Order"), "write_order"),
        (_hide_all_we_write, "write_order"),
        (lambda org: org.readonly_objects.add(REQUESTS), "request_object"),
    ],
)
def test_a_whole_object_that_our_user_lacks_is_one_finding_that_names_the_permission_set(
    org: DescribedOrg, salesforce: SalesforceClient, spoil: Change, entry: str
) -> None:
    spoil(org)
    found = [one for one in check_mapping(tenant=TENANT, salesforce=salesforce) if one.level is Level.WRONG]
    assert [one.subject for one in found] == [entry]
    assert "Permission Set" in found[0].remedy


def test_states_without_a_status_are_told_and_nothing_is_wrong_with_them(salesforce: SalesforceClient) -> None:
    found = check_mapping(tenant=mapped(write_status={"values": {"paid": "Activated"}}), salesforce=salesforce)
    assert bad(found) == []
    assert "Status stays as it is for unpaid, requested, part_paid" in " ".join(one.problem for one in found)


def test_a_rule_that_our_user_may_not_look_at_is_not_called_missing(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    org.rules = None
    assert bad(check_mapping(tenant=TENANT, salesforce=salesforce)) == []


def test_an_org_that_does_not_answer_is_no_finding() -> None:
    with (
        responses.RequestsMock() as wire,
        PeerSession(peer="salesforce", total_timeout=2, repeat_reads=False) as session,
    ):
        wire.post(TOKEN, status=503, body="busy")
        with pytest.raises(SalesforceUnavailable):
            check_mapping(tenant=TENANT, salesforce=client_over(session))


def summaries(org: DescribedOrg, *taken: str) -> None:
    """Switch Order Management on; of the shipped fields a summary has those that are ``taken``."""
    org.objects["OrderSummary"] = [
        described("OrderNumber", "string", length=255),
        described("Status", "picklist", values=["Created", "Approved"], updateable=False),
        described("BillingPhoneNumber", "phone", length=40),
        described("GrandTotalAmount", "currency", scale=2, updateable=False),
        described("TotalTaxAmount", "currency", scale=2, updateable=False),
        lookup("AccountId", "Account", "Account"),
        lookup("BillToContactId", "Contact", "BillToContact"),
        lookup("OriginalOrderId", "Order", "OriginalOrder"),
        *[org.field("Order", name) for name in taken],
    ]


def test_a_summary_that_takes_no_version_leaves_the_payment_fields_to_its_original_order(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    summaries(org)
    found = check_mapping(tenant=mapped(order_object="OrderSummary"), salesforce=salesforce)
    assert bad(found) == []
    assert "so its original order takes the payment fields" in " ".join(one.problem for one in found)
    org.drop("Order", "Chat2Pay_Amount_Due__c")
    found = check_mapping(tenant=mapped(order_object="OrderSummary"), salesforce=salesforce)
    assert [one[1] for one in bad(found)] == ["write_order.amount_due"]


def test_a_summary_whose_original_order_our_user_may_not_see_is_told(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    summaries(org)
    org.objects.pop("Order")
    found = bad(check_mapping(tenant=mapped(order_object="OrderSummary"), salesforce=salesforce))
    assert ("wrong", "original", "The org shows our user no object Order.") in found


def test_a_summary_takes_what_the_org_lets_us_write_and_the_rest_is_told(
    org: DescribedOrg, salesforce: SalesforceClient
) -> None:
    summaries(org, "Chat2Pay_Version__c", "Chat2Pay_Payment_State__c")
    org.rules = None
    found = bad(check_mapping(tenant=mapped(order_object="OrderSummary"), salesforce=salesforce))
    assert [(level, entry) for level, entry, _ in found] == [("soon", "order_object")]
    assert "does not let us write request_status, request_reference, amount_due" in found[0][2]

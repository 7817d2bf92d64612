"""Each field of a record says one thing: a request and an order of which no two values are alike are written whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

import manifests
from connector.domain.payments.balance import OrderBalance, OrderPaymentState
from connector.domain.payments.payment import Channel, Person, Purpose
from connector.domain.payments.status import Link, Message, Money, States
from connector.domain.tenants.mapping import StatusRule
from connector.salesforce.metadata.describe import read_description
from connector.salesforce.metadata.field_requirements import OPTIONAL_REQUEST_FIELDS
from connector.salesforce.orders.order_record import NOT_IN_ORG, OrderChange, order_record, order_target
from connector.salesforce.orders.request_facts import LeftOut, RequestFacts
from connector.salesforce.orders.request_record import corrected_record, request_record
from foundation.phones.phone import Phone
from tests.factories import make_tenant
from tests.unit.examples import NOW, THANDI, make_request

OURS = manifests.load("core/ours.json")
ORDER, ORIGINAL = "801xx0000001gEhAAI", "801xx0000002AbCAAU"
SIPHO = Person("005xx000001X8VbAAK", "Sipho")
BALANCE = OrderBalance(
    state=OrderPaymentState.PART_PAID,
    due=Decimal("115.00"),
    paid=Decimal("10.00"),
    authorized=Decimal("60.00"),
    reversed=Decimal("5.00"),
    paid_at=NOW + timedelta(minutes=4),
)
REQUEST = make_request(
    reference="c2p_2",
    purpose=Purpose.PART,
    amount=Decimal("75.00"),
    currency="USD",
    channel=Channel.WHATSAPP,
    language="af",
    phone=Phone("27831234567"),
    phone_changed=True,
    handled_by=SIPHO,
    states=States(message=Message.FAILED, link=Link.OPENED, money=Money.AUTHORIZED),
    live=True,
    replaces="c2p_1",
    core_status="PAYMENT_AUTHORIZED",
    link_reference="link-2",
    reconciliation_reference="TRN-2",
    reason="a reason",
    authorized=Decimal("75.00"),
    captured=Decimal("12.00"),
    reversed=Decimal("3.00"),
    sent_at=NOW + timedelta(minutes=1),
    opened_at=NOW + timedelta(minutes=3),
    finished_at=NOW + timedelta(minutes=7),
    paid_at=NOW + timedelta(minutes=5),
    consent_basis="on_call",
    consent_at=NOW + timedelta(seconds=30),
    message_failure="landline",
    attention="disputed",
    do_not_ship=True,
    version=6,
)
CHANGE = OrderChange(
    order_id=ORDER,
    version=9,
    currency="USD",
    balance=BALANCE,
    requests=(REQUEST,),
    latest=REQUEST,
    changed_at=NOW + timedelta(minutes=8),
    original_id=ORIGINAL,
    every=(make_request(), REQUEST),
    unwritten=frozenset({REQUEST.reference}),
)
FACTS = RequestFacts(
    names=frozenset(OPTIONAL_REQUEST_FIELDS),
    takes_owner=True,
    zone=ZoneInfo("Pacific/Kiritimati"),
    teams={THANDI.user_id: "Durban", SIPHO.user_id: "Gqeberha"},
)


def test_an_order_has_each_of_its_sums_and_times_in_its_own_field() -> None:
    mapping = make_tenant().mapping
    assert order_record(CHANGE, order_target(mapping)) == {
        "attributes": {"type": "Order"},
        "id": ORDER,
        "Chat2Pay_Payment_State__c": "part_paid",
        "Chat2Pay_Status__c": "authorized",
        "Chat2Pay_Reference__c": "c2p_2",
        "Chat2Pay_Amount_Due__c": Decimal("115.00"),
        "Chat2Pay_Amount_Paid__c": Decimal("10.00"),
        "Chat2Pay_Amount_Authorized__c": Decimal("60.00"),
        "Chat2Pay_Amount_Reversed__c": Decimal("5.00"),
        "Chat2Pay_Paid_At__c": "2026-11-21T10:04:00.000Z",
        "Chat2Pay_Changed_At__c": "2026-11-21T10:08:00.000Z",
        "Chat2Pay_Version__c": 9,
    }


def test_a_request_has_each_of_its_words_sums_times_and_people_in_its_own_field() -> None:
    assert request_record(REQUEST, make_tenant(), CHANGE, FACTS) == {
        "attributes": {"type": "Chat2Pay_Payment_Request__c"},
        "Reference__c": "c2p_2",
        "Order__c": ORDER,
        "Status__c": "authorized",
        "Core_Status__c": "PAYMENT_AUTHORIZED",
        "Message_State__c": "failed",
        "Link_State__c": "opened",
        "Money_State__c": "authorized",
        "Purpose__c": "part",
        "Channel__c": "whatsapp",
        "Language__c": "af",
        "Phone_Ending__c": "4567",
        "Phone_Changed__c": True,
        "Consent_Basis__c": "on_call",
        "Consent_At__c": "2026-11-21T10:00:30.000Z",
        "Currency__c": "USD",
        "Amount__c": Decimal("75.00"),
        "Amount_Paid__c": Decimal("9.00"),
        "Amount_Authorized__c": Decimal("60.00"),
        "Amount_Reversed__c": Decimal("3.00"),
        "Environment__c": "SANDBOX",
        "Requested_By__c": "Thandi",
        "Requested_By_User__c": THANDI.user_id,
        "Handled_By__c": "Sipho",
        "Handled_By_User__c": SIPHO.user_id,
        "OwnerId": THANDI.user_id,
        "Team__c": "Durban",
        "Replaces__c": "c2p_1",
        "Link_Reference__c": "link-2",
        "Reconciliation_Reference__c": "TRN-2",
        "Outcome_Reason__c": "a reason",
        "Sent_At__c": "2026-11-21T10:01:00.000Z",
        "Opened_At__c": "2026-11-21T10:03:00.000Z",
        "Finished_At__c": "2026-11-21T10:07:00.000Z",
        # The day and the hour are the org's, which is in tomorrow already.
        "Sent_Date__c": "2026-11-22",
        "Sent_Hour__c": 0,
        "Seconds_To_Open__c": 120,
        "Seconds_To_Pay__c": 240,
        "Attempt__c": 2,
        "Probable_Preview__c": False,
        "Message_Failure__c": "This is a landline, or a number that takes no text messages.",
        "Attention__c": OURS["attention"]["disputed"],
        "Do_Not_Ship__c": True,
        "Needs_Person__c": True,
        "Order_Updated__c": True,
        "Chat2Pay_Version__c": 6,
    }


AGENT, QUEUE = THANDI.user_id, "00Gxx0000000001AAA"
L = LeftOut


@pytest.mark.parametrize(
    ("left_out", "is_new", "refused", "owner", "names_people"),
    [
        (L.NOTHING, True, False, AGENT, True),
        (L.USER_LOOKUPS, True, False, AGENT, False),
        (L.AGENT, True, False, QUEUE, False),
        (L.ALL_OPTIONAL, True, False, None, None),
        # Whom the org refuses as owner is not tried again, and what was left out already is not written for it.
        (L.NOTHING, True, True, QUEUE, False),
        (L.USER_LOOKUPS, True, True, QUEUE, False),
        (L.ALL_OPTIONAL, True, True, None, None),
        # A record that is there has an owner, who is the org's own matter.
        (L.NOTHING, False, False, None, True),
        (L.NOTHING, False, True, None, True),
        (L.USER_LOOKUPS, False, True, None, False),
    ],
)
def test_a_record_names_its_people_as_far_as_the_org_takes_them(
    left_out: LeftOut, is_new: bool, refused: bool, owner: str | None, names_people: bool | None
) -> None:
    facts = replace(FACTS, queue_id=QUEUE, refused_owners=frozenset({AGENT} if refused else ()))
    change = CHANGE if is_new else replace(CHANGE, unwritten=frozenset({"c2p_1"}))
    record = request_record(REQUEST, make_tenant(), change, facts, left_out)
    assert record.get("OwnerId") == owner
    both = ("Requested_By_User__c" in record, "Handled_By_User__c" in record)
    assert both == ((True, True) if names_people else (False, False))
    assert ("Attempt__c" in record) is (names_people is not None), "the other optional fields"
    assert ("Team__c" in record) is (is_new and names_people is not None)
    assert (record["Requested_By__c"], record["Handled_By__c"]) == ("Thandi", "Sipho")


@pytest.mark.parametrize(("takes_owner", "queue_id"), [(False, QUEUE), (True, None)])
def test_no_owner_is_written_where_the_org_takes_none_or_has_no_queue(takes_owner: bool, queue_id: str | None) -> None:
    facts = replace(FACTS, takes_owner=takes_owner, queue_id=queue_id)
    assert "OwnerId" not in request_record(REQUEST, make_tenant(), CHANGE, facts, L.AGENT)


@pytest.mark.parametrize(
    ("names_people", "refused", "people"),
    [
        (False, False, {}),
        (True, False, {"OwnerId": AGENT, "Team__c": "Durban"}),
        (True, True, {"OwnerId": QUEUE, "Team__c": "Durban"}),
    ],
)
def test_a_correction_writes_what_became_of_the_order_and_people_where_they_are_due(
    names_people: bool, refused: bool, people: dict[str, str]
) -> None:
    facts = replace(FACTS, queue_id=QUEUE, refused_owners=frozenset({AGENT} if refused else ()))
    change = replace(CHANGE, order_refused=True)
    assert corrected_record(REQUEST, make_tenant(), change, facts, names_people=names_people) == {
        "attributes": {"type": "Chat2Pay_Payment_Request__c"},
        "Reference__c": "c2p_2",
        "Needs_Person__c": True,
        "Order_Updated__c": False,
        "Chat2Pay_Version__c": 6,
        **people,
    }


@pytest.mark.parametrize(
    ("is_summary", "withheld", "order", "summary"),
    [
        (False, None, ORDER, None),
        (True, None, ORIGINAL, ORDER),
        # Salesforce refuses a lookup to what is deleted or hidden from us, and the record with it.
        (False, NOT_IN_ORG, None, None),
        (True, NOT_IN_ORG, ORIGINAL, None),
        (False, "ORDER_TOTAL_UNREADABLE", ORDER, None),
    ],
)
def test_a_request_refers_to_its_order_and_to_the_summary_that_the_order_is(
    is_summary: bool, withheld: str | None, order: str | None, summary: str | None
) -> None:
    tenant = make_tenant(mapping={"order_object": "OrderSummary"} if is_summary else {})
    fields = {**tenant.mapping.write_request, "order_summary": "Order_Summary__c"}
    tenant = replace(tenant, mapping=replace(tenant.mapping, write_request=fields))
    record = request_record(REQUEST, tenant, replace(CHANGE, withheld=withheld), FACTS)
    assert (record["Order__c"], record["Order_Summary__c"]) == (order, summary)
    assert record["Order_Updated__c"] is (withheld is None)


@pytest.mark.parametrize(
    ("values", "writes_status", "status"),
    [
        ({"part_paid": "Partly paid"}, True, "Partly paid"),
        ({"part_paid": "Partly paid"}, False, None),
        ({"paid": "Paid"}, True, None),
    ],
)
def test_a_status_is_written_for_a_state_that_has_one_until_it_was(
    values: dict[str, str], writes_status: bool, status: str | None
) -> None:
    mapping = make_tenant().mapping
    mapping = replace(mapping, write_status=StatusRule("Payment_Status__c", values))
    record = order_record(replace(CHANGE, writes_status=writes_status), order_target(mapping))
    assert record.get("Payment_Status__c") == status
    assert "Status" not in record


@pytest.mark.parametrize("updateable", [True, False])
def test_a_summarys_status_is_written_where_we_may_change_it(updateable: bool) -> None:
    mapping = make_tenant(mapping={"order_object": "OrderSummary"}).mapping
    ours = [{"name": name, "updateable": True} for name in mapping.write_order.values()]
    status = {"name": mapping.write_status.field, "updateable": updateable}
    target = order_target(mapping, read_description({"name": "OrderSummary", "fields": [*ours, status]}))
    assert (target.is_original, target.status) == (False, mapping.write_status if updateable else None)
    assert target.fields == mapping.write_order


def test_what_was_not_sent_yet_has_no_times_and_what_the_orgs_zone_says_stays_where_it_is_not_known() -> None:
    nothing = replace(
        REQUEST,
        sent_at=None,
        opened_at=None,
        finished_at=None,
        consent_at=None,
        paid_at=None,
        attention=None,
        do_not_ship=None,
    )
    record = request_record(nothing, make_tenant(), CHANGE, FACTS)
    times = ("Sent_At__c", "Sent_Date__c", "Sent_Hour__c", "Opened_At__c", "Finished_At__c", "Consent_At__c")
    assert {record[name] for name in (*times, "Seconds_To_Open__c", "Seconds_To_Pay__c", "Attention__c")} == {None}
    assert record["Do_Not_Ship__c"] is False
    placeless = request_record(REQUEST, make_tenant(), CHANGE, replace(FACTS, zone=None))
    assert {"Sent_Date__c", "Sent_Hour__c"}.isdisjoint(placeless)
    assert placeless["Sent_At__c"] == "2026-11-21T10:01:00.000Z"
    bare = request_record(REQUEST, make_tenant(), CHANGE)
    assert {"Attempt__c", "OwnerId", "Team__c", "Requested_By_User__c"}.isdisjoint(bare), (
        "of an org that lacks our fields"
    )


def test_an_attention_that_has_no_sentence_says_that_somebody_must_look() -> None:
    record = request_record(replace(REQUEST, attention="of tomorrow"), make_tenant(), CHANGE, FACTS)
    assert "needs a person" in record["Attention__c"]


def test_a_person_is_an_owner_only_as_a_user_of_the_org() -> None:
    by_key = replace(REQUEST, requested_by=Person("key_1", "A flow"), handled_by=Person(ORDER, "An order"))
    record = request_record(by_key, make_tenant(), CHANGE, FACTS)
    assert (record["Requested_By__c"], record["Handled_By__c"]) == ("A flow", "An order")
    assert (record["Requested_By_User__c"], record["Handled_By_User__c"]) == (None, None)
    assert {"OwnerId", "Team__c"}.isdisjoint(record)

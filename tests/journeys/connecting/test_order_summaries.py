"""Order Management: an order summary is opened in its order's place, and takes the payment fields where the org allows it."""

from __future__ import annotations

import pytest

from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.inspection.diagnostics import write_back
from connector.salesforce.queries.cloned_orders import read_marked_orders
from tests.factories import THANDI, envelope, long_id, sign
from tests.journeys.connecting.test_mapping import mapped, paid, records
from tests.journeys.world import World, sentence_on
from tests.peers.describing import described, shipped

SUMMARY, ORIGINAL = long_id("1Osxx0000004CAz"), long_id("801xx0000001gEh")
FIELDS = {field["name"] for field in shipped("Order")}


def summaries(world: World, *taken: str) -> str:
    """Switch Order Management on; a summary takes the fields that are ``taken``."""
    fields = [described(name, "string", updateable=name in taken) for name in sorted(FIELDS)]
    world.org.describes["OrderSummary"] = {"name": "OrderSummary", "fields": fields}
    mapped(world, order_object="OrderSummary")
    world.org.add_order(ORIGINAL)
    return world.org.add_order(
        SUMMARY, THANDI, OriginalOrderId=ORIGINAL, OriginalOrder={}, GrandTotalAmount=115.0, TotalTaxAmount=15.0,
        BillingPhoneNumber="+27 82 765 4321",
    )  # fmt: skip


def test_a_summary_is_opened_by_its_own_ids_only(world: World) -> None:
    page = world.open(summaries(world))
    assert page.data["order"]["tax"] == "15.00"
    assert page.data["order"]["sub_total"] == "100.00"
    assert world.look(page)["phone"] == "27827654321"
    assert " FROM OrderSummary WHERE Id = " in world.org.queries[0][1]
    refused = world.post_launch(sign(envelope(ORIGINAL)))
    assert sentence_on(refused) == "Open this from an order."


def test_a_summary_that_takes_no_version_sends_its_payment_fields_to_the_original_order(world: World) -> None:
    page = world.open(summaries(world))
    paid(world, page)
    assert records(world, SUMMARY) == []
    (record,) = records(world, ORIGINAL)
    assert record["attributes"] == {"type": "Order"}
    assert record["Chat2Pay_Payment_State__c"] == "paid"
    assert [one["Order__c"] for one in world.org.requests.values()] == [ORIGINAL]
    assert world.row("outbox")["state"] == "written"


@pytest.mark.parametrize("taken", [(), ("Chat2Pay_Version__c", "Chat2Pay_Payment_State__c")], ids=["none", "ours"])
def test_doctor_writes_a_field_back_where_an_orders_fields_are_and_looks_for_no_clones(
    world: World, taken: tuple[str, ...]
) -> None:
    page = world.open(summaries(world, *taken))
    paid(world, page)
    before, salesforce = len(world.org.pushed), world.services.salesforce
    found = write_back(salesforce, world.acme, SUMMARY)
    queries = len(world.org.queries)
    (written,) = world.org.pushed[before:]
    assert written == {
        "attributes": {"type": "OrderSummary" if taken else "Order"}, "id": SUMMARY if taken else ORIGINAL,
        "Chat2Pay_Payment_State__c": "paid",
    }  # fmt: skip
    assert found is not None
    assert found.outcome is RecordOutcome.WRITTEN
    assert read_marked_orders(salesforce, world.acme) == []
    assert len(world.org.queries) == queries, "nothing clones a summary"


def test_a_summary_takes_the_fields_that_describe_calls_updateable_and_no_other(world: World) -> None:
    page = world.open(summaries(world, "Chat2Pay_Version__c", "Chat2Pay_Payment_State__c"))
    paid(world, page)
    (record,) = records(world, SUMMARY)
    assert record == {
        "attributes": {"type": "OrderSummary"}, "id": SUMMARY, "Chat2Pay_Payment_State__c": "paid",
        "Chat2Pay_Version__c": world.row("orders")["version"],
    }  # fmt: skip
    assert records(world, ORIGINAL) == []


def test_a_summary_without_an_original_order_is_refused_visibly_and_its_request_record_is_written(world: World) -> None:
    page = world.open(summaries(world))
    world.org.orders[SUMMARY]["OriginalOrderId"] = None
    paid(world, page)
    row = world.row("outbox")
    assert (row["state"], row["reason"]) == ("refused", "NO_ORIGINAL_ORDER")
    assert [one["Status__c"] for one in world.org.requests.values()] == ["paid"]

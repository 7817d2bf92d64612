"""Record a payment in Salesforce Order Management: the Payment by our key, then its order payment summary.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_payment.htm
https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_sfom_order_payment_summaries.htm
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.domain.tenants.tenant import Tenant, is_salesforce_id, long_id
from connector.salesforce.calls.composite import Collection
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.metadata.describe import ObjectDescription

PAYMENT, KEY = "Payment", "Chat2Pay_External_Id__c"
_SUMMARY, _SUMMARIES = "OrderPaymentSummaryId", "commerce/order-management/order-payment-summaries"
_READ = "read_order_payments"
_REFERENCE = re.compile(r"[\w-]{1,40}")


@dataclass(frozen=True)
class KnownPayment:
    """A Payment of ours in the org: its id, its amount, and whether an order payment summary holds it."""

    payment_id: str
    amount: Decimal
    is_summarized: bool


@dataclass(frozen=True)
class PaymentPlace:
    """The order summary that a payment belongs to, None where the order has none yet, and our Payments of its request."""

    summary_id: str | None
    account_id: str | None
    payments: Mapping[str, KnownPayment]


def read_place(salesforce: SalesforceClient, tenant: Tenant, order_id: str, reference: str) -> PaymentPlace:
    """Read where a request's payments belong, and which of them the org has, in one call.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    of_order = "Id" if tenant.mapping.order_object == "OrderSummary" else "OriginalOrderId"
    if not _REFERENCE.fullmatch(reference):
        raise ValueError("not a reference of ours")
    start = reference.replace("_", "\\_")
    rows = salesforce.queries(
        tenant,
        {
            # Both values were checked above: neither holds a quote.
            "summary": f"SELECT Id, AccountId FROM OrderSummary WHERE {of_order} = '{long_id(order_id)}'",  # noqa: S608
            "payments": f"SELECT Id, {KEY}, Amount, {_SUMMARY} FROM {PAYMENT} WHERE {KEY} LIKE '{start}:%'",  # noqa: S608
        },
        operation=_READ,
    )
    summary = rows["summary"][0] if rows["summary"] else {}
    # LIKE ignores case: only keys that really are this request's count.
    ours = [one for one in rows["payments"] if str(one[KEY]).startswith(f"{reference}:")]
    known = {
        str(one[KEY]): KnownPayment(long_id(one["Id"]), Decimal(str(one["Amount"])), bool(one.get(_SUMMARY)))
        for one in ours
    }
    return PaymentPlace(summary.get("Id"), summary.get("AccountId"), known)


def payment_record(key: str, amount: Decimal, currency: str, account_id: str | None, reference: str) -> dict[str, Any]:
    """Return the fields of a Payment that is final at once: made outside of Salesforce, and never changed."""
    # A Capture must belong to a PaymentAuthorization, which we do not write: what was taken is a Sale.
    return {
        KEY: key,
        "Amount": amount,
        "ProcessingMode": "External",
        "Status": "Processed",
        "Type": "Sale",
        "GatewayRefNumber": reference,
        "AccountId": account_id,
        "CurrencyIsoCode": currency,
    }


def what_is_missing(described: ObjectDescription | None, record: Mapping[str, Any]) -> str | None:
    """Return why the org takes no such Payment: what it lacks or closes, or the first field that it demands beside ours."""
    if described is None or not described.createable:
        return PAYMENT
    closed = [name for name in (KEY, "Amount", "ProcessingMode", "Status", "Type") if not _takes(described, name)]
    if closed:
        return closed[0]
    given = {name.lower() for name, value in record.items() if value is not None}
    return next(
        (f"required {one.name}" for name, one in described.fields.items() if one.required and name not in given), None
    )


def _takes(described: ObjectDescription, name: str) -> bool:
    field = described.field(name)
    return field is not None and field.createable


def create_payment(
    salesforce: SalesforceClient, tenant: Tenant, described: ObjectDescription, record: Mapping[str, Any]
) -> RecordResult:
    """Insert a Payment by its key, with the fields that the org has. One that exists is final and refuses a change.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: of the whole call.
    """
    key = str(record[KEY])
    fields = {name: value for name, value in record.items() if value is not None and _takes(described, name)}
    row = {"attributes": {"type": PAYMENT}, **fields}
    one = Collection(name="payments", path=f"/{PAYMENT}/{KEY}", records=[row], keys=[key], are_orders=False)
    found = salesforce.write(tenant, one, operation="record_payment").requests
    return found.get(key, RecordResult(RecordOutcome.PASSING))


def summarize(salesforce: SalesforceClient, tenant: Tenant, summary_id: str, payment_id: str) -> bool:
    """Create the order payment summary of a Payment; return whether the org says that it did.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: of the whole call.
    """
    body = {"orderSummaryId": summary_id, "paymentIds": [payment_id]}
    answers = salesforce.post(tenant, _SUMMARIES, body, operation="create_order_payment_summary")
    made = answers[0].get("orderPaymentSummaryId") if answers else None
    return isinstance(made, str) and is_salesforce_id(made)

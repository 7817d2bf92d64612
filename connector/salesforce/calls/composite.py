"""Build the bodies of Composite calls, and read the result of each of their parts.

At most 25 subrequests, of which 5 may be collections or queries; the call itself always answers 200.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from connector.domain.health.push_refusal import RefusedPart, make_refusal
from connector.domain.tenants.tenant import Tenant, read_id
from connector.errors import SalesforceRefused, SalesforceUnavailable
from connector.salesforce.errors.codes import RecordOutcome, classify_errors, error_list
from connector.salesforce.errors.records import RecordResult, record_result, unreadable_result
from connector.salesforce.orders.order_record import OrderChange, OrderTarget, order_record
from connector.salesforce.orders.request_facts import NO_FACTS, LeftOut, RequestFacts
from connector.salesforce.orders.request_record import request_record

# The most records that one collection may hold.
# https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm
COLLECTION = 200
_NEXT_PAGE = re.compile(r"/services/data/v\d{2,3}\.\d/(query/[0-9A-Za-z-]{1,80})")


@dataclass(frozen=True)
class PushResult:
    """Per-record results of one call: orders by order id, payment requests by reference."""

    orders: dict[str, RecordResult]
    requests: dict[str, RecordResult]


@dataclass(frozen=True)
class Collection:
    """One subrequest of a Composite call: up to 200 records of one type, and the keys of their results."""

    name: str
    path: str
    records: list[dict[str, Any]]
    keys: list[str]
    are_orders: bool

    def subrequest(self, api_version: str) -> dict[str, Any]:
        """Return the subrequest of the Composite call."""
        url = f"/services/data/v{api_version}/composite/sobjects{self.path}"
        return {
            "method": "PATCH",
            "url": url,
            "referenceId": self.name,
            "body": {"allOrNone": False, "records": self.records},
        }

    def sort_into(self, result: PushResult, part: dict[str, Any] | None) -> None:
        """Add every record's outcome to the result, under its key."""
        results = result.orders if self.are_orders else result.requests
        status = _status_of(part)
        body = part.get("body") if part else None
        # Results carry no key of ours: they are matched by their position, so the count must be right.
        if status == 200 and isinstance(body, list) and len(body) == len(self.keys):
            of_each = RefusedPart.ORDER if self.are_orders else RefusedPart.REQUEST
            results.update({key: _record_result(record, of_each) for key, record in zip(self.keys, body, strict=True)})
            return
        # The subrequest failed as a whole, and each of its records with it.
        results.update(dict.fromkeys(self.keys, _shared_result(status, body)))


def collections_of(
    tenant: Tenant, target: OrderTarget, changes: Sequence[OrderChange], facts: RequestFacts = NO_FACTS
) -> Iterator[Collection]:
    """Yield the collections of a push, those of payment requests first."""
    # Requests first: their records are the originals, and an order's payment fields only summarise them.
    yield from request_collections(tenant, changes, facts)
    changes = [change for change in changes if target.record_id(change) and not change.withheld]
    for start in range(0, len(changes), COLLECTION):
        few = changes[start : start + COLLECTION]
        yield Collection(
            name=f"orders{start}",
            path="",
            records=[order_record(change, target) for change in few],
            keys=[change.order_id for change in few],
            are_orders=True,
        )


def request_collections(
    tenant: Tenant, changes: Sequence[OrderChange], facts: RequestFacts, left_out: LeftOut = LeftOut.NOTHING
) -> Iterator[Collection]:
    """Yield the collections of the changed requests, as upserts by our reference."""
    records = [
        (request.reference, request_record(request, tenant, change, facts, left_out))
        for change in changes
        for request in change.requests
    ]
    yield from upserts(tenant, records)


def upserts(tenant: Tenant, records: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[Collection]:
    """Yield collections that upsert request records, which are given with their references."""
    mapping = tenant.mapping
    for start in range(0, len(records), COLLECTION):
        some = records[start : start + COLLECTION]
        yield Collection(
            name=f"requests{start}",
            path=f"/{mapping.request_object}/{mapping.request_external_id}",
            records=[record for _, record in some],
            keys=[reference for reference, _ in some],
            are_orders=False,
        )


def withheld_results(target: OrderTarget, changes: Sequence[OrderChange]) -> dict[str, RecordResult]:
    """Return the results of orders whose own fields are not written: the order is hidden, or its total is unreadable."""
    results: dict[str, RecordResult] = {}
    for change in changes:
        if change.withheld and not change.is_missing:
            refusal = make_refusal(RefusedPart.CALL, change.withheld)
            results[change.order_id] = RecordResult(RecordOutcome.SLOW, change.withheld, refusal)
        elif change.withheld or target.record_id(change) is None:
            # The mapping writes to the summary's original order, and that order is not known.
            code = change.withheld or "NO_ORIGINAL_ORDER"
            results[change.order_id] = RecordResult(RecordOutcome.REFUSED, code, make_refusal(RefusedPart.ORDER, code))
    return results


def _record_result(record: Any, part: RefusedPart) -> RecordResult:
    if not isinstance(record, dict):
        return unreadable_result(part)
    if not record.get("success"):
        return record_result(record.get("errors"), part)
    return RecordResult(
        RecordOutcome.WRITTEN, record_id=read_id(record.get("id")), created=record.get("created") is True
    )


def _shared_result(status: int, body: Any) -> RecordResult:
    """Return the result of records without one of their own."""
    result = record_result(body, RefusedPart.COLLECTION)
    # A server error with no code, or with one that means nothing here, is retried soon: our writes are absolute values.
    if result.outcome in (RecordOutcome.SLOW, RecordOutcome.NEWER) and not _is_client_error(status):
        return replace(result, outcome=RecordOutcome.PASSING)
    return result


def composite_body(calls: Sequence[Collection], api_version: str) -> dict[str, Any]:
    """Return the body of a call that writes ``calls`` in their order; a record that fails undoes no other."""
    return _body([call.subrequest(api_version) for call in calls])


def read_results(calls: Sequence[Collection], answer: dict[str, Any]) -> PushResult:
    """Return every record's result; one that is missing from the answer counts as a temporary failure."""
    by_id = _parts(answer)
    result = PushResult(orders={}, requests={})
    for call in calls:
        call.sort_into(result, by_id.get(call.name))
    return result


def queries_body(named: dict[str, str], api_version: str, *, with_deleted: Container[str] = ()) -> dict[str, Any]:
    """Return the body of a call that runs several queries; those ``with_deleted`` include the recycle bin.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm
    """
    paths = {
        name: query_path(soql, resource="queryAll" if name in with_deleted else "query") for name, soql in named.items()
    }
    return reads_body(paths, api_version)


def query_path(soql: str, *, resource: str = "query") -> str:
    """Return the path of a query below ``/services/data/vNN.N/``."""
    return f"{resource}?q={quote(soql, safe='')}"


def reads_body(paths: dict[str, str], api_version: str) -> dict[str, Any]:
    """Return the body of a call that reads several resources, given by their paths below ``/services/data/vNN.N/``."""
    base = f"/services/data/v{api_version}/"
    return _body([{"method": "GET", "url": base + path, "referenceId": name} for name, path in paths.items()])


def first_page(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the body of the answer to one query."""
    body = _parts(answer).get(name, {}).get("body")
    return body if isinstance(body, dict) else {}


def next_page(page: dict[str, Any]) -> str | None:
    """Return the path of a query's next page below ``/services/data/vNN.N/``; None on the last page."""
    # The path comes from an answer, and our token is sent to it: no other form is followed.
    found = _NEXT_PAGE.fullmatch(str(page.get("nextRecordsUrl") or ""))
    return found[1] if found else None


def read_rows(named: dict[str, str], answer: dict[str, Any], *, operation: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each query by its name.

    Raises:
        SalesforceRefused: one of the queries was refused; SalesforceUnavailable: an answer is missing.
    """
    return {name: read_part(name, answer, operation=operation).get("records", []) for name in named}


def read_part(name: str, answer: dict[str, Any], *, operation: str) -> dict[str, Any]:
    """Return the body of the answer to one read.

    Raises:
        SalesforceRefused: it was refused; SalesforceUnavailable: its answer is missing.
    """
    part = _parts(answer).get(name)
    body = part.get("body") if part else None
    if _status_of(part) == 200 and isinstance(body, dict):
        return body
    outcome, code = classify_errors(error_list(body))
    refused = outcome in (RecordOutcome.REFUSED, RecordOutcome.SLOW) and _is_client_error(_status_of(part))
    error = SalesforceRefused if refused else SalesforceUnavailable
    raise error("Salesforce refused a read.", operation=operation, reason=code)


def _body(parts: list[dict[str, Any]]) -> dict[str, Any]:
    # Collating would let Salesforce regroup our subrequests; ours are collections already, in an order that matters.
    return {"allOrNone": False, "collateSubrequests": False, "compositeRequest": parts}


def _parts(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the parts of an answer by reference id; anything of another shape counts as missing."""
    parts = answer.get("compositeResponse")
    every = parts if isinstance(parts, list) else []
    return {str(part.get("referenceId")): part for part in every if isinstance(part, dict)}


def _status_of(part: dict[str, Any] | None) -> int:
    status = part.get("httpStatusCode") if part else None
    return status if isinstance(status, int) else 0


def _is_client_error(status: int) -> bool:
    return 400 <= status < 500

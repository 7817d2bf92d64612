"""What has changed in a span of time: the resources of data replication.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getupdated.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.permissions.access import visibility_filter
from sandbox.org.records.store import Row, recycle_bin_of
from sandbox.org.wire.errors import ApiError
from sandbox.org.wire.times import format_time, parse_time

_OLDEST_UPDATE = timedelta(days=30)
_OLDEST_DELETION = timedelta(days=15)


@dataclass(frozen=True)
class Span:
    """The time from `start` to `end` that a replication call asks about."""

    start: datetime
    end: datetime

    def covers(self, row: Row) -> bool:
        """Return whether the row was changed in this time."""
        # [A] The end excluded, so that two spans in a row name a change once.
        return self.start <= parse_time(row["SystemModstamp"]) < self.end


@routes.add("GET", "sobjects/{object_name}/updated")
def list_updated(call: ApiCall, *, object_name: str) -> ApiResponse:
    """Answer the ids of the records that were changed in a time."""
    kind = call.metadata.object_named(object_name)
    span = _span(call)
    if span.start < datetime.now(UTC) - _OLDEST_UPDATE:
        raise ApiError("INVALID_REPLICATION_DATE", "startDate cannot be more than 30 days ago")
    visible = visibility_filter(call.user, kind.name, records=call.org.records)
    ids = [row["Id"] for row in call.org.records.rows(kind.name) if span.covers(row) and visible(row)]
    return ApiResponse(200, {"ids": ids, "latestDateCovered": format_time(span.end)})


@routes.add("GET", "sobjects/{object_name}/deleted")
def list_deleted(call: ApiCall, *, object_name: str) -> ApiResponse:
    """Answer the ids of the records that were deleted in a time."""
    kind = call.metadata.object_named(object_name)
    span = _span(call)
    oldest = datetime.now(UTC) - _OLDEST_DELETION
    visible = visibility_filter(call.user, kind.name, records=call.org.records)
    deleted = [
        {"deletedDate": row["SystemModstamp"], "id": row["Id"]}
        for row in call.org.records.rows(recycle_bin_of(kind.name))
        if span.covers(row) and parse_time(row["SystemModstamp"]) >= oldest and visible(row)
    ]
    organization = call.org.records.get("Organization", call.org.keys.org_id) or {}
    return ApiResponse(
        200,
        {
            "deletedRecords": deleted,
            # Nothing is ever purged here, so the recycle bin reaches back to the org's first day.
            "earliestDateAvailable": organization["CreatedDate"],
            "latestDateCovered": format_time(span.end),
        },
    )


def _span(call: ApiCall) -> Span:
    """Return the span, whose seconds Salesforce ignores. Raises ApiError."""
    start, end = (_minute(call.param(name)) for name in ("start", "end"))
    if end - start <= timedelta(minutes=1):
        message = "startDate must chronologically precede endDate by more than one minute"
        raise ApiError("INVALID_REPLICATION_DATE", message)
    # What has not happened yet is not covered: the next call starts from what is.
    return Span(start, min(end, datetime.now(UTC)))


def _minute(text: str) -> datetime:
    try:
        return parse_time(text).replace(second=0, microsecond=0)
    except ValueError as error:
        raise ApiError("INVALID_REPLICATION_DATE", f"not a date and time with a zone: {text[:40]}") from error

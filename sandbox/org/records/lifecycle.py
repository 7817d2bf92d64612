"""New rows, computed fields, and the recycle bin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.org.metadata.countries import pair_countries
from sandbox.org.metadata.objects import Metadata, ObjectType
from sandbox.org.records.field_values import parse_field_value
from sandbox.org.records.store import RecordStore, Row, recycle_bin_of
from sandbox.org.wire.times import format_time

FIRST_ORDER_NUMBER = 102
ORG_CURRENCY = "ZAR"


def new_row(kind: ObjectType, *, records: RecordStore, user_id: str) -> Row:
    """Return a row with its id, its number and its owner, and nothing else."""
    now = format_time(datetime.now(UTC))
    row: Row = {name: False if field.type == "boolean" else None for name, field in kind.fields.items()}
    row |= {"Id": records.next_id(kind.name), "CreatedById": user_id, "LastModifiedById": user_id}
    row |= {"CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now}
    if "OwnerId" in kind.fields:
        row["OwnerId"] = user_id
    if "CurrencyIsoCode" in kind.fields:
        row["CurrencyIsoCode"] = ORG_CURRENCY
    if kind.name == "Order":
        row["OrderNumber"] = f"{records.next_number('Order', first=FIRST_ORDER_NUMBER):08d}"
        # An order without products totals nothing; it is never blank.
        row["TotalAmount"] = Decimal("0.00")
    elif kind.name == "OrderItem":
        row["OrderItemNumber"] = f"{records.next_number('OrderItem'):010d}"
    elif kind.auto_number:
        prefix, _, digits = kind.auto_number.partition("{")
        row["Name"] = f"{prefix}{records.next_number(kind.name):0{len(digits) - 1}d}"
    return row


def set_computed_fields(kind: ObjectType, row: Row, *, records: RecordStore) -> None:
    """Fill in what the org works out from other fields."""
    if kind.name == "Order":
        codes = {status["ApiName"]: status["StatusCode"] for status in records.rows("OrderStatus")}
        # An unknown status counts as a draft, so that it can still be corrected.
        row["StatusCode"] = codes.get(row.get("Status"), "Draft")
    elif kind.name == "OrderItem":
        row["TotalPrice"] = (row.get("Quantity") or Decimal(0)) * (row.get("UnitPrice") or Decimal(0))
    elif kind.name in ("Contact", "Individual") or row.get("IsPersonAccount"):
        row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)


def load_row(
    records: RecordStore,
    metadata: Metadata,
    *,
    object_name: str,
    values: Mapping[str, Any],
    user_id: str,
    record_id: str = "",
) -> Row:
    """Store a new row as an admin or a data loader would: without checks of rights, with read-only fields. Raises ApiError."""
    kind = metadata.every[object_name]
    row = new_row(kind, records=records, user_id=user_id) | pair_countries(parse_values(kind, values))
    if record_id:
        row["Id"] = record_id
    set_computed_fields(kind, row, records=records)
    with records.transaction():
        records.put(object_name, row)
    return row


def delete_row(records: RecordStore, metadata: Metadata, *, object_name: str, row: Row) -> None:
    """Put a row into the recycle bin; custom lookups to it become empty, as ``SetNull`` defines."""
    # The deletion moves SystemModstamp, by which queryAll and /deleted find it.
    gone = row | {"IsDeleted": True, "SystemModstamp": format_time(datetime.now(UTC))}
    with records.transaction():
        records.remove(object_name, row["Id"])
        records.put(recycle_bin_of(object_name), gone)
        for kind in metadata.every.values():
            # Only custom lookups: what happens to standard children depends on each object, and nothing of ours reads it.
            lookups = [one.name for one in kind.fields.values() if one.custom and one.reference_to == object_name]
            for other in records.rows(kind.name) if lookups else ():
                emptied: Row = {name: None for name in lookups if other.get(name) == row["Id"]}
                if emptied:
                    records.put(kind.name, other | emptied)


def undelete_row(records: RecordStore, *, object_name: str, record_id: str) -> Row | None:
    """Take a row out of the recycle bin; None where it is not in there."""
    row = records.get(recycle_bin_of(object_name), record_id)
    if row is None:
        return None
    # [A] Salesforce restores lookups at the record that nobody has filled since; here they stay empty.
    back = row | {"IsDeleted": False, "SystemModstamp": format_time(datetime.now(UTC))}
    with records.transaction():
        records.remove(recycle_bin_of(object_name), record_id)
        records.put(object_name, back)
    return back


def parse_values(kind: ObjectType, values: Mapping[str, Any]) -> Row:
    """Return the values as rows store them; names that begin with an underscore are marks and stay unchanged."""
    return {
        name: value if name.startswith("_") else parse_field_value(kind.field_named(name), value)
        for name, value in values.items()
    }

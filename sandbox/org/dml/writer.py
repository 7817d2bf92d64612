"""Insert, update, upsert and delete of one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sandbox.org.dml.external_ids import AmbiguousExternalId
from sandbox.org.dml.owners import check_owner
from sandbox.org.faults.counts import CallCounts
from sandbox.org.faults.injector import FaultInjector
from sandbox.org.faults.refusals import Refusals
from sandbox.org.metadata.formulas import RecordChange
from sandbox.org.metadata.objects import Field, Metadata, ObjectType
from sandbox.org.notifications.events import EventBus, is_event
from sandbox.org.permissions.access import CUSTOM_PERMISSIONS, can_write_object, check_edit_access, visibility_filter
from sandbox.org.records.field_values import parse_field_value
from sandbox.org.records.lifecycle import delete_row, new_row, set_computed_fields
from sandbox.org.records.order_payments import check_draft
from sandbox.org.records.order_summaries import check_financial_fields
from sandbox.org.records.store import RecordStore, Row, recycle_bin_of
from sandbox.org.wire.errors import ApiError, entity_is_deleted, malformed_id, not_found
from sandbox.org.wire.ids import MalformedId, canonical_id
from sandbox.org.wire.times import format_time


class RecordWriter:
    """The one way by which API calls change records."""

    def __init__(self, *, metadata: Metadata, records: RecordStore, faults: FaultInjector, counts: CallCounts) -> None:
        self._metadata = metadata
        self._records = records
        self._faults = faults
        self._counts = counts
        self.refusals = Refusals()
        self.bus = EventBus()

    def create(self, user: Row, kind: ObjectType, *, values: Mapping[str, Any]) -> str:
        """Return the new record's id. Raises ApiError."""
        self._check_writable(user, kind)
        given = self._read_values(kind, values)
        self._check_object_access(user, kind)
        self._faults.check_row_lock()
        # Refused on purpose after what the caller did wrong: a test of a refusal must not hide an error in the call.
        self.refusals.check_record(kind.name, record_id="", given=given)
        # An event has no row, no rules and no flows: it is on the bus once it is published.
        if is_event(kind.name):
            return self._publish(user, kind, given)
        # From here with every field: what the user does not see is required, computed and checked by rules all the same.
        kind = self._metadata.every[kind.name]
        row = new_row(kind, records=self._records, user_id=user["Id"]) | given
        self._check_required(kind, row)
        row = self._play_flows(kind, row, before=None, user=user)
        return self._save(kind, row=row, before=None, user=user)

    def _publish(self, user: Row, kind: ObjectType, given: Row) -> str:
        """Return the id of the event message, which is no record's."""
        if self._faults.refuses_events():
            raise ApiError("PLATFORM_EVENT_PUBLISHING_UNAVAILABLE", "Publishing is temporarily unavailable")
        return self.bus.publish(kind.name, given, user_id=user["Id"], allowed=self._faults.plan.event_limit)

    def update(self, user: Row, kind: ObjectType, *, record_id: object, values: Mapping[str, Any]) -> str:
        """Return the record's id. Raises ApiError, NOT_FOUND also where the user may not see it."""
        before = self.visible_row(user, kind, record_id=record_id)
        self._check_writable(user, kind)
        check_edit_access(user, kind.name, row=before)
        given = self._read_values(kind, values)
        self._check_object_access(user, kind)
        # Order Management lets nobody else change the money of an order that it manages; without it there are no summaries.
        if kind.name == "Order" and "OrderSummary" in self._metadata.objects:
            check_financial_fields(before, given, kind=kind, records=self._records)
        if kind.name == "Payment":
            check_draft(before)
        self._faults.check_row_lock()
        self.refusals.check_record(kind.name, record_id=before["Id"], given=given)
        kind = self._metadata.every[kind.name]
        # With every field of the row: a flow sees and sets what this user may not.
        row = self._play_flows(kind, before | given, before=before, user=user)
        return self._save(kind, row=row, before=before, user=user)

    def upsert(
        self, user: Row, kind: ObjectType, *, key: Field, key_value: object, values: Mapping[str, Any]
    ) -> tuple[str, bool]:
        """Return (id, created). Raises ApiError."""
        # An empty key would match every record without one.
        if key_value in (None, ""):
            raise ApiError("MISSING_ARGUMENT", f"{key.name} not specified", fields=(key.name,))
        value = parse_field_value(key, key_value)
        before = self.find_by_key(kind, key, value=value)
        if before is not None:
            return self.update(user, kind, record_id=before["Id"], values=values), False
        # An Id is given by the org: one that names nothing creates nothing.
        if key.name == "Id":
            raise not_found()
        return self.create(user, kind, values={**values, key.name: value}), True

    def delete(self, user: Row, kind: ObjectType, *, record_id: object) -> str:
        """Put a record into the recycle bin, and return its id. Raises ApiError."""
        row = self.visible_row(user, kind, record_id=record_id)
        self._check_writable(user, kind)
        check_edit_access(user, kind.name, row=row)
        self._check_object_access(user, kind)
        self._faults.check_row_lock()
        delete_row(self._records, self._metadata, object_name=kind.name, row=row)
        self._counts.add(records=1)
        return str(row["Id"])

    def visible_row(self, user: Row, kind: ObjectType, *, record_id: object) -> Row:
        """Return the row. Raises ApiError MALFORMED_ID or NOT_FOUND."""
        try:
            row = self._records.get(kind.name, canonical_id(record_id))
        except MalformedId as error:
            raise malformed_id(record_id, field="Id") from error
        if self._is_deleted(kind.name, record_id):
            raise entity_is_deleted()
        # Alike on purpose: whoever may not see a record does not learn that it exists.
        if row is None or not visibility_filter(user, kind.name, records=self._records)(row):
            raise not_found()
        return row

    def _save(self, kind: ObjectType, *, row: Row, before: Row | None, user: Row) -> str:
        """Run the checks that Salesforce runs last, and store the row."""
        # Only where a source of theirs can have changed: most writes of the connector touch none.
        if before is None or before.get("Status") != row.get("Status") or kind.name == "Contact":
            set_computed_fields(kind, row, records=self._records)
        change = RecordChange(before, row, custom_permissions=user.get(CUSTOM_PERMISSIONS) or ())
        # Left out: the first rule that fails ends the save, where Salesforce reports all of them, as `refusals` can.
        for rule in kind.rules:
            message = self.refusals.rule_message(kind.name, rule)
            if message is not None:
                replace(rule, message=message).check(change)
        # [A] Last, as a database does it: a row that a rule refuses is never called a duplicate.
        self._check_unique(kind, row)
        now = format_time(datetime.now(UTC))
        row |= {"LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": user["Id"]}
        with self._records.transaction():
            self._records.put(kind.name, row)
        self._counts.add(records=1)
        return str(row["Id"])

    def _play_flows(self, kind: ObjectType, row: Row, *, before: Row | None, user: Row) -> Row:
        """Return a row as the active flows leave it: after the system's own checks, before the custom rules."""
        # https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_triggers_order_of_execution.htm
        if kind.flows:
            active = {one["ApiName"] for one in self._records.rows("FlowDefinitionView") if one["ActiveVersionId"]}
            for flow in kind.flows:
                if flow.name in active:
                    row = flow.play(row, before=before, custom_permissions=user.get(CUSTOM_PERMISSIONS) or ())
        return row

    def _check_writable(self, user: Row, kind: ObjectType) -> None:
        if kind.readonly:
            raise ApiError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type {kind.name} cannot be written")
        if not user.get("_edits_orders"):
            raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object", status=403)

    def _check_object_access(self, user: Row, kind: ObjectType) -> None:
        # [A] After the fields: which of two refusals comes first is not documented.
        if not can_write_object(user, kind):
            raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object", status=403)

    def _check_required(self, kind: ObjectType, row: Row) -> None:
        required = (field.name for field in kind.fields.values() if field.required and not field.readonly)
        missing = tuple(name for name in required if row.get(name) is None)
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise ApiError("REQUIRED_FIELD_MISSING", message, fields=missing)

    def _check_unique(self, kind: ObjectType, row: Row) -> None:
        for field in kind.unique_fields():
            other = self._records.find_unique(kind.name, field.name, value=row.get(field.name))
            if other is not None and other["Id"] != row["Id"]:
                message = f"duplicate value found: {field.name} duplicates value on record with id: {other['Id'][:15]}"
                raise ApiError("DUPLICATE_VALUE", message, fields=(field.name,))

    def _read_values(self, kind: ObjectType, values: Mapping[str, Any]) -> Row:
        read: Row = {}
        for name, value in values.items():
            # It names the record and is no field; collections and trees send it with each record.
            if name == "attributes":
                continue
            field = kind.field_named(name)
            # [A] The first of several is named. A field that this user may only read looks alike, on purpose.
            if field.readonly:
                message = (
                    f"Unable to create/update fields: {field.name}. Please check the security settings of this field "
                    "and verify that it is read/write for your profile or permission set."
                )
                raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=(field.name,))
            read[field.name] = parse_field_value(field, value)
            if field.reference_to and read[field.name] is not None:
                self._check_reference(kind, field, read[field.name])
        return read

    def _is_deleted(self, object_name: str, record_id: object) -> bool:
        return self._records.get(recycle_bin_of(object_name), canonical_id(record_id)) is not None

    def _check_reference(self, kind: ObjectType, field: Field, record_id: str) -> None:
        if field.name == "OwnerId" and kind.custom:
            check_owner(self._records, kind, record_id)
            return
        if self._is_deleted(field.reference_to, record_id):
            raise entity_is_deleted()
        if self._records.get(field.reference_to, record_id) is None:
            message = f"{field.label}: id value of incorrect type or not found: {record_id}"
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", message, fields=(field.name,))

    def find_by_key(self, kind: ObjectType, key: Field, *, value: Any) -> Row | None:
        """Return the row that the key names. Raises AmbiguousExternalId."""
        if key.name == "Id":
            return self._records.get(kind.name, value)
        if key.unique:
            return self._records.find_unique(kind.name, key.name, value=value)
        # An external id need not be unique, and then an upsert can meet two records.
        found = [row for row in self._records.rows(kind.name) if row.get(key.name) == value]
        if len(found) > 1:
            raise AmbiguousExternalId(key, value, ids=[row["Id"] for row in found])
        return found[0] if found else None

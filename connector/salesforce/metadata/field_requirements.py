"""The requirements on the Salesforce fields that we read and write: type, length and picklist values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connector.domain.payments.balance import OrderPaymentState
from connector.domain.payments.payment import Channel, Purpose
from connector.domain.payments.status import Link, Message, Money, Status
from connector.domain.people.consent import ConsentBasis
from connector.domain.tenants.tenant import CoreConfiguration
from connector.salesforce.metadata.describe import FieldDescription


class ValueKind(StrEnum):
    """The kind of value that a field holds, as the end of a sentence: "is not …"."""

    AMOUNT = "a number or currency field"
    WHOLE = "a number field"
    TEXT = "a text field"
    PHONE = "a phone or text field"
    MOMENT = "a date and time field"
    CHECKBOX = "a checkbox"
    DATE = "a date field"
    RECORD = "a lookup to the right object"
    ANY = "a field"


# Salesforce's field types that can hold each kind:
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
_TEXT = frozenset({"string", "picklist", "combobox", "textarea"})
_TYPES: Mapping[ValueKind, frozenset[str]] = {
    ValueKind.AMOUNT: frozenset({"currency", "double", "int"}),
    ValueKind.WHOLE: frozenset({"double", "int"}),
    ValueKind.TEXT: _TEXT,
    ValueKind.PHONE: frozenset({"phone", "string"}),
    ValueKind.MOMENT: frozenset({"datetime"}),
    ValueKind.CHECKBOX: frozenset({"boolean"}),
    ValueKind.DATE: frozenset({"date"}),
    ValueKind.RECORD: frozenset({"reference"}),
}


@dataclass(frozen=True)
class FieldRequirement:
    """The requirement on one field: texts up to ``length``, all picklist values of ``words``, a lookup to ``refers_to``."""

    kind: ValueKind
    length: int = 0
    words: tuple[str, ...] = ()
    refers_to: str | None = None


READ_AMOUNT = FieldRequirement(ValueKind.AMOUNT)
_WHOLE = FieldRequirement(ValueKind.WHOLE)
_CHECKBOX = FieldRequirement(ValueKind.CHECKBOX)
_USER = FieldRequirement(ValueKind.RECORD, refers_to="User")
READ_PHONE = FieldRequirement(ValueKind.PHONE)
READ_TEXT = FieldRequirement(ValueKind.TEXT)
READ_ANY = FieldRequirement(ValueKind.ANY)
_REFERENCE = FieldRequirement(ValueKind.TEXT, length=40)
_NAME = FieldRequirement(
    ValueKind.TEXT, length=121
)  # User.FirstName has 40 characters and LastName 80, with a space between
_MOMENT = FieldRequirement(ValueKind.MOMENT)
_AMOUNT = FieldRequirement(ValueKind.AMOUNT)


def _one_of(words: Sequence[str]) -> FieldRequirement:
    return FieldRequirement(ValueKind.TEXT, words=tuple(str(word) for word in words))


ORDER_NEEDS: Mapping[str, FieldRequirement] = {
    "payment_state": _one_of([*OrderPaymentState]),
    "request_status": _one_of([*Status]),
    "request_reference": _REFERENCE,
    "amount_due": _AMOUNT,
    "amount_paid": _AMOUNT,
    "amount_authorized": _AMOUNT,
    "amount_reversed": _AMOUNT,
    "paid_at": _MOMENT,
    "changed_at": _MOMENT,
    "version": FieldRequirement(ValueKind.WHOLE),
}
REQUEST_NEEDS: Mapping[str, FieldRequirement] = {
    "order": FieldRequirement(ValueKind.RECORD, refers_to="Order"),
    "order_summary": FieldRequirement(ValueKind.RECORD, refers_to="OrderSummary"),
    "status": _one_of([*Status]),
    "core_status": FieldRequirement(ValueKind.TEXT, length=64),
    "message_state": _one_of([*Message]),
    "link_state": _one_of([*Link]),
    "money_state": _one_of([*Money]),
    "purpose": _one_of([*Purpose]),
    "channel": _one_of([*Channel]),
    "language": FieldRequirement(ValueKind.TEXT, length=16),
    "phone_ending": FieldRequirement(ValueKind.TEXT, length=4),
    "phone_changed": FieldRequirement(ValueKind.CHECKBOX),
    "consent_basis": _one_of([*ConsentBasis]),
    "consent_at": _MOMENT,
    "currency": FieldRequirement(ValueKind.TEXT, length=3),
    "amount": _AMOUNT,
    "amount_paid": _AMOUNT,
    "amount_authorized": _AMOUNT,
    "amount_reversed": _AMOUNT,
    "environment": _one_of(["SANDBOX", "PRODUCTION"]),
    "requested_by": _NAME,
    "handled_by": _NAME,
    "replaces": _REFERENCE,
    "link_reference": FieldRequirement(ValueKind.TEXT, length=80),
    "reconciliation_reference": FieldRequirement(ValueKind.TEXT, length=120),
    "outcome_reason": FieldRequirement(ValueKind.TEXT, length=64),
    "sent_at": _MOMENT,
    "opened_at": _MOMENT,
    "finished_at": _MOMENT,
    "version": FieldRequirement(ValueKind.WHOLE),
    "requested_by_user": _USER,
    "handled_by_user": _USER,
    "sent_date": FieldRequirement(ValueKind.DATE),
    "sent_hour": _WHOLE,
    "seconds_to_open": _WHOLE,
    "seconds_to_pay": _WHOLE,
    "attempt": _WHOLE,
    "probable_preview": _CHECKBOX,
    "message_failure": FieldRequirement(ValueKind.TEXT, length=120),
    "attention": FieldRequirement(ValueKind.TEXT, length=160),
    "do_not_ship": _CHECKBOX,
    "team": FieldRequirement(ValueKind.TEXT, length=80),
    "needs_person": _CHECKBOX,
    "order_updated": _CHECKBOX,
}
# Fields that an org with older metadata lacks: the record is written without them, and doctor names them.
OPTIONAL_REQUEST_FIELDS: tuple[str, ...] = (
    *("requested_by_user", "handled_by_user", "sent_date", "sent_hour", "seconds_to_open", "seconds_to_pay", "attempt"),
    *("probable_preview", "message_failure", "team", "needs_person", "order_updated", "attention", "do_not_ship"),
)


def unmet_requirement(need: FieldRequirement, field: FieldDescription) -> str | None:
    """Return why a field does not meet the requirement, as the end of a sentence; None where it does."""
    types = _TYPES.get(need.kind)
    if types is not None and field.type not in types:
        return f"is of type {field.type}, not {need.kind}"
    if need.refers_to is not None and need.refers_to not in field.refers_to:
        return f"refers to {' or '.join(field.refers_to) or 'nothing'}, not to {need.refers_to}"
    longest = max([need.length, *map(len, need.words)])
    if field.type in ("string", "textarea") and field.length < longest:
        return f"holds {field.length} characters and {longest} can come"
    missing = missing_words(need, field)
    # An unrestricted picklist takes values that it does not list.
    if missing and field.restricted:
        return f"is a restricted picklist without the values {', '.join(missing)}"
    return None


def missing_words(need: FieldRequirement, field: FieldDescription) -> list[str]:
    """Return the values that we write and the picklist does not have."""
    return [word for word in need.words if word not in field.values] if field.type == "picklist" else []


def lost_digits(need: FieldRequirement, field: FieldDescription, core: CoreConfiguration) -> str | None:
    """Return a currency with more decimal places than the field holds; None where there is none."""
    if need.kind is not ValueKind.AMOUNT:
        return None
    scale = 0 if field.type == "int" else field.scale
    return next((currency for currency in core.currencies if core.digits_of(currency) > scale), None)

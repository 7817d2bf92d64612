"""Knows how an order is asked for, read and written in Salesforce's words, by the tenant's mapping; refuses free text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.domain.mapping import Mapping, Profile
from connector.domain.money import ZERO, AmountError, is_currency, read_amount
from connector.domain.order import Order, OrderProblem, first_phone, sum_problem
from connector.domain.payment import OrderBalance, PaymentRequest
from connector.domain.phone import Phone, PhoneError, read_phone
from connector.domain.tenant import Tenant, is_salesforce_id, long_id

Record = dict[str, Any]


@dataclass(frozen=True)
class OrderChange:
    """What Salesforce must be told of one order: absolute values, and the requests that changed since."""

    order_id: str
    version: int
    currency: str
    balance: OrderBalance
    requests: tuple[PaymentRequest, ...]
    latest: PaymentRequest | None
    changed_at: datetime


def order_query(mapping: Mapping, order_id: str) -> str:
    """Return the one SOQL query that reads all we need of an order. ``order_id`` must be a Salesforce id.

    Raises:
        ValueError: it is not; ids go into SOQL, so nothing else may.
    """
    if not is_salesforce_id(order_id):
        raise ValueError("not a Salesforce id")
    wanted = _fields_read(mapping)
    return f"SELECT {', '.join(wanted)} FROM {mapping.order_object} WHERE Id = '{order_id}' LIMIT 1"


@dataclass(frozen=True)
class OrderInOrg:
    """What the org shows of an order now: its amounts, and the last version of ours that it took (None: none)."""

    order: Order
    version: int | None


def orders_query(mapping: Mapping, order_ids: Sequence[str]) -> str:
    """Return one SOQL query over several orders: their amounts and the version of ours that Salesforce holds."""
    if not all(map(is_salesforce_id, order_ids)):
        raise ValueError("not a Salesforce id")
    fields = [*_fields_read(mapping), *([mapping.write_order["version"]] if mapping.write_order.get("version") else [])]
    ids = ", ".join(f"'{order_id}'" for order_id in order_ids)
    return f"SELECT {', '.join(dict.fromkeys(fields))} FROM {mapping.order_object} WHERE Id IN ({ids})"


def read_order_in_org(row: Record, *, tenant: Tenant, read_at: datetime) -> OrderInOrg:
    """Make what the reconciliation compares of a query's row."""
    held = value_at(row, tenant.mapping.write_order.get("version"))
    return OrderInOrg(read_order(row, tenant=tenant, read_at=read_at), int(held) if held is not None else None)


def access_query(user_id: str, order_id: str) -> str:
    """Return the SOQL query for what a user may do with an order; both must be Salesforce ids."""
    if not (is_salesforce_id(user_id) and is_salesforce_id(order_id)):
        raise ValueError("not a Salesforce id")
    return (
        "SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess "
        f"WHERE UserId = '{user_id}' AND RecordId = '{order_id}'"
    )


def read_order(row: Record, *, tenant: Tenant, read_at: datetime) -> Order:
    """Make an order of a query's row; what is wrong with its amounts is listed in ``problems``, nothing is raised."""
    mapping = tenant.mapping
    profile = _profile_of(row, mapping.profiles)
    currency, problems = _currency(row, tenant, profile)
    total = _amount(row, profile.total, currency, problems)
    tax = _amount(row, profile.tax, currency, problems) if profile.tax else None
    sub_total = _amount(row, profile.sub_total, currency, problems) if profile.sub_total else None
    if total is None and value_at(row, profile.total) is None:
        problems.append(OrderProblem(profile.total, "amount_missing", {"field": profile.total}))
    elif total == 0:
        problems.append(OrderProblem(profile.total, "amount_zero", {"field": profile.total}))
    elif total is not None:
        problems.extend(sum_problem(total, tax, sub_total, field=profile.total))
    return Order(
        tenant_id=tenant.tenant_id,
        order_id=long_id(row["Id"]),
        number=str(value_at(row, mapping.number) or ""),
        currency=currency,
        total=total or ZERO,
        tax=tax,
        sub_total=sub_total,
        account_id=_account(row, mapping),
        phone=first_phone([_phone(value_at(row, path), tenant.phone_region) for path in mapping.phones]),
        read_at=read_at,
        problems=tuple(problems),
    )


def value_at(row: Record, path: str | None) -> Any:
    """Follow a relationship path such as ``BillToContact.MobilePhone``; None where the path breaks off."""
    value: Any = row
    for step in path.split(".") if path else ():
        value = value.get(step) if isinstance(value, dict) else None
    return value if path else None


def order_record(change: OrderChange, mapping: Mapping) -> Record:
    """Return the sObject record that brings an order's payment fields up to date."""
    balance, latest = change.balance, change.latest
    values = {
        "payment_state": balance.state.value,
        "request_status": latest.status.value if latest else None,
        "request_reference": latest.reference if latest else None,
        "amount_due": float(balance.due),
        "amount_paid": float(balance.paid),
        "amount_authorized": float(balance.authorized),
        "amount_reversed": float(balance.reversed),
        "paid_at": _moment(balance.paid_at),
        "changed_at": _moment(change.changed_at),
        "version": change.version,
    }
    fields = {field: values[name] for name, field in mapping.write_order.items() if field}
    return {"attributes": {"type": mapping.order_object}, "id": change.order_id, **fields}


def request_record(request: PaymentRequest, mapping: Mapping, *, environment: str) -> Record:
    """Return the sObject record of one payment request, to be upserted by our reference."""
    values = {
        "order": request.order_id,
        "status": request.status.value,
        "core_status": request.core_status,
        "message_state": request.states.message.value,
        "link_state": request.states.link.value,
        "money_state": request.states.money.value,
        "purpose": request.purpose.value,
        "channel": request.channel.value,
        "language": request.language,
        "phone_ending": request.phone.ending,
        "phone_changed": request.phone_changed,
        "currency": request.currency,
        "amount": float(request.amount),
        "amount_paid": float(request.paid),
        "amount_authorized": float(request.held),
        "amount_reversed": float(request.reversed),
        "environment": environment,
        "requested_by": request.requested_by.name,
        "handled_by": request.handled_by.name,
        "replaces": request.replaces,
        "link_reference": request.link_reference,
        "reconciliation_reference": request.reconciliation_reference,
        "outcome_reason": request.reason,
        "sent_at": _moment(request.sent_at),
        "opened_at": _moment(request.opened_at),
        "finished_at": _moment(request.finished_at),
        "version": request.version,
    }
    fields = {field: values[name] for name, field in mapping.write_request.items() if field}
    return {"attributes": {"type": mapping.request_object}, mapping.request_external_id: request.reference, **fields}


def _fields_read(mapping: Mapping) -> list[str]:
    names = [
        "Id",
        mapping.number,
        mapping.account,
        mapping.currency,
        *mapping.phones,
        *_profile_fields(mapping.profiles),
    ]
    return list(dict.fromkeys(name for name in names if name))


def _profile_fields(profiles: Iterable[Profile]) -> list[str | None]:
    return [name for one in profiles for name in (one.total, one.tax, one.sub_total, one.currency)]


def _profile_of(row: Record, profiles: tuple[Profile, ...]) -> Profile:
    """The first profile whose total is filled in serves; where none is, the last one names the missing field."""
    return next((one for one in profiles if value_at(row, one.total) is not None), profiles[-1])


def _currency(row: Record, tenant: Tenant, profile: Profile) -> tuple[str, list[OrderProblem]]:
    named = profile.currency or tenant.mapping.currency
    currency = value_at(row, named) or tenant.default_currency
    if not is_currency(currency):
        field = named or "CurrencyIsoCode"
        return tenant.default_currency, [OrderProblem(field, "currency_unreadable", {"field": field})]
    if currency not in tenant.configuration.currencies:
        field = named or "currency"
        return currency, [OrderProblem(field, "currency_not_offered", {"field": field, "currency": currency})]
    return currency, []


def _amount(row: Record, field: str, currency: str, problems: list[OrderProblem]) -> Decimal | None:
    value = value_at(row, field)
    if value is None:
        return None
    try:
        # Salesforce pads numbers to the field's scale: 100.000 in a field of three decimals is R100.00.
        return read_amount(value.normalize() if isinstance(value, Decimal) else value, currency)
    except AmountError:
        problems.append(OrderProblem(field, "amount_unreadable", {"field": field, "currency": currency}))
        return None


def _phone(value: Any, region: str | None) -> Phone | None:
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return read_phone(value, region=region)
    except PhoneError:
        return None


def _account(row: Record, mapping: Mapping) -> str | None:
    found = value_at(row, mapping.account)
    return long_id(found) if is_salesforce_id(found) else None


def _moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if value else None

"""Build the queries for orders, and parse their rows by the tenant's mapping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.domain.payments.order import (
    Amounts,
    Order,
    OrderProblem,
    OrderRemark,
    notes_on,
    rounded_amounts,
    total_problem,
)
from connector.domain.people.consent import choice_in_fields
from connector.domain.tenants.mapping import Mapping, Profile, word_of
from connector.domain.tenants.tenant import KEY_PREFIXES, Tenant, is_salesforce_id, long_id, read_id
from connector.salesforce.orders.countries import country_of
from connector.salesforce.orders.order_record import OrderTarget
from foundation.clock import rfc3339
from foundation.money import ZERO, AmountError, is_currency, read_number
from foundation.phones.choose_phone_field import choose_phone
from foundation.phones.read_phone import PhoneRead, read_phone

Record = dict[str, Any]
# The time of a record's last change, by the org's clock, whether it is in the recycle bin, and whose it is.
MODIFIED, DELETED, OWNER = "SystemModstamp", "IsDeleted", "OwnerId"
# The suffix of the fields that hold a country's ISO code, in orgs with country picklists.
# https://help.salesforce.com/s/articleView?id=sf.admin_state_country_picklists_overview.htm
_CODE = "CountryCode"


def order_query(mapping: Mapping, order_id: str, *, countries: Sequence[str] = (), contact: bool = False) -> str:
    """Return the SOQL query that reads all that we need of an order, with its ``contact`` where that is needed.

    ``countries`` are those of the mapping's country fields that the reader sees.

    Raises:
        ValueError: ``order_id`` is not a Salesforce id; it goes into SOQL, so nothing else may.
    """
    if not is_salesforce_id(order_id):
        raise ValueError("not a Salesforce id")
    fields = _page_fields(mapping, countries, contact=contact)
    return f"SELECT {', '.join(fields)} FROM {mapping.order_object} WHERE Id = '{order_id}' LIMIT 1"


def visible_order_fields(mapping: Mapping, *, countries: Sequence[str] = ()) -> list[str]:
    """Return what a page shows of an order, by fields of the order and of its contact and account, with its owner.

    A new owner shows that its rights may have changed.
    """
    owner = [OWNER] if mapping.order_object in KEY_PREFIXES else []
    return [*_page_fields(mapping, countries), *owner]


def visible_orders_query(mapping: Mapping, order_ids: Sequence[str], *, countries: Sequence[str] = ()) -> str:
    """Return one SOQL query over several orders for all that pages show of them."""
    if not all(map(is_salesforce_id, order_ids)):
        raise ValueError("not a Salesforce id")
    fields = visible_order_fields(mapping, countries=countries)
    ids = ", ".join(f"'{order_id}'" for order_id in order_ids)
    return f"SELECT {', '.join(fields)} FROM {mapping.order_object} WHERE Id IN ({ids})"


def _page_fields(mapping: Mapping, countries: Sequence[str], *, contact: bool = False) -> list[str]:
    person = [mapping.contact] if contact and mapping.contact else []
    return list(dict.fromkeys([*_amount_fields(mapping), *person, *mapping.phones, *countries]))


@dataclass(frozen=True)
class OrderInOrg:
    """An order as the org shows it now, and the last version of ours that was written to it (None: none)."""

    order: Order
    version: int | None


def orders_query(mapping: Mapping, target: OrderTarget, order_ids: Sequence[str]) -> str:
    """Return one SOQL query over several orders: their amounts, and the version of ours that Salesforce holds.

    Phone numbers are left out: they are read only when somebody is about to send.
    """
    if not all(map(is_salesforce_id, order_ids)):
        raise ValueError("not a Salesforce id")
    version = version_path(mapping, target)
    fields = [*_amount_fields(mapping), *([version] if version else [])]
    ids = ", ".join(f"'{order_id}'" for order_id in order_ids)
    return f"SELECT {', '.join(dict.fromkeys(fields))} FROM {mapping.order_object} WHERE Id IN ({ids})"


def changed_orders_query(mapping: Mapping, target: OrderTarget, since: datetime) -> str:
    """Return the SOQL query over all orders with our fields that changed since a time, with ``IsDeleted``."""
    version = version_path(mapping, target)
    fields = [*_amount_fields(mapping), *([version] if version else []), MODIFIED, DELETED]
    # Rounded down to whole seconds: a row may be read twice, but none is missed.
    moment = rfc3339(since.replace(microsecond=0))
    ours = f" AND {version} != null" if version else ""
    columns = ", ".join(dict.fromkeys(fields))
    return f"SELECT {columns} FROM {mapping.order_object} WHERE {MODIFIED} >= {moment}{ours} ORDER BY {MODIFIED}"


def deleted_query(mapping: Mapping, order_ids: Sequence[str]) -> str:
    """Return the SOQL query for whether orders were deleted; it must be run with deleted rows included."""
    if not all(map(is_salesforce_id, order_ids)):
        raise ValueError("not a Salesforce id")
    ids = ", ".join(f"'{order_id}'" for order_id in order_ids)
    return f"SELECT Id, {DELETED} FROM {mapping.order_object} WHERE Id IN ({ids})"


def read_order_in_org(row: Record, *, tenant: Tenant, target: OrderTarget, read_at: datetime) -> OrderInOrg:
    """Parse a row of ``orders_query`` for the reconciliation."""
    held = value_at(row, version_path(tenant.mapping, target))
    order = replace(read_order(row, tenant=tenant, read_at=read_at), numbers_read=False)
    return OrderInOrg(order, int(held) if held is not None else None)


def version_path(mapping: Mapping, target: OrderTarget) -> str | None:
    """Return the path from an order to our version on it or on its original order; None without one."""
    version = target.fields.get("version")
    if version is None or not target.is_original:
        return version
    return f"{(mapping.original or '').removesuffix('Id')}.{version}"


def lookups_query(mapping: Mapping, order_id: str, lookups: Sequence[str]) -> str:
    """Return the SOQL query for the ids of records that an order refers to; it must be a Salesforce id."""
    if not is_salesforce_id(order_id):
        raise ValueError("not a Salesforce id")
    columns = ", ".join(dict.fromkeys(["Id", *lookups]))
    return f"SELECT {columns} FROM {mapping.order_object} WHERE Id = '{order_id}' LIMIT 1"


def access_query(user_id: str, order_id: str) -> str:
    """Return the SOQL query for what a user may do with an order; both must be Salesforce ids."""
    if not (is_salesforce_id(user_id) and is_salesforce_id(order_id)):
        raise ValueError("not a Salesforce id")
    return (
        "SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess "
        f"WHERE UserId = '{user_id}' AND RecordId = '{order_id}'"
    )


def read_order(row: Record, *, tenant: Tenant, read_at: datetime) -> Order:
    """Parse an order from a query's row; problems with its amounts are listed in ``problems``, and none is raised."""
    mapping = tenant.mapping
    profile = _profile_of(row, mapping.profiles)
    currency, problems = _currency(row, tenant, profile)
    amounts, found, notes = _amounts(row, profile, currency, tenant.configuration.digits_of(currency))
    problems += [*found, *_not_payable(row, mapping)]
    consents = {channel: value_at(row, rule.field) for channel, rule in mapping.consents.items() if rule.field}
    country = _country(row, mapping.countries)
    chosen = choose_phone(_phone_fields(row, tenant, country))
    return Order(
        tenant_id=tenant.tenant_id,
        order_id=long_id(row["Id"]),
        number=str(value_at(row, mapping.number) or ""),
        currency=currency,
        total=amounts.total,
        tax=amounts.tax,
        sub_total=amounts.sub_total,
        account_id=_id_at(row, mapping.account),
        phone=chosen.phone,
        read_at=read_at,
        problems=tuple(problems),
        notes=notes,
        original_id=_id_at(row, mapping.original),
        contact_id=_id_at(row, mapping.contact),
        language=mapping.languages.language_of(value_at(row, mapping.languages.field)),
        consents=choice_in_fields(mapping.consents, consents),
        country=country,
        phone_notes=chosen.notes,
    )


def _not_payable(row: Record, mapping: Mapping) -> list[OrderProblem]:
    """Return a problem for each field that forbids a payment of this order by the tenant's rules."""
    problems = []
    for rule in mapping.payable:
        value = value_at(row, rule.field)
        if rule.allows(value):
            continue
        sentence = "order_not_payable_status" if word_of(value) else "order_not_payable_empty"
        problems.append(OrderProblem(rule.field, sentence, {"field": rule.field, "value": word_of(value)[:80]}))
    return problems


def value_at(row: Record, path: str | None) -> Any:
    """Return the value at a relationship path such as ``BillToContact.MobilePhone``; None where the path breaks off."""
    value: Any = row
    for step in path.split(".") if path else ():
        value = value.get(step) if isinstance(value, dict) else None
    return value if path else None


def _amount_fields(mapping: Mapping) -> list[str]:
    names = [
        "Id",
        mapping.number,
        mapping.account,
        mapping.original,
        mapping.contact if any(rule.asks_for_contact for rule in mapping.consents.values()) else None,
        mapping.currency,
        *_profile_fields(mapping.profiles),
        mapping.languages.field,
        *(rule.field for rule in mapping.payable),
        *(rule.field for rule in mapping.consents.values()),
    ]
    return list(dict.fromkeys(name for name in names if name))


def _profile_fields(profiles: Iterable[Profile]) -> list[str | None]:
    return [name for one in profiles for name in (one.total, one.tax, one.sub_total, one.currency)]


def _profile_of(row: Record, profiles: tuple[Profile, ...]) -> Profile:
    """Return the first profile whose total is filled in, else the last one, whose missing total is then reported."""
    return next((one for one in profiles if value_at(row, one.total) is not None), profiles[-1])


def _currency(row: Record, tenant: Tenant, profile: Profile) -> tuple[str, list[OrderProblem]]:
    named = profile.currency or tenant.mapping.currency
    currency = value_at(row, named) or tenant.default_currency
    if not is_currency(currency):
        # The tenant's currency is only a fallback, so that amounts can be shown: the problem forbids a payment.
        field = named or "CurrencyIsoCode"
        return tenant.default_currency, [OrderProblem(field, "currency_unreadable", {})]
    return currency, []


def _amounts(
    row: Record, profile: Profile, currency: str, digits: int
) -> tuple[Amounts, list[OrderProblem], tuple[OrderRemark, ...]]:
    """Return the amounts, the problems that forbid a payment, and the notes for the agent."""
    # Only the total can forbid a payment: a tax that cannot be read is just not shown.
    total, tax, sub_total = (_number(row, field) for field in (profile.total, profile.tax, profile.sub_total))
    amounts = rounded_amounts(total or ZERO, tax, digits)
    if total is None and value_at(row, profile.total) is not None:
        return amounts, [OrderProblem(profile.total, "amount_unreadable", {"currency": currency})], ()
    problem = total_problem(total, currency, digits, field=profile.total)
    notes = notes_on(amounts, sub_total, currency, tax_field=profile.tax, sub_total_field=profile.sub_total)
    return amounts, [problem] if problem else [], notes if total is not None else ()


def _number(row: Record, field: str | None) -> Decimal | None:
    try:
        value = value_at(row, field)
        return None if value is None else read_number(value)
    except AmountError:
        return None


def _country(row: Record, paths: Sequence[str]) -> str | None:
    """Return the country of the first address that names one, by its code, else by its name."""
    by_record: dict[str, list[str]] = {}
    for path in paths:
        by_record.setdefault(path.rpartition(".")[0], []).append(path)
    for of_record in by_record.values():
        filled = [path for path in of_record if word_of(value_at(row, path)).strip()]
        meant = (country_of(value_at(row, path), is_code=path.endswith(_CODE)) for path in filled)
        # A name that cannot be read ends the search: the next address may well be in another country.
        if filled:
            return next((country for country in meant if country is not None), None)
    return None


def _phone_fields(row: Record, tenant: Tenant, country: str | None) -> list[tuple[str, PhoneRead]]:
    found = [(path, value_at(row, path)) for path in tenant.mapping.phones]
    return [
        (path, read_phone(text, country=country, region=tenant.phone_region))
        for path, text in found
        if isinstance(text, str) and text.strip()
    ]


def _id_at(row: Record, path: str | None) -> str | None:
    return read_id(value_at(row, path))

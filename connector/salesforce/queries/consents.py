"""Read a customer's consent by the query that the tenant's admin wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connector.domain.payments.order import Order
from connector.domain.people.consent import CustomerChoice, choice_of
from connector.domain.tenants.mapping import ConsentRule, placeholders_of
from connector.domain.tenants.tenant import Tenant, is_salesforce_id
from connector.salesforce.client import SalesforceClient
from foundation.phones.phone import Phone


def consent_query(rule: ConsentRule, order: Order, phone: Phone | None) -> str | None:
    """Return the rule's query with its placeholders filled in; None where the order has no value for one.

    Raises:
        ValueError: a value is neither an id nor digits; it goes into SOQL, so nothing else may.
    """
    if rule.query is None:
        return None
    known = {
        "order_id": order.order_id,
        "account_id": order.account_id,
        "contact_id": order.contact_id,
        "phone": phone.digits if phone else None,
    }
    wanted = {name: known.get(name) for name in placeholders_of(rule.query) or ()}
    values = {name: value for name, value in wanted.items() if value is not None}
    if len(values) < len(wanted):
        return None
    # The phone comes from people and the ids from Salesforce: neither is escaped, so only harmless forms may enter.
    for name, value in values.items():
        fits = value.isascii() and value.isdecimal() if name == "phone" else is_salesforce_id(value)
        if not fits:
            raise ValueError(f"not fit for a query: {name}")
    return rule.query.format(**values)


def read_consent(
    salesforce: SalesforceClient, tenant: Tenant, rule: ConsentRule, *, order: Order, phone: Phone | None
) -> CustomerChoice:
    """Return the customer's choice, read as the integration user; UNKNOWN without a row, or without a value to ask by.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    soql = consent_query(rule, order, phone)
    if soql is None:
        return CustomerChoice.UNKNOWN
    rows = salesforce.query(tenant, soql, operation="read_consent")
    return choice_of(rule, [value for row in rows for value in _leaves(row)])


def _leaves(row: dict[str, Any]) -> Iterator[Any]:
    """Yield every value of a row, and of its parent records."""
    for name, value in row.items():
        if name != "attributes":
            yield from _leaves(value) if isinstance(value, dict) else (value,)

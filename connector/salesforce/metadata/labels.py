"""Replace API names by labels: the field's label in the org, or its name as words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from connector.domain.payments.order import Order, OrderProblem
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.salesforce.metadata.describe import FieldDescription, ObjectDescription

Describe = Callable[[Tenant, str], ObjectDescription | None]
# The problems that name a field which the tenant's mapping chose; the others have sentences of their own.
_OF_ANY_FIELD = frozenset({"order_not_payable_status", "order_not_payable_empty"})
_SUFFIX = re.compile(r"__[a-z]+$")
_NAMESPACE = re.compile(r"^[A-Za-z][A-Za-z0-9]*__(?=\w)")
_NEW_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def in_labels(order: Order, tenant: Tenant, describe: Describe) -> Order:
    """Return an order whose problems name fields and values as the org's own pages do."""
    # Most orders have no such problem: the org's description is only needed for one that does.
    if not any(one.sentence in _OF_ANY_FIELD for one in order.problems):
        return order
    try:
        described = describe(tenant, tenant.mapping.order_object)
    except (UpstreamError, TenantProblem):
        # A launch must not fail for a label: without a description the API name is turned into words.
        described = None
    problems = tuple(_in_labels(one, described) if one.sentence in _OF_ANY_FIELD else one for one in order.problems)
    return replace(order, problems=problems)


def readable(name: str) -> str:
    """Return an API name as words: ``Account.Approval_Status__c`` is "Approval Status"."""
    last = _NAMESPACE.sub("", _SUFFIX.sub("", name.rpartition(".")[2]))
    return _NEW_WORD.sub(" ", last.replace("_", " ")).strip() or name


def _in_labels(problem: OrderProblem, described: ObjectDescription | None) -> OrderProblem:
    field = described.field(problem.field) if described else None
    label = {"field": field.label if field and field.label else readable(problem.field)}
    value = str(problem.values.get("value", ""))
    return replace(problem, values={**problem.values, **label, "value": _value(value, field)})


def _value(value: str, field: FieldDescription | None) -> str:
    label = field.labels.get(value) if field else None
    return label or (value.replace("_", " ") if "_" in value else value)

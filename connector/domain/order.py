"""Knows an order's amounts and what is wrong with them; refuses to know where they were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.domain.money import ZERO
from connector.domain.phone import Phone


@dataclass(frozen=True)
class OrderProblem:
    """One field that stands in the way of sending: a sentence id of the catalogue and the field's own name."""

    field: str
    sentence: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Order:
    """What Salesforce says of an order at ``read_at``. ``tax`` None means that it is not shown separately.

    ``original_id`` is the order that an order summary was made of. ``contact_id``, ``language`` (None: the tenant's own) and
    ``consent_values`` (what stands in the fields of the consent rules, by channel) are known on a fresh reading only;
    ``consents`` (what that and the consent queries come to: yes, no or unknown) is kept with the order.
    """

    tenant_id: str
    order_id: str
    number: str
    currency: str
    total: Decimal
    tax: Decimal | None
    sub_total: Decimal | None
    account_id: str | None
    phone: Phone | None
    read_at: datetime
    problems: tuple[OrderProblem, ...] = ()
    original_id: str | None = None
    contact_id: str | None = None
    language: str | None = None
    consent_values: Mapping[str, Any] = field(default_factory=dict)
    consents: Mapping[str, str] = field(default_factory=dict)

    def breakdown(self, amount: Decimal) -> tuple[Decimal, Decimal]:
        """Return (tax, sub-total) that go with ``amount``: the order's own for the whole, all net for a part."""
        if amount == self.total and self.tax is not None and self.sub_total is not None:
            return self.tax, self.sub_total
        return ZERO, amount


def sum_problem(total: Decimal, tax: Decimal | None, sub_total: Decimal | None, *, field: str) -> list[OrderProblem]:
    """Name the total's field when total differs from sub-total + tax; nothing when the tax is not known."""
    if tax is None or sub_total is None or total == tax + sub_total:
        return []
    values = {"field": field, "total": str(total), "tax": str(tax), "sub_total": str(sub_total)}
    return [OrderProblem(field, "amounts_do_not_add_up", values)]


def first_phone(candidates: Sequence[Phone | None]) -> Phone | None:
    """Return the first number present: the order of ``candidates`` is the tenant's precedence."""
    return next((phone for phone in candidates if phone is not None), None)

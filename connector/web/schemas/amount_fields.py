"""Schema fields for amounts in responses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields

from connector.domain.payments.order import Order
from connector.domain.tenants.tenant import Tenant
from foundation.money import to_text


class AmountField(fields.String):
    """A decimal string in the currency's own digits."""

    sign_pattern = ""


class SignedAmount(AmountField):
    """An amount that may be below zero, as a discount makes it."""

    sign_pattern = "-?"


def limits_view(order: Order, askable: Decimal, tenant: Tenant) -> dict[str, Any]:
    """Return how much of an order may be asked for now."""
    least, step = tenant.configuration.minimum_of(order.currency), tenant.configuration.step_of(order.currency)
    return {
        "parts": tenant.parts_allowed,
        "minimum": to_text(least, order.currency, order.digits) if least is not None else None,
        "step": str(step) if step is not None else None,
        "maximum": to_text(askable, order.currency, order.digits),
    }

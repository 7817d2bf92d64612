"""What a core is asked to make a payment link of."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.core.order_lines import OrderLines
from connector.domain.payments.payment import Channel
from foundation.phones.phone import Phone


@dataclass(frozen=True)
class LinkOrder:
    """The data of a payment link to create. ``total`` = ``sub_total`` + ``tax``, in the currency's digits."""

    reference: str
    order_number: str
    channel: Channel
    phone: Phone = field(repr=False)
    currency: str
    total: Decimal
    tax: Decimal
    sub_total: Decimal
    language: str
    # Only a core of our own is given these: the person who pays (Salesforce's id of a contact or an account), the core's
    # reference of the link in whose place this one comes, and the order's lines.
    payer: str | None = None
    previous_link: str | None = None
    lines: OrderLines | None = field(default=None, repr=False)


def own_fields(link: LinkOrder) -> dict[str, Any]:
    """Return the fields that a core of our own gets beside the vendor's, by our names."""
    known: dict[str, Any] = {"payer_reference": link.payer, "previous_link": link.previous_link}
    if link.lines:
        listed = link.lines.listed
        known["lines"] = [{"name": one.name, "quantity": one.quantity, "amount": one.amount} for one in listed]
        known["more_lines"] = link.lines.more or None
    return {word: value for word, value in known.items() if value is not None}

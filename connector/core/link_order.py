"""What a core is asked to make a payment link of."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

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
    # Only a core of our own is given these: the person who pays (Salesforce's id of a contact or an account), and the core's
    # reference of the link in whose place this one comes.
    payer: str | None = None
    previous_link: str | None = None

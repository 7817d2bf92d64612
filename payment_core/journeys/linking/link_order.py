"""A checked order for a payment link, as the API took it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel
from payment_core.domain.link import Line


@dataclass(frozen=True)
class LinkOrder:
    """What a link is asked for. ``digest`` is of the whole request, for a reference that is used again."""

    application: str
    order_number: str
    channel: Channel
    phone: Phone
    currency: str
    total: Decimal
    tax: Decimal
    sub_total: Decimal
    language: str
    digest: bytes
    additional_data: Mapping[str, Any] = field(default_factory=dict)
    caller_reference: str | None = None
    payer_reference: str | None = None
    lines: tuple[Line, ...] = ()
    more_lines: int = 0
    previous: str | None = None

"""What reports show of a payment request beside its states: times, failures, and whether it needs a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from connector.domain.payments.alarms import needs_look
from connector.domain.payments.balance import OrderBalance, OrderPaymentState
from connector.domain.payments.news import LONG_UNKNOWN
from connector.domain.payments.payment import Channel, PaymentRequest
from connector.domain.payments.status import Link, Message
from foundation.money import ZERO

# The reports' fields have nine digits.
_MOST_SECONDS = 999_999_999
_CHANNELS = {Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp message"}


def seconds_between(begun: datetime | None, ended: datetime | None) -> int | None:
    """Return the whole seconds from one time to another, never below zero; None where either is unknown."""
    if begun is None or ended is None:
        return None
    # The two times may come from two clocks: the core's and ours.
    return min(max(int((ended - begun).total_seconds()), 0), _MOST_SECONDS)


def message_failure(request: PaymentRequest, texts: Mapping[str, str]) -> str | None:
    """Return the sentence for a message that did not arrive, without any number; None where none is reported.

    ``texts``: the sentence of each word for why.
    """
    if request.states.message is not Message.FAILED:
        return None
    known = texts.get(request.message_failure or "")
    return known if known is not None else f"The {_CHANNELS[request.channel]} could not be delivered."


def needs_person(request: PaymentRequest, balance: OrderBalance, *, order_refused: bool, now: datetime) -> bool:
    """Return whether only a person can settle something about a request."""
    if needs_look(request):
        return True
    has_money = request.paid > ZERO or request.held > ZERO
    if has_money and (request.money_after_close or balance.state is OrderPaymentState.OVERPAID):
        return True
    if order_refused and (has_money or request.live):
        return True
    unknown_until = long_unknown_at(request)
    return request.live and (
        (unknown_until is not None and unknown_until <= now) or request.end_reported_at is not None
    )


def long_unknown_at(request: PaymentRequest) -> datetime | None:
    """Return when a live request's unknown outcome becomes a matter for a person; None where its outcome is known."""
    return request.created_at + LONG_UNKNOWN if request.live and request.states.link is Link.UNKNOWN else None

"""Operations on an existing payment request, their calls, and their idempotency keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from connector.domain.payments.balance import OrderBalance
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.status import Money
from foundation.money import ZERO


class Operation(StrEnum):
    """What can be done to a payment request."""

    CANCEL = "cancel"
    REPLACE = "replace"
    CAPTURE = "capture"
    REVERSE = "reverse"


REFUSED = "refused"
AMOUNT_TOO_HIGH = "amount_too_high"
# The core's refusal of a reversal proves it.
SETTLED = "too_late_refund_at_gateway"
# The order is cancelled or the like in Salesforce, or is not shown there any more.
NOT_PAYABLE, ORDER_GONE = "not_payable", "order_gone"
# It is certain that nothing was carried out, so the same key may try again.
NOT_SENT, NEVER_ARRIVED = "not_sent", "never_arrived"
MAY_TRY_AGAIN = frozenset({NOT_SENT, NEVER_ARRIVED, NOT_PAYABLE, ORDER_GONE})


@dataclass(frozen=True)
class IdempotencyKey:
    """A caller's idempotency key and the digest of what it was used for."""

    key: str
    digest: bytes


def idempotency_key(
    key: str | None, verb: Operation, reference: str, body: Mapping[str, object]
) -> IdempotencyKey | None:
    """Return a key with the digest of what it is used for; None where the caller gave no key."""
    if key is None:
        return None
    # With the verb and the request: the same key for anything else is a conflict, not a repetition.
    plain = json.dumps([verb, reference, {**body, "idempotency_key": None}], sort_keys=True, default=str)
    return IdempotencyKey(key, hashlib.sha256(plain.encode()).digest())


@dataclass(frozen=True)
class OperationCall:
    """One call, stored before it is sent. ``open``: it is unknown whether the core has carried it out.

    Until ``call_until`` its sender may still be waiting for the answer, so nobody else settles it before.
    """

    call_id: str
    tenant_id: str
    reference: str
    verb: Operation
    by: Person
    begun_at: datetime
    call_until: datetime
    open: bool
    amount: Decimal | None = None
    keyed: IdempotencyKey | None = None
    outcome: str | None = None


def capture_obstacle(request: PaymentRequest, amount: Decimal | None) -> str | None:
    """Return why authorized money cannot be captured, as an outcome; None where it can be tried."""
    if request.states.money is Money.PAID:
        return "already_captured"
    if request.held <= 0 or request.link_reference is None:
        return REFUSED
    return AMOUNT_TOO_HIGH if amount is not None and amount > request.held else None


def most_to_capture(request: PaymentRequest, balance: OrderBalance, order: Order, under_way: Decimal = ZERO) -> Decimal:
    """Return the most of the held money that may be taken: no more than is due and not ``under_way`` from other holds."""
    if request.currency != order.currency:  # what is due in another currency says nothing about this money
        return request.held
    return max(min(request.held, balance.due - under_way), ZERO)


def reverse_obstacle(request: PaymentRequest, _amount: Decimal | None) -> str | None:
    """Return why nothing can be given back, as an outcome; None where it can be tried."""
    if is_given_back(request):
        return "already_reversed"
    return REFUSED if request.held + request.paid <= 0 or request.link_reference is None else None


def is_given_back(request: PaymentRequest) -> bool:
    """Return whether nothing is left of money that was given back: the core's word for it may be about a part."""
    return request.states.money is Money.REVERSED and request.held + request.paid <= 0


def released_rest(*, authorized: Decimal, captured: Decimal, reversed_: Decimal, is_reversal: bool) -> Decimal:
    """Return how much of a part capture's ``reversed_`` was never taken, but the rest of its hold.

    ``is_reversal``: the core's word says that what was taken is back. Some cores count both in one amount.

    More than was taken includes the rest for certain, and just the rest is the rest where no word speaks of a reversal. Any
    other amount is what was given back: less would be claimed than may have gone back to the customer.
    """
    rest = max(authorized - captured, ZERO)
    has_rest = reversed_ > captured or (reversed_ == rest and not is_reversal)
    return min(reversed_, rest) if captured > 0 and has_rest else ZERO

"""Find the number that was last used for an order."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.payments.message_delivery import Remedy, remedy_of
from connector.domain.payments.payment import PaymentRequest
from connector.store.orders.orders import StoredOrder


def find_last_number(stored: StoredOrder, requests: Sequence[PaymentRequest]) -> PaymentRequest | None:
    """Return the request whose number is offered before Salesforce's own: the newest; ``requests``: the oldest first.

    None where Salesforce has the number, too, or was seen to change its own later, or where nobody can be reached by it.
    """
    newest = newest_known(requests)
    if newest is None or newest.phone == stored.order.phone or remedy_of(newest) == Remedy.OTHER_NUMBER:
        return None
    is_older = stored.phone_since is not None and stored.phone_since > newest.created_at
    return None if is_older else newest


def newest_known(requests: Sequence[PaymentRequest]) -> PaymentRequest | None:
    """Return the newest request whose number was not erased; ``requests``: the oldest first."""
    return next((one for one in reversed(requests) if not one.forgotten), None)

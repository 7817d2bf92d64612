"""How the disputes of a payment ended; the payment itself says no more than that there was one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from foundation.log import get_logger
from payment_core.domain.payment import DisputeEnd, Payment, with_disputes
from payment_core.gateways.gateway import GatewayRefused
from payment_core.gateways.stripe.calls import StripeCalls

log = get_logger()
# https://docs.stripe.com/api/disputes/object#dispute_object-status: None for one that goes on. An inquiry that was closed took no
# money; what prevented a dispute may have been a refund, which is reported as such.
ENDS: Mapping[str, DisputeEnd | None] = {
    "lost": DisputeEnd.LOST,
    "won": DisputeEnd.WON,
    "warning_closed": DisputeEnd.WON,
    "prevented": None,
    "needs_response": None,
    "under_review": None,
    "warning_needs_response": None,
    "warning_under_review": None,
    "appeal_needs_response": None,
    "appeal_under_review": None,
}
# It does not go on, either.
_PREVENTED = "prevented"


def with_dispute_end(calls: StripeCalls, payment: Payment) -> Payment:
    """Return a payment with the end of its disputes, and whether one goes on beside one that ended.

    https://docs.stripe.com/api/disputes/list

    Raises:
        NothingLeft, OutcomeUnknown.
    """
    if not payment.disputed or payment.payment_id is None:
        return payment
    disputes = list(_disputes(calls, payment.payment_id))
    # The newest first, as each account lists them; several accounts' are put in that order here.
    disputes.sort(key=lambda one: int(one.get("created") or 0), reverse=True)
    return with_disputes(payment, [ENDS.get(str(one.get("status"))) for one in disputes])


def _disputes(calls: StripeCalls, payment_id: str) -> Iterator[Mapping[str, Any]]:
    # Disputes of what an earlier account took are that account's.
    for account in calls.each_account():
        try:
            found = account.get("/v1/disputes", query={"payment_intent": payment_id, "limit": "100"})
        except GatewayRefused as refused:
            # A key without this right, which doctor names, or of another account.
            log.warning("dispute_not_read", reason=refused.reason)
        else:
            yield from (one for one in found.get("data") or () if one.get("status") != _PREVENTED)

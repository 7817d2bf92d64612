"""Report that money was not moved as ordered: the gateway refused it, and nobody waits for that answer."""

from __future__ import annotations

from foundation.log import get_logger
from payment_core.domain.attempt import Attempt
from payment_core.domain.link import Link
from payment_core.domain.payment import PaymentState
from payment_core.domain.settlement import OVER, Attention
from payment_core.gateways.gateway import GatewayError
from payment_core.journeys.notifying.raise_attention import raise_attention
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links.money_moves import MoneyMove, MoveKind

log = get_logger()
# In which states of a payment a move of its kind has failed; in any other it was done, or is needless.
_NOT_DONE = {
    MoveKind.CAPTURE: (PaymentState.HELD,),
    MoveKind.GIVE_BACK: (PaymentState.HELD, PaymentState.TAKEN),
}


def raise_alarm(core: Core, attempt: Attempt, move: MoneyMove) -> None:
    """Let a person look at a move that the gateway refused, unless the payment shows that it was done all the same."""
    if not _has_failed(core, attempt, move):
        return
    if raise_attention(core, attempt.link_reference, lambda link: _attention(link, attempt, move)):
        log.error("move_failed", reference=attempt.link_reference, kind=move.kind.value)


def _attention(link: Link, attempt: Attempt, move: MoneyMove) -> Attention | None:
    """Return the reason for a person; None where it says so already, or the money is back."""
    found = _failure(link, attempt, move)
    return None if link.attention in (found, *OVER) else found


def _failure(link: Link, attempt: Attempt, move: MoneyMove) -> Attention:
    if move.kind is MoveKind.CAPTURE:
        return Attention.CAPTURE_FAILED
    return Attention.REFUND_FAILED if link.paid_by == attempt.attempt_id else Attention.RETURN_FAILED


def _has_failed(core: Core, attempt: Attempt, move: MoneyMove) -> bool:
    with core.transactions.read() as work:
        merchant = merchants.get(work, attempt.merchant_id)
    try:
        payment = core.gateways.of(merchant, merchant.gateway).look(attempt)
    except GatewayError:
        # What is not known to be back is not said to be; a later look says so once it is.
        return True
    return payment.state in _NOT_DONE[move.kind]

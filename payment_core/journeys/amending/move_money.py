"""Capture held money, or give money back: the move is written first, so that a lost answer is asked for again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from secrets import token_urlsafe

from foundation.database.lease import Lease
from foundation.log import get_logger
from payment_core.domain.attempt import Attempt
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment
from payment_core.errors import Refusal, invalid_field
from payment_core.gateways.gateway import (
    AmountRefused,
    Gateway,
    GatewayError,
    GatewayRefused,
    NotAdmitted,
    OutcomeUnknown,
)
from payment_core.journeys.amending.money_rules import check_capture, check_reverse, refusal_of
from payment_core.journeys.amending.report_failed_move import raise_alarm
from payment_core.journeys.one_by_one import one_by_one
from payment_core.journeys.paying.look_at_payments import look
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import attempts, links, money_moves
from payment_core.store.links.money_moves import MoneyMove, MoveKind, MoveState

log = get_logger()
# Longer than a gateway's whole call (20 s unless configured): the sweep leaves alone what its caller still waits for.
_AGAIN_AFTER = timedelta(seconds=30)
_LEASE = timedelta(seconds=60)
_AT_ONCE = 20


def capture(core: Core, merchant: Merchant, reference: str, amount: Decimal | None) -> Link:
    """Take held money, all of it unless ``amount`` says less; the rest is released.

    Raises:
        Refusal: 404, 409 with the documented reason, 502 where the gateway gave no answer (it is found out by itself).
    """
    return _move(core, merchant, reference, MoveKind.CAPTURE, amount)


def reverse(core: Core, merchant: Merchant, reference: str) -> Link:
    """Release held money, or void what was taken and is not settled; raises as ``capture`` does."""
    return _move(core, merchant, reference, MoveKind.GIVE_BACK, None)


def finish_moves(core: Core, *, owner: str) -> int:
    """Ask again about moves without an outcome, with their own keys; return how many."""
    now = core.now()
    lease = Lease.of(owner, now + _LEASE)
    with core.transactions.write() as work:
        due = money_moves.claim_due(work, now=now, until=lease.until, lease=lease.lease_id, most=_AT_ONCE)
    one_by_one(due, lambda one: _finish(core, one), step="moves")
    return len(due)


def _check_amount(core: Core, gateway: Gateway, link: Link, amount: Decimal) -> None:
    try:
        gateway.check(link.currency, {"amount": amount})
    except AmountRefused as refused:
        name = core.api.operation("capture_payment").body["amount"]
        raise invalid_field(name, refused.message) from refused


def _finish(core: Core, move: MoneyMove) -> None:
    with core.transactions.read() as work:
        attempt = attempts.get(work, move.attempt_id)
    if isinstance(_send(core, attempt, move), GatewayRefused):
        # Nobody waits for this answer any more.
        raise_alarm(core, attempt, move)


def _move(core: Core, merchant: Merchant, reference: str, kind: MoveKind, amount: Decimal | None) -> Link:
    attempt, move = _prepare(core, merchant, reference, kind, amount)
    answer = _send(core, attempt, move)
    if isinstance(answer, Link):
        return answer
    if isinstance(answer, GatewayRefused):
        raise refusal_of(core.api, kind, answer)
    raise Refusal(502, "GATEWAY_NO_ANSWER", "The gateway gave no answer. What became of it will be found out.")


def _prepare(
    core: Core, merchant: Merchant, reference: str, kind: MoveKind, amount: Decimal | None
) -> tuple[Attempt, MoneyMove]:
    gateway = core.gateways.of(merchant, merchant.gateway)
    with core.transactions.write() as work:
        link = links.lock(work, reference)
        if link is None or link.merchant_id != merchant.merchant_id:
            raise Refusal(404, "TRANSACTION_NOT_FOUND", "No transaction has this paymentLinkRef.")
        if kind is MoveKind.CAPTURE:
            check_capture(core.api, link, amount, now=core.now())
            # Before the move is written: an amount that the gateway cannot express would else leave a refused move behind.
            if amount is not None:
                _check_amount(core, gateway, link, amount)
        else:
            check_reverse(core.api, link)
        # Money is always moved at the attempt that brought it, even where a later one is open.
        attempt = attempts.get(work, link.paid_by)
        move = MoneyMove(
            move_id=f"mov_{token_urlsafe(12)}",
            link_reference=reference,
            attempt_id=attempt.attempt_id,
            kind=kind,
            key=f"{kind.value}_{token_urlsafe(16)}",
            amount=amount,
            state=MoveState.PREPARED,
            created_at=core.now(),
        )
        try:
            money_moves.add(work, move, look_at=core.now() + _AGAIN_AFTER)
        except money_moves.AnotherMove:
            raise Refusal(
                409, "MOVE_UNDER_WAY", "Money of this payment is being moved. Look again in a moment."
            ) from None
    return attempt, move


def _send(core: Core, attempt: Attempt, move: MoneyMove) -> Link | GatewayError:
    """Send a move and write what came of it; return the link, or why the gateway did not do it."""
    with core.transactions.read() as work:
        merchant, link = merchants.get(work, attempt.merchant_id), links.get(work, attempt.link_reference)
    gateway = core.gateways.of(merchant, merchant.gateway)
    try:
        payment = _call(gateway, attempt, move, currency=link.currency)
    except NotAdmitted as refused:
        # Until the key is valid again it is unknown what an earlier try did.
        log.error("gateway_not_admitted", reference=attempt.link_reference, reason=refused.reason)
        _ask_again(core, move)
        return OutcomeUnknown(refused.message)
    except GatewayRefused as refused:
        return _record_refusal(core, attempt, move, refused)
    except GatewayError as unknown:
        _ask_again(core, move)
        return unknown
    return _done(core, attempt, move, payment)


def _ask_again(core: Core, move: MoneyMove) -> None:
    with core.transactions.write() as work:
        money_moves.ask_again(work, move, at=core.now() + _AGAIN_AFTER)


def _call(gateway: Gateway, attempt: Attempt, move: MoneyMove, *, currency: str) -> Payment:
    if move.kind is MoveKind.CAPTURE:
        return gateway.capture(attempt, move.amount, currency=currency, key=move.key)
    return gateway.give_back(attempt, key=move.key)


def _done(core: Core, attempt: Attempt, move: MoneyMove, payment: Payment) -> Link:
    # The news first: a crash between the two repeats the move with its key, which changes nothing.
    link = settle_payment(core, attempt.attempt_id, payment)
    with core.transactions.write() as work:
        money_moves.end(work, move, MoveState.DONE, now=core.now())
    return link


def _record_refusal(core: Core, attempt: Attempt, move: MoneyMove, refused: GatewayRefused) -> GatewayError:
    """A refusal may mean that it was done before: look, now or later, then end the move."""
    log.warning("move_refused", reference=attempt.link_reference, kind=move.kind.value, reason=refused.reason)
    # Also where the refusal is plain: an earlier try of the same move may have been carried out and its answer lost.
    look(core, attempt)
    with core.transactions.write() as work:
        money_moves.end(work, move, MoveState.REFUSED, now=core.now(), reason=refused.reason)
    return refused

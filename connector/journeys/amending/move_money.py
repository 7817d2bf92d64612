"""Capture or reverse money: one call at a time, and never the same call twice.

The call is committed before it is sent, and stays open while its answer is missing. Only the core's own record closes it:
this request reads it, the next one does, and so does the sweep. No further call is made before.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from connector.core.client import core_refusal
from connector.core.money_moves import MOVES, MoneyMove
from connector.core.schemas import MovedMoney
from connector.core.statuses import status_update
from connector.domain.payments.operation import (
    MAY_TRY_AGAIN,
    NEVER_ARRIVED,
    NOT_SENT,
    ORDER_GONE,
    REFUSED,
    SETTLED,
    IdempotencyKey,
    Operation,
    OperationCall,
)
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind, RequestEvent, money_event
from connector.domain.payments.status import RANKS, Money
from connector.errors import CoreOutcomeUnknown, CoreRefused, CoreUnavailable, TenantProblem
from connector.journeys.amending.limit_capture import capture_refusal
from connector.journeys.context import Context
from connector.journeys.reconciling.reconcile_payment import Discrepancy, Freshness, reconcile_payment
from connector.journeys.recording.change_request import locked_request
from connector.journeys.recording.find_use_of_idempotency_key import find_use_of_idempotency_key
from connector.journeys.recording.record_changes import record_change
from connector.store.orders import orders
from connector.store.requests import operations, request_events, request_rows
from connector.store.requests.operations import CallConflict
from connector.store.store import Store
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from foundation.money import ZERO

log = get_logger()
UNKNOWN = "unknown"
_MONEY_OF_TYPE: dict[str | None, Money] = {"CAPTURE": Money.PAID, "VOID": Money.REVERSED}
# Once the core's record has shown nothing for this long, the call did not arrive and will not arrive any more.
_NEVER_ARRIVED_AFTER = timedelta(minutes=2)


@dataclass(frozen=True)
class MoveResult:
    """The outcome in one word, and the request as it is now; ``unfinished``: an earlier call is still open."""

    word: str
    request: PaymentRequest
    unfinished: bool = False


def move_money(
    verb: Operation,
    context: Context,
    *,
    request: PaymentRequest,
    amount: Decimal | None,
    by: Person,
    keyed: IdempotencyKey | None,
    is_shown: Callable[[], bool] = lambda: True,
) -> MoveResult:
    """Move money once; ``amount`` in the request's currency, None: all of it.

    ``is_shown`` reads the order anew before new money is taken, and returns whether Salesforce shows it.

    Raises:
        Invalid: the key was used for another request; TenantProblem: switched off, or the core's address is wrong;
        CoreUnavailable: no connection; what ``is_shown`` raises. In the last three nothing was sent, and the key may try again.
    """
    move = MOVES[verb]
    known = known_call(context.store, request, keyed)
    if known is not None and known.open:
        ended = settle_call(context, request=request, call=known)
        if ended.word not in MAY_TRY_AGAIN:
            return ended
        request = ended.request
    elif known is not None and known.outcome not in MAY_TRY_AGAIN:
        return MoveResult(known.outcome or UNKNOWN, request)
    with context.store.read() as work:
        earlier = operations.open_call(work, request.tenant_id, request.reference)
    # A call under another key may still be moving this money: find out about it before making one of our own.
    if earlier is not None:
        found = settle_call(context, request=request, call=earlier)
        if found.unfinished:
            return found
        request = found.request
    if move.outcome_before(request, amount) == REFUSED:  # the callback that would allow it may be lost
        request = _refreshed(context, request)[0]
    # Only here, after open calls were settled: disabling a tenant stops new money, never the search for what was begun.
    if move.new_money and context.tenant.disabled:
        raise TenantProblem("Taking money is switched off for this Salesforce org.")
    # Outside the transaction, and only for money that can be taken: every other answer needs no Salesforce.
    if move.new_money and move.outcome_before(request, None) is None and not is_shown():
        return MoveResult(ORDER_GONE, request)
    begun = _begin(move, context, request=request, amount=amount, by=by, keyed=keyed)
    return begun if isinstance(begun, MoveResult) else _deliver(move, context, request, begun)


def known_call(store: Store, request: PaymentRequest, keyed: IdempotencyKey | None) -> OperationCall | None:
    """Return the call that a key was used for before, None where the key is new or missing.

    Raises:
        Invalid: the key was used for another request.
    """
    if keyed is None:
        return None
    with store.read() as work:
        return _known(work, request.tenant_id, keyed)


def settle_call(context: Context, *, request: PaymentRequest, call: OperationCall) -> MoveResult:
    """Find out by the core's own record what became of an open call whose sender no longer waits."""
    move = MOVES[call.verb]
    # A callback may have reported it already.
    present, certain = (request, True) if move.shown_by(request) else _refreshed(context, request)
    # What the record shows is true, also while the call's sender may be waiting for an answer; or has died over it.
    if move.shown_by(present):
        return _end(context, present, call, move.done)
    # "Never arrived" allows the call to be made again: not while its sender may wait, nor by a core that was not asked.
    is_over = context.now() >= call.call_until and context.now() > call.begun_at + _NEVER_ARRIVED_AFTER
    if certain and is_over:
        return _end(context, present, call, NEVER_ARRIVED)
    if context.now() >= call.call_until:  # its sender waits no longer, or has died over it
        _note_unanswered(context, present, call)
    return MoveResult(UNKNOWN, present, unfinished=True)


def _known(work: UnitOfWork, tenant_id: str, keyed: IdempotencyKey) -> OperationCall | None:
    claim = find_use_of_idempotency_key(work, tenant_id, keyed.key, digest=keyed.digest)
    return operations.by_key(work, tenant_id, keyed.key) if claim else None


def _begin(
    move: MoneyMove,
    context: Context,
    *,
    request: PaymentRequest,
    amount: Decimal | None,
    by: Person,
    keyed: IdempotencyKey | None,
) -> OperationCall | MoveResult:
    """Commit the open call before anything is sent, or return why none may be made."""
    now = context.now()
    with context.store.write() as work:
        present = locked_request(work, request)
        # All of this was checked without the lock already; another press may have gone first meanwhile.
        known = _known(work, request.tenant_id, keyed) if keyed else None
        if known is not None and known.outcome not in MAY_TRY_AGAIN:
            return MoveResult(known.outcome or UNKNOWN, present, unfinished=known.open)
        word = move.outcome_before(present, amount)
        asked = move.all_of(present) if amount is None else amount
        if word is None and operations.has_ended_as(work, request.tenant_id, request.reference, move.done):
            word = move.already  # the core has confirmed it, and its record lags behind
        # A page or a caller may have seen an older total. Taking less than asked would surprise both, so nothing is taken.
        if word is None and move.new_money:
            word = capture_refusal(work, present, asked)
        call = OperationCall(
            call_id=known.call_id if known else secrets.token_hex(16),
            tenant_id=request.tenant_id,
            reference=request.reference,
            verb=move.verb,
            by=by,
            begun_at=now,
            call_until=now + 2 * context.call_limit,  # twice the longest call, so the sweep never settles one under way
            open=word is None,
            amount=asked,
            keyed=keyed,
            outcome=word,
        )
        if word is not None and keyed is None:
            return MoveResult(word, present)
        try:
            (operations.save if known else operations.add)(work, call)
        except CallConflict:
            if keyed is not None:  # lost a race for the key: another body under it is an error of the caller's
                _known(work, request.tenant_id, keyed)
            return MoveResult(UNKNOWN, present, unfinished=True)
        if word is not None:
            return MoveResult(word, present)
        _note(work, present, money_event(move.verb, "begun"), by, now)
    return call


def _deliver(move: MoneyMove, context: Context, request: PaymentRequest, call: OperationCall) -> MoveResult:
    try:
        answer = move.call(context.core, context.tenant.core, request.link_reference or "", call.amount or ZERO)
    except CoreRefused as refusal:
        present = _refreshed(context, request)[0]
        word = core_refusal(move.operation, refusal) or (move.already if move.shown_by(present) else REFUSED)
        if word == move.already and present.states.money is move.reaches and not move.shown_by(present):
            word = REFUSED  # it is about a part: the record shows that the rest was not moved
        log.warning(
            "money_not_moved", tenant=call.tenant_id, reference=call.reference, kind=move.verb.value, outcome=word
        )
        return _end(context, present, call, word)
    except CoreOutcomeUnknown:
        return _find_out(move, context, request, call, said=None)
    except (CoreUnavailable, TenantProblem):
        _end(context, request, call, NOT_SENT)
        raise
    return _find_out(move, context, request, call, said=answer)


def _find_out(
    move: MoneyMove, context: Context, request: PaymentRequest, call: OperationCall, *, said: MovedMoney | None
) -> MoveResult:
    """End a call by the core's record; where the record does not show it yet, by the core's answer to the call."""
    present = _refreshed(context, request)[0]
    if move.shown_by(present):
        return _end(context, present, call, move.done)
    money = _money_of(said) if said else None
    if money is not None and RANKS[Money][money.value] >= RANKS[Money][move.reaches.value]:
        return _end(context, present, call, move.done)
    log.warning("money_move_unknown", tenant=call.tenant_id, reference=call.reference, kind=move.verb.value)
    _note_unanswered(context, present, call)
    return MoveResult(UNKNOWN, present)


def _note_unanswered(context: Context, request: PaymentRequest, call: OperationCall) -> None:
    """Have open pages say, once, that nobody knows what became of a call: until then they say that it is under way."""
    event, now = money_event(call.verb, "unanswered"), context.now()
    with context.store.write() as work:
        orders.lock(work, request.tenant_id, request.order_id)
        history = request_events.history_of(work, [request.reference])[request.reference]
        if not _is_open(work, call) or any(one.event == event and one.recorded_at >= call.begun_at for one in history):
            return
        # Nobody waits for the answer any more, so the sweep may settle the call at once.
        operations.save(work, replace(call, call_until=min(call.call_until, now)))
        _note(work, request, event, call.by, now)


def _money_of(said: MovedMoney) -> Money | None:
    """Return what the core's answer proves: by its status, else by the documented type of what was accepted."""
    news = None if said.core_status is None else status_update(said.core_status)
    return (news.money if news else None) or _MONEY_OF_TYPE.get(said.accepted)


def _end(context: Context, request: PaymentRequest, call: OperationCall, word: str) -> MoveResult:
    """Close a call with its outcome; amounts come from the core's record, which was applied before."""
    move, now = MOVES[call.verb], context.now()
    with context.store.write() as work:
        present = locked_request(work, request)
        if not _is_open(work, call):  # the sweep or another press has settled it meanwhile
            return MoveResult(move.done if move.shown_by(present) else word, present)
        operations.save(work, replace(call, open=False, outcome=word))
        if word != move.done:
            if word == SETTLED:
                present = record_change(work, present, replace(present, settled=True), now=now, events=[])
            _note(work, present, money_event(call.verb, "not_done"), call.by, now)
            return MoveResult(word, present)
        # Until the record shows what the core's answer confirmed, the page says that confirmation is outstanding.
        lags = not move.shown_by(present)
        after = replace(present, handled_by=call.by, awaiting_confirmation=lags or present.awaiting_confirmation)
        line = RequestEvent(money_event(call.verb, "done"), occurred_at=now, recorded_at=now, person=call.by.name)
        after = record_change(work, present, after, now=now, events=[line])
    log.info("money_moved", tenant=call.tenant_id, reference=call.reference, kind=call.verb.value, outcome=word)
    return MoveResult(word, after)


def _is_open(work: UnitOfWork, call: OperationCall) -> bool:
    earlier = operations.open_call(work, call.tenant_id, call.reference)
    return earlier is not None and earlier.call_id == call.call_id


def _refreshed(context: Context, request: PaymentRequest) -> tuple[PaymentRequest, bool]:
    """Return the request after the core's record was applied, and whether that record was readable and matched."""
    reconciled = reconcile_payment(context, request=request)
    with context.store.read() as work:
        present = request_rows.reread(work, request)
    return present, reconciled.freshness is Freshness.FRESH and reconciled.finding is not Discrepancy.UNEXPLAINED


def _note(work: UnitOfWork, request: PaymentRequest, event: EventKind, by: Person, now: datetime) -> None:
    """Add a history event that only open pages show: nothing is pushed to Salesforce."""
    request_events.add(work, [(request, RequestEvent(event, occurred_at=now, recorded_at=now, person=by.name))])
    orders.touch(work, request.tenant_id, request.order_id)

"""Decides how money that a payment request holds or has taken is moved on: one call at a time, never the same one twice.

The call is written down before it leaves. Where its answer does not come it stays open: the core's own record is asked,
by the same press, by the next one and by the sweep, and it alone decides; nothing is called again before it has.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from connector.core.client import CoreClient, core_refusal
from connector.core.schemas import MovedMoney
from connector.core.statuses import news_of
from connector.domain.money import ZERO
from connector.domain.payment import PaymentRequest, Person
from connector.domain.status import RANKS, Money
from connector.domain.tenant import CoreAccess, Tenant
from connector.domain.verb import (
    MAY_TRY_AGAIN,
    NEVER_ARRIVED,
    NOT_SENT,
    REFUSED,
    Keyed,
    Verb,
    VerbCall,
    capture_standing,
    reverse_standing,
)
from connector.errors import CoreOutcomeUnknown, CoreRefused, CoreUnavailable, ErrorCode, Invalid, TenantProblem
from connector.journeys.change_request import change_request
from connector.journeys.reconcile_payment import Finding, Freshness, reconcile_payment
from connector.log import get_logger
from connector.store import orders, payments, verbs
from connector.store.payments import Event
from connector.store.store import Store
from connector.store.verbs import AnotherCall

log = get_logger()
UNKNOWN = "unknown"
# A core whose record shows nothing this long after a call began has not got it and will not get it.
_NEVER_ARRIVED_AFTER = timedelta(minutes=2)


@dataclass(frozen=True)
class MoneyMove:
    """One way of moving money. ``standing`` says what is true before any call, None when there is something to move.

    ``new_money``: a disabled tenant may not.
    """

    verb: Verb
    operation: str
    done: str
    already: str
    reaches: Money
    new_money: bool
    call: Callable[[CoreClient, CoreAccess, str, Decimal], MovedMoney]
    all_of: Callable[[PaymentRequest], Decimal]
    standing: Callable[[PaymentRequest, Decimal | None], str | None]
    shown_by: Callable[[PaymentRequest], bool]


MOVES = {
    Verb.CAPTURE: MoneyMove(
        verb=Verb.CAPTURE,
        operation="capture_payment",
        done="captured",
        already="already_captured",
        reaches=Money.PAID,
        new_money=True,
        call=lambda core, access, link_reference, amount: core.capture(access, link_reference, amount),
        all_of=lambda request: request.held,
        standing=capture_standing,
        shown_by=lambda request: request.states.money is Money.PAID or request.captured > 0,
    ),
    Verb.REVERSE: MoneyMove(
        verb=Verb.REVERSE,
        operation="reverse_payment",
        done="reversed",
        already="already_reversed",
        reaches=Money.REVERSED,
        new_money=False,
        call=lambda core, access, link_reference, _amount: core.reverse(access, link_reference),
        all_of=lambda request: request.held + request.paid,
        standing=reverse_standing,
        shown_by=lambda request: request.states.money is Money.REVERSED,
    ),
}


@dataclass(frozen=True)
class Moved:
    """What became of it in one word, and the request as it stands now; ``unfinished``: an earlier call is still open."""

    word: str
    request: PaymentRequest
    unfinished: bool = False


@dataclass(frozen=True)
class Means:
    """What it takes to move one tenant's money: our own ledger, and the core. ``call_limit``: the longest call."""

    tenant: Tenant
    store: Store
    core: CoreClient
    now: Callable[[], datetime]
    call_limit: timedelta


def move_money(
    verb: Verb, means: Means, *, request: PaymentRequest, amount: Decimal | None, by: Person, keyed: Keyed | None
) -> Moved:
    """Move money once; ``amount`` in the request's currency, None: all of it.

    Raises:
        Invalid: the key was used for something else; TenantProblem: switched off, or the core's address is wrong;
        CoreUnavailable. In both nothing left, and the key may try again.
    """
    move = MOVES[verb]
    known = known_call(means.store, request, keyed)
    if known is not None and known.open:
        ended = settle_call(means, request=request, call=known)
        if ended.word not in MAY_TRY_AGAIN:
            return ended
        request = ended.request
    elif known is not None and known.outcome not in MAY_TRY_AGAIN:
        return Moved(known.outcome or UNKNOWN, request)
    with means.store.database.read() as connection:
        earlier = verbs.open_call(connection, request.tenant_id, request.reference)
    if earlier is not None:
        found = settle_call(means, request=request, call=earlier)
        if found.unfinished:
            return replace(found, word=UNKNOWN)
        request = found.request
    if move.standing(request, amount) == REFUSED:  # the word that says otherwise may be lost
        request = _asked(means, request)[0]
    if move.new_money and means.tenant.disabled:
        raise TenantProblem("Taking money is switched off for this Salesforce org.")
    begun = _begin(move, means, request=request, amount=amount, by=by, keyed=keyed)
    return begun if isinstance(begun, Moved) else _deliver(move, means, request, begun)


def known_call(store: Store, request: PaymentRequest, keyed: Keyed | None) -> VerbCall | None:
    """Return the call that a key was used for before.

    Raises:
        Invalid: it was used for something else.
    """
    if keyed is None:
        return None
    with store.database.read() as connection:
        return _known(connection, request.tenant_id, keyed)


def settle_call(means: Means, *, request: PaymentRequest, call: VerbCall) -> Moved:
    """Find out what became of an open call that nobody waits for any more, by the core's own record."""
    if means.now() < call.call_until:
        return Moved(UNKNOWN, request, unfinished=True)
    move = MOVES[call.verb]
    present, certain = _asked(means, request)
    if move.shown_by(present):
        return _end(means, present, call, move.done)
    if certain and means.now() > call.begun_at + _NEVER_ARRIVED_AFTER:
        return _end(means, present, call, NEVER_ARRIVED)
    return Moved(UNKNOWN, present, unfinished=True)


def _known(connection: Connection, tenant_id: str, keyed: Keyed) -> VerbCall | None:
    claim = payments.claim_of_key(connection, tenant_id, keyed.key)
    if claim is not None and claim.body_digest != keyed.digest:
        sentence = "This idempotency key was used for another request. Use a new key for a new request."
        raise Invalid({"idempotency_key": [sentence]}, code=ErrorCode.IDEMPOTENCY_KEY_REUSED)
    return verbs.by_key(connection, tenant_id, keyed.key) if claim else None


def _begin(
    move: MoneyMove, means: Means, *, request: PaymentRequest, amount: Decimal | None, by: Person, keyed: Keyed | None
) -> VerbCall | Moved:
    """Commit the open call before any socket opens, or say why none may be made."""
    now, vault = means.now(), means.store.vault
    with means.store.database.write() as connection:
        orders.lock(connection, request.tenant_id, request.order_id)
        present = payments.find(connection, request.tenant_id, request.reference, vault=vault) or request
        known = _known(connection, request.tenant_id, keyed) if keyed else None
        if known is not None and known.outcome not in MAY_TRY_AGAIN:
            return Moved(known.outcome or UNKNOWN, present, unfinished=known.open)
        word = move.standing(present, amount)
        if word is None and verbs.ended_as(connection, request.tenant_id, request.reference, move.done):
            word = move.already  # the core has said so, and its record lags behind
        call = VerbCall(
            call_id=known.call_id if known else secrets.token_hex(16),
            tenant_id=request.tenant_id,
            reference=request.reference,
            verb=move.verb,
            by=by,
            begun_at=now,
            call_until=now + 2 * means.call_limit,
            open=word is None,
            amount=move.all_of(present) if amount is None else amount,
            keyed=keyed,
            outcome=word,
        )
        if word is not None and keyed is None:
            return Moved(word, present)
        try:
            (verbs.save if known else verbs.add)(connection, call)
        except AnotherCall:
            if keyed is not None:
                _known(connection, request.tenant_id, keyed)
            return Moved(UNKNOWN, present, unfinished=True)
        if word is not None:
            return Moved(word, present)
        _note(connection, present, f"{move.verb}_begun", by, now)
    return call


def _deliver(move: MoneyMove, means: Means, request: PaymentRequest, call: VerbCall) -> Moved:
    try:
        answer = move.call(means.core, means.tenant.core, request.link_reference or "", call.amount or ZERO)
    except CoreRefused as refusal:
        present = _asked(means, request)[0]
        word = core_refusal(move.operation, refusal) or (move.already if move.shown_by(present) else REFUSED)
        log.warning(
            "money_not_moved", tenant=call.tenant_id, reference=call.reference, kind=move.verb.value, outcome=word
        )
        return _end(means, present, call, word)
    except CoreOutcomeUnknown:
        return _find_out(move, means, request, call, said=None)
    except (CoreUnavailable, TenantProblem):
        _end(means, request, call, NOT_SENT)
        raise
    return _find_out(move, means, request, call, said=answer.core_status)


def _find_out(move: MoneyMove, means: Means, request: PaymentRequest, call: VerbCall, *, said: str | None) -> Moved:
    """Take the core's record; where it cannot be had yet, the core's own answer to the call counts, if it gave one."""
    present = _asked(means, request)[0]
    if move.shown_by(present):
        return _end(means, present, call, move.done)
    news = news_of(said, review_finalised=False) if said else None
    money = news.money if news else None
    if money is not None and RANKS[Money][money.value] >= RANKS[Money][move.reaches.value]:
        return _end(means, present, call, move.done)
    log.warning("money_move_unknown", tenant=call.tenant_id, reference=call.reference, kind=move.verb.value)
    with means.store.database.write() as connection:
        orders.lock(connection, present.tenant_id, present.order_id)
        if _is_open(connection, call):
            verbs.save(connection, replace(call, call_until=means.now()))
            _note(connection, present, f"{move.verb}_unanswered", call.by, means.now())
    return Moved(UNKNOWN, present)


def _end(means: Means, request: PaymentRequest, call: VerbCall, word: str) -> Moved:
    """Close a call. What was moved is in the request already, where the core's record could be had."""
    move, now, vault = MOVES[call.verb], means.now(), means.store.vault
    with means.store.database.write() as connection:
        orders.lock(connection, request.tenant_id, request.order_id)
        present = payments.find(connection, request.tenant_id, request.reference, vault=vault) or request
        if not _is_open(connection, call):  # somebody else has found out meanwhile
            return Moved(move.done if move.shown_by(present) else word, present)
        verbs.save(connection, replace(call, open=False, outcome=word))
        if word != move.done:
            _note(connection, present, f"{call.verb}_not_done", call.by, now)
            return Moved(word, present)
        lags = not move.shown_by(present)
        after = replace(present, handled_by=call.by, awaiting_confirmation=lags or present.awaiting_confirmation)
        line = Event(f"{call.verb}_done", occurred_at=now, recorded_at=now, person=call.by.name)
        after = change_request(connection, present, after, vault=vault, now=now, event=line)
    log.info("money_moved", tenant=call.tenant_id, reference=call.reference, kind=call.verb.value, outcome=word)
    return Moved(word, after)


def _is_open(connection: Connection, call: VerbCall) -> bool:
    standing = verbs.open_call(connection, call.tenant_id, call.reference)
    return standing is not None and standing.call_id == call.call_id


def _asked(means: Means, request: PaymentRequest) -> tuple[PaymentRequest, bool]:
    """Return the request after asking the core, and whether its record could be held against it."""
    asked = reconcile_payment(tenant=means.tenant, request=request, store=means.store, core=means.core, now=means.now)
    with means.store.database.read() as connection:
        present = payments.find(connection, request.tenant_id, request.reference, vault=means.store.vault) or request
    return present, asked.freshness is Freshness.FRESH and asked.finding is not Finding.UNEXPLAINED


def _note(connection: Connection, request: PaymentRequest, event: str, by: Person, now: datetime) -> None:
    """Add a line that only open pages must be told."""
    payments.add_events(connection, [(request, Event(event, occurred_at=now, recorded_at=now, person=by.name))])
    orders.touch(connection, request.tenant_id, request.order_id)

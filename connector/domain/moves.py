"""Knows how one piece of proof changes a payment request; refuses to depend on the order in which proofs arrive.

Every field is merged so that repeating and reordering change nothing: states by rank, amounts by maximum, times by minimum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from connector.domain.money import ZERO
from connector.domain.payment import Lifecycle, PaymentRequest, stays_live
from connector.domain.status import RANKS, Link, Message, Money, Moved, News, States, move

_CLOSED = (Link.REJECTED, Link.EXPIRED, Link.CANCELLED)
_TAKEN = (Money.IN_REVIEW, Money.AUTHORIZED, Money.PAID)


@dataclass(frozen=True)
class Proof:
    """What somebody who knows (the core, or our own call to it) says of one request."""

    news: News
    occurred_at: datetime
    core_status: str | None = None
    link_reference: str | None = None
    receipt_reference: str | None = None
    reconciliation_reference: str | None = None
    reason: str | None = None
    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    reversed: Decimal = ZERO
    sent_at: datetime | None = None
    opened_at: datetime | None = None


def applied(request: PaymentRequest, proof: Proof, *, lifecycle: Lifecycle) -> PaymentRequest:
    """Return the request as it stands once this proof is known; equal to ``request`` when nothing is new."""
    outcome = move(request.states, proof.news)
    states = outcome.states if isinstance(outcome, Moved) else request.states
    late_money = request.states.link in _CLOSED and states.money in _TAKEN and request.states.money not in _TAKEN
    moved = replace(
        request,
        states=states,
        live=stays_live(was_live=request.live, states=states),
        link_reference=request.link_reference or proof.link_reference,
        authorized=max(request.authorized, proof.authorized),
        captured=max(request.captured, proof.captured),
        reversed=max(request.reversed, proof.reversed),
        money_after_close=request.money_after_close or late_money,
    )
    return _with_times(_with_word(moved, proof, request.states), proof, lifecycle)


def _with_word(moved: PaymentRequest, proof: Proof, before: States) -> PaymentRequest:
    """The core's word and references come with the highest news; of two words for one state the later letter wins."""
    rank = _importance(proof.news)
    highest = rank >= _importance(News(Message.NONE, moved.states.link, moved.states.money))
    if not highest:
        return replace(
            moved,
            receipt_reference=moved.receipt_reference or proof.receipt_reference,
            reconciliation_reference=moved.reconciliation_reference or proof.reconciliation_reference,
        )
    tie = rank == _importance(News(Message.NONE, before.link, before.money)) and moved.core_status
    word = max(moved.core_status or "", proof.core_status or "") if tie else proof.core_status
    return replace(
        moved,
        core_status=word or moved.core_status,
        reason=proof.reason or (moved.reason if tie else None),
        receipt_reference=proof.receipt_reference or moved.receipt_reference,
        reconciliation_reference=proof.reconciliation_reference or moved.reconciliation_reference,
    )


def _with_times(moved: PaymentRequest, proof: Proof, lifecycle: Lifecycle) -> PaymentRequest:
    sent_at = _earliest(moved.sent_at, proof.sent_at or (proof.occurred_at if proof.news.link is Link.SENT else None))
    opened = proof.occurred_at if proof.news.link is Link.OPENED and proof.news.money is None else None
    opened_at = _earliest(moved.opened_at, proof.opened_at or opened)
    return replace(
        moved,
        sent_at=sent_at,
        opened_at=opened_at,
        open_by=_later_by(sent_at, lifecycle.unopened),
        pay_by=_later_by(opened_at, lifecycle.opened),
        paid_at=_earliest(moved.paid_at, proof.occurred_at if proof.news.money is Money.PAID else None),
        finished_at=_finished_at(moved, proof),
        sending_until=moved.sending_until if moved.states.link is Link.SENDING else None,
    )


def _finished_at(moved: PaymentRequest, proof: Proof) -> datetime | None:
    final = moved.states.link in _CLOSED or moved.states.money not in (Money.NONE, Money.DECLINED, Money.IN_REVIEW)
    if not final:
        return None
    return _earliest(moved.finished_at, proof.occurred_at) if _ends(proof.news) else moved.finished_at


def _ends(news: News) -> bool:
    return news.link in _CLOSED or news.money not in (None, Money.NONE, Money.DECLINED, Money.IN_REVIEW)


def _importance(news: News) -> int:
    """Rank news the way people see it: money beats link."""
    money = RANKS[Money][news.money.value] if news.money else 0
    link = RANKS[Link][news.link.value] if news.link else 0
    return 100 * money if money else link


def _earliest(known: datetime | None, said: datetime | None) -> datetime | None:
    return min((moment for moment in (known, said) if moment is not None), default=None)


def _later_by(moment: datetime | None, span: timedelta) -> datetime | None:
    return moment + span if moment else None

"""How one piece of evidence changes a payment request, whatever the order of arrival.

Every field is merged so that repeating and reordering change nothing: states by rank, amounts by maximum, times by minimum.
One thing is outside of this: ``rejected`` is our own verdict. It gives the order's one live place back at once, and late news
of the core does not take it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.domain.payments.payment import Lifecycle, PaymentRequest, Reason, stays_live
from connector.domain.payments.status import RANKS, Link, Money, Moved, States, StatusUpdate, move
from foundation.money import ZERO, digits_of, round_amount

_CLOSED = (Link.REJECTED, Link.EXPIRED, Link.CANCELLED)
TAKEN = (Money.AUTHORIZED, Money.PAID, Money.REVERSED)


@dataclass(frozen=True)
class Evidence:
    """What somebody who knows (the core, or our own call to it) says of one request."""

    news: StatusUpdate
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


def apply_evidence(request: PaymentRequest, proof: Evidence, *, lifecycle: Lifecycle) -> PaymentRequest:
    """Return the request as it stands once this proof is known; equal to ``request`` when nothing is new."""
    outcome = move(request.states, proof.news)
    digits = digits_of(request.amount)  # the core may keep more of them, or have made a float of an amount
    states = outcome.states if isinstance(outcome, Moved) else request.states
    live = stays_live(was_live=request.live, states=states)
    return replace(
        request,
        states=states,
        live=live,
        end_reported_at=request.end_reported_at if live else None,
        link_reference=request.link_reference or proof.link_reference,
        authorized=max(request.authorized, round_amount(proof.authorized, digits)),
        captured=max(request.captured, round_amount(proof.captured, digits)),
        reversed=max(request.reversed, round_amount(proof.reversed, digits)),
        **_words(request, proof),
        **_times(request, states, proof, lifecycle),
    )


def _words(request: PaymentRequest, proof: Evidence) -> dict[str, Any]:
    """The core's word and the reason come with the highest news; of two texts of one rank the later letter wins."""
    before = request.states
    standing, said = _importance(StatusUpdate(link=before.link, money=before.money)), _importance(proof.news)
    word, reason = request.core_status, request.reason
    if said > standing:
        word, reason = proof.core_status, proof.reason
    elif said == standing:
        word, reason = _later_letter(word, proof.core_status), _later_letter(reason, proof.reason)
    return {
        "core_status": word,
        "reason": reason,
        "receipt_reference": _later_letter(request.receipt_reference, proof.receipt_reference),
        "reconciliation_reference": _later_letter(request.reconciliation_reference, proof.reconciliation_reference),
    }


def _times(request: PaymentRequest, states: States, proof: Evidence, lifecycle: Lifecycle) -> dict[str, Any]:
    news, at = proof.news, proof.occurred_at
    sent_at = _earliest(request.sent_at, proof.sent_at or (at if news.link is Link.SENT else None))
    opened = at if news.link is Link.OPENED and news.money is None else None
    opened_at = _earliest(request.opened_at, proof.opened_at or opened)
    closed_at = _earliest(request.closed_at, _closed_at(request, proof))
    taken_at = _earliest(request.taken_at, at if news.money in TAKEN else None)
    return {
        "sent_at": sent_at,
        "opened_at": opened_at,
        "open_by": _later_by(sent_at, lifecycle.unopened),
        "pay_by": _later_by(opened_at, lifecycle.opened),
        "paid_at": _earliest(request.paid_at, at if news.money is Money.PAID else None),
        "finished_at": _finished_at(request, states, proof),
        "closed_at": closed_at,
        "taken_at": taken_at,
        "money_after_close": closed_at is not None and taken_at is not None and taken_at >= closed_at,
        "sending_until": request.sending_until if states.link is Link.SENDING else None,
    }


def _closed_at(request: PaymentRequest, proof: Evidence) -> datetime | None:
    """A link that we gave up ourselves counts as closed from the beginning: whatever money it brings is a surprise."""
    if proof.reason in (Reason.UNCONFIRMED, Reason.NEVER_ARRIVED):
        return request.created_at
    return proof.occurred_at if proof.news.link in _CLOSED and proof.news.money is None else None


def _finished_at(request: PaymentRequest, states: States, proof: Evidence) -> datetime | None:
    final = states.link in _CLOSED or states.money not in (Money.NONE, Money.DECLINED, Money.IN_REVIEW)
    if not final:
        return None
    return _earliest(request.finished_at, proof.occurred_at) if _ends(proof.news) else request.finished_at


def _ends(news: StatusUpdate) -> bool:
    return news.link in _CLOSED or news.money not in (None, Money.NONE, Money.DECLINED, Money.IN_REVIEW)


def _importance(news: StatusUpdate) -> int:
    """Rank news the way people see it: money beats link."""
    money = RANKS[Money][news.money.value] if news.money else 0
    link = RANKS[Link][news.link.value] if news.link else 0
    return 100 * money if money else link


def _later_letter(known: str | None, said: str | None) -> str | None:
    return max(known or "", said or "") or None


def _earliest(known: datetime | None, said: datetime | None) -> datetime | None:
    return min(known, said) if known and said else known or said


def _later_by(moment: datetime | None, span: timedelta) -> datetime | None:
    return moment + span if moment else None

"""Apply evidence to a payment request, with the same result in whatever order it arrives.

Every field is merged so that repeating and reordering change nothing: states by rank, amounts by maximum, times by
minimum. The exception is ``live``, which only falls: after our own ``rejected``, a late update does not raise it (ADR 4).
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
    """What is proven about one request, by the core's record, its callback, or our own call to it."""

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


def apply_evidence(request: PaymentRequest, evidence: Evidence, *, lifecycle: Lifecycle) -> PaymentRequest:
    """Return the request with this evidence applied; equal to ``request`` when nothing is new."""
    outcome = move(request.states, evidence.news)
    digits = digits_of(request.amount)  # the core may use more digits, or send a float
    states = outcome.states if isinstance(outcome, Moved) else request.states
    live = stays_live(was_live=request.live, states=states)
    return replace(
        request,
        states=states,
        live=live,
        end_reported_at=request.end_reported_at if live else None,
        link_reference=request.link_reference or evidence.link_reference,
        # Amounts only rise: money that is given back is counted in ``reversed`` and subtracted nowhere.
        authorized=max(request.authorized, round_amount(evidence.authorized, digits)),
        captured=max(request.captured, round_amount(evidence.captured, digits)),
        reversed=max(request.reversed, round_amount(evidence.reversed, digits)),
        **_merged_texts(request, evidence),
        **_merged_times(request, states, evidence, lifecycle),
    )


def _merged_texts(request: PaymentRequest, evidence: Evidence) -> dict[str, Any]:
    """Merge texts: the core status and the reason come from the highest update, and at equal rank from a fixed order."""
    before = request.states
    # Alphabetical at equal rank: any rule would do that does not depend on the order of arrival.
    known, reported = _importance(StatusUpdate(link=before.link, money=before.money)), _importance(evidence.news)
    word, reason = request.core_status, request.reason
    if reported > known:
        word, reason = evidence.core_status, evidence.reason
    elif reported == known:
        word, reason = _last_in_order(word, evidence.core_status), _last_in_order(reason, evidence.reason)
    return {
        "core_status": word,
        "reason": reason,
        "receipt_reference": _last_in_order(request.receipt_reference, evidence.receipt_reference),
        "reconciliation_reference": _last_in_order(request.reconciliation_reference, evidence.reconciliation_reference),
    }


def _merged_times(request: PaymentRequest, states: States, evidence: Evidence, lifecycle: Lifecycle) -> dict[str, Any]:
    news, at = evidence.news, evidence.occurred_at
    sent_at = _earliest(request.sent_at, evidence.sent_at or (at if news.link is Link.SENT else None))
    opened = at if news.link is Link.OPENED and news.money is None else None
    opened_at = _earliest(request.opened_at, evidence.opened_at or opened)
    closed_at = _earliest(request.closed_at, _closed_at(request, evidence))
    taken_at = _earliest(request.taken_at, at if news.money in TAKEN else None)
    return {
        "sent_at": sent_at,
        "opened_at": opened_at,
        "open_by": _later_by(sent_at, lifecycle.unopened),
        "pay_by": _later_by(opened_at, lifecycle.opened),
        "paid_at": _earliest(request.paid_at, at if news.money is Money.PAID else None),
        "finished_at": _finished_at(request, states, evidence),
        "closed_at": closed_at,
        "taken_at": taken_at,
        "money_after_close": closed_at is not None and taken_at is not None and taken_at >= closed_at,
        "sending_until": request.sending_until if states.link is Link.SENDING else None,
    }


def _closed_at(request: PaymentRequest, evidence: Evidence) -> datetime | None:
    """Return when the evidence shows the link closed."""
    if evidence.reason in (Reason.UNCONFIRMED, Reason.NEVER_ARRIVED):
        return request.created_at  # given up by us, so any money on it is reported as money after the close
    return evidence.occurred_at if evidence.news.link in _CLOSED and evidence.news.money is None else None


def _finished_at(request: PaymentRequest, states: States, evidence: Evidence) -> datetime | None:
    final = states.link in _CLOSED or states.money not in (Money.NONE, Money.DECLINED, Money.IN_REVIEW)
    if not final:
        return None
    return _earliest(request.finished_at, evidence.occurred_at) if _ends(evidence.news) else request.finished_at


def _ends(news: StatusUpdate) -> bool:
    return news.link in _CLOSED or news.money not in (None, Money.NONE, Money.DECLINED, Money.IN_REVIEW)


def _importance(news: StatusUpdate) -> int:
    """Rank an update as the shown status does: money beats link."""
    money = RANKS[Money][news.money.value] if news.money else 0
    link = RANKS[Link][news.link.value] if news.link else 0
    return 100 * money if money else link


def _last_in_order(known: str | None, reported: str | None) -> str | None:
    return max(known or "", reported or "") or None


def _earliest(known: datetime | None, reported: datetime | None) -> datetime | None:
    return min(known, reported) if known and reported else known or reported


def _later_by(moment: datetime | None, span: timedelta) -> datetime | None:
    return moment + span if moment else None

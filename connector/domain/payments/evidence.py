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
from connector.domain.payments.status import RANKS, Link, Message, Money, Moved, States, StatusUpdate, move
from foundation.money import ZERO, digits_of, round_amount

_CLOSED = (Link.REJECTED, Link.EXPIRED, Link.CANCELLED)
TAKEN = (Money.AUTHORIZED, Money.PAID, Money.REVERSED)
# A word of ``manifests/core/ours.json``: it is unknown whether the message was sent.
NOT_KNOWN = "not_known"
# Never said; the goods must wait; they need not any more.
_SHIPPING = (None, True, False)


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
    # When the message reached its state, and why it failed; only a report about the message itself says so.
    message_at: datetime | None = None
    message_failure: str | None = None
    do_not_ship: bool | None = None
    attention: str | None = None
    attention_at: datetime | None = None
    capture_before: datetime | None = None
    settled: bool | None = None
    charging: bool = False
    charging_at: datetime | None = None


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
        **_merged_message(request, states, evidence),
        **_merged_alarms(request, evidence),
        **_merged_charge(request, evidence),
        **_merged_texts(request, evidence),
        capture_before=_latest(request.capture_before, evidence.capture_before),
        settled=request.settled or bool(evidence.settled),
        **_merged_times(request, states, evidence, lifecycle),
    )


def _merged_message(request: PaymentRequest, states: States, evidence: Evidence) -> dict[str, Any]:
    """Merge what is known of the message's state: the failure and the time are those of the state that counts."""
    at, failure = request.message_at, request.message_failure
    if states.message is not request.states.message:
        # Those of a lower state say nothing of this one; a doubt whether it was sent lasts until it was.
        at, failure = None, NOT_KNOWN if failure == NOT_KNOWN and states.message is Message.ACCEPTED else None
    if evidence.message_failure == NOT_KNOWN:
        # It is unknown whether it was sent, so any earlier or later report about it takes precedence.
        is_open = states.message in (Message.NONE, Message.ACCEPTED) and at is None
        return {"message_at": at, "message_failure": NOT_KNOWN if is_open else failure}
    if evidence.message_at is None or evidence.news.message is not states.message:
        return {"message_at": at, "message_failure": failure}
    failure = None if failure == NOT_KNOWN else failure
    at = _earliest(at, evidence.message_at)
    return {"message_at": at, "message_failure": _last_in_order(failure, evidence.message_failure)}


def _merged_alarms(request: PaymentRequest, evidence: Evidence) -> dict[str, Any]:
    """Merge why a person must look, which the core's own clock orders, and whether goods must wait, which ends for good."""
    ship = max((request.do_not_ship, evidence.do_not_ship), key=_SHIPPING.index)
    attention, since = request.attention, request.attention_at
    if evidence.attention_at is not None and (since is None or evidence.attention_at > since):
        attention, since = evidence.attention, evidence.attention_at
    return {"do_not_ship": ship, "attention": attention, "attention_at": since}


def _merged_charge(request: PaymentRequest, evidence: Evidence) -> dict[str, Any]:
    """Merge whether a saved card is being charged, which the core's own clock orders."""
    known, reported = (request.charging_at, request.charging), (evidence.charging_at, evidence.charging)
    # Of two readings of one moment the end is the later one.
    later = max((one for one in (known, reported) if one[0]), key=lambda one: (one[0], not one[1]), default=known)
    return {"charging_at": later[0], "charging": later[1]}


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


def _latest(known: datetime | None, reported: datetime | None) -> datetime | None:
    return max((one for one in (known, reported) if one is not None), default=None)


def _earliest(known: datetime | None, reported: datetime | None) -> datetime | None:
    return min(known, reported) if known and reported else known or reported


def _later_by(moment: datetime | None, span: timedelta) -> datetime | None:
    return moment + span if moment else None


def money_moved(before: PaymentRequest, after: PaymentRequest) -> bool:
    """Return whether money was authorized, captured or given back between the two."""
    return (before.authorized, before.captured, before.reversed) != (after.authorized, after.captured, after.reversed)


def is_final(before: PaymentRequest, after: PaymentRequest) -> bool:
    """Return whether a change is one that people wait for: an end, anything about money, or that a person must look."""
    return (
        before.attention != after.attention
        or after.states.money != before.states.money
        or (before.live and not after.live)
    )

"""Choose the sentences that people read for a request, an order, or the answer to an action.

One function per status. Times in the values are absolute, so that a page stays correct without asking again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.domain.payments.balance import balance_of
from connector.domain.payments.evidence import NOT_KNOWN
from connector.domain.payments.message_delivery import REMEDIES, is_only_previewed, is_undelivered
from connector.domain.payments.news import LONG_UNKNOWN, Bell, bell_key
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest, Reason
from connector.domain.payments.status import Link, Message, Money, Status
from connector.journeys.amending.cancel_payment_request import REPLACED, Cancelled, CancelOutcome
from connector.store.outbox.outbox import OutboxState, PushState
from connector.web.wording.balance_messages import held_until, money_stop
from connector.web.wording.opening_messages import NUDGE_AFTER, expired, previewed
from connector.web.wording.refusal_reasons import reason_of
from connector.web.wording.sentences import Sentence
from foundation.money import digits_of, to_text

# Between the end of the old link and the sending of the new one the core is asked twice.
_LONGEST_REPLACING = timedelta(seconds=30)
WITHOUT_OUTCOME = (Status.UNKNOWN, Status.SENT, Status.OPENED, Status.DECLINED)


def sentences_of(request: PaymentRequest, push: PushState | None, *, followed: bool | None) -> list[Sentence]:
    """Return the sentences that the agent sees over time: the last one whose time has come is shown.

    ``followed``: whether the link for which this one was closed was sent, or may have been; None: there is none so far.
    """
    # A callback's word about money is shown as a report until the core's own record confirms it.
    if request.awaiting_confirmation:
        return [Sentence("reported_not_confirmed")]
    if request.end_reported_at:
        return [Sentence("end_reported")]
    if request.is_being_charged:
        return [Sentence("being_charged")]
    if request.released_at and request.status in WITHOUT_OUTCOME:
        return [_released(request)]
    if request.status is Status.CANCELLED and request.not_told_because == REPLACED and not followed:
        return _unfollowed(request, gave_up=followed is not None)
    return _SEEN[request.status](request, push)


def followed_by(requests: Sequence[PaymentRequest]) -> dict[str | None, bool]:
    """Return of each request that another took the place of whether one was sent, or may have been."""
    sent = {one.replaces for one in requests if one.states.link not in (Link.CREATED, Link.REJECTED)}
    return {one.replaces: one.replaces in sent for one in requests}


def _sent(request: PaymentRequest, _push: PushState | None) -> list[Sentence]:
    channel = channel_name(request)
    if is_undelivered(request):
        return [_undelivered(request)]
    values = {"at": request.sent_at, "channel": channel, "phone_ending": request.phone.ending}
    if request.message_failure == NOT_KNOWN:
        return [Sentence("message_in_doubt", {"channel": channel, "phone_ending": request.phone.ending})]
    if request.states.message in (Message.DELIVERED, Message.READ):
        values["at"] = request.message_at or request.sent_at
    sentence_id = {Message.DELIVERED: "delivered", Message.READ: "read"}.get(request.states.message, "sent")
    seen = [Sentence(sentence_id, values | {"until": request.open_by})]
    if request.sent_at and request.open_by:
        nudge = {"until": request.open_by, "phone_ending": request.phone.ending}
        seen.append(Sentence("not_opened", nudge, request.sent_at + NUDGE_AFTER))
        # The clock alone ends nothing: after the deadline the core is asked first.
        seen.append(Sentence("awaiting_confirmation", {}, request.open_by))
    return seen


def _undelivered(request: PaymentRequest) -> Sentence:
    """Return the sentence that says why a message did not arrive, and what would help."""
    word = request.message_failure
    sentence_id = f"failed_{word}" if word in REMEDIES else "cannot_deliver"
    return Sentence(sentence_id, {"channel": channel_name(request), "phone_ending": request.phone.ending})


def _opened(request: PaymentRequest, _push: PushState | None) -> list[Sentence]:
    seen = [Sentence("opened", {"at": request.opened_at, "until": request.pay_by})]
    if is_only_previewed(request):
        seen = [_undelivered(request)] if is_undelivered(request) else previewed(request)
    return [*seen, Sentence("awaiting_confirmation", {}, request.pay_by)] if request.pay_by else seen


def _declined(request: PaymentRequest, _push: PushState | None) -> list[Sentence]:
    if not can_still_pay(request):
        return [Sentence("declined_dead")]
    # A saved card was charged by a reply: nobody has opened the link, which lives as long as an unopened one.
    until = request.pay_by or request.open_by
    seen = [Sentence("declined", {"until": until})]
    return [*seen, Sentence("awaiting_confirmation", {}, until)] if until else seen


def _paid(request: PaymentRequest, push: PushState | None) -> list[Sentence]:
    if request.money_after_close:
        return [_after_close(request, push)]
    at = request.paid_at or request.proven_at
    state, written_at, reason = salesforce_of(request, push)
    if state == "written":
        return [Sentence("paid_written", {"at": at, "written_at": written_at})]
    if state == "refused":
        return [Sentence("paid_order_refuses", {"at": at, "reason": reason_of(reason)})]
    return [Sentence("paid_waiting", {"at": at})]


def _part_paid(request: PaymentRequest, push: PushState | None) -> list[Sentence]:
    """Return the sentences for money kept below the amount requested: a part was captured, or a part refunded."""
    if request.money_after_close:
        return [_after_close(request, push)]
    money = amounts_of(request, paid=request.paid, amount=request.amount)
    if request.reversed > 0:
        return [Sentence("part_given_back", money | amounts_of(request, reversed=request.reversed))]
    state, written_at, reason = salesforce_of(request, push)
    at = request.paid_at or request.proven_at
    if state == "written":
        return [Sentence("part_paid_written", money | {"at": at, "written_at": written_at})]
    if state == "refused":
        return [Sentence("part_paid_order_refuses", money | {"reason": reason_of(reason)})]
    return [Sentence("part_paid", money | {"at": at})]


def _after_close(request: PaymentRequest, push: PushState | None) -> Sentence:
    at = request.taken_at or request.paid_at or request.proven_at
    if _supervisors_know(request, Bell.PAID_AFTER_CLOSE, push):
        return Sentence("paid_after_close_told", _facts(request, request.paid, at))
    return Sentence("paid_after_close", _facts(request, request.paid, at))


def _supervisors_know(request: PaymentRequest, kind: Bell, push: PushState | None) -> bool:
    return push is not None and bell_key(kind, request.reference) in push.supervisors_know


def _facts(request: PaymentRequest, amount: Decimal, at: datetime | None) -> dict[str, Any]:
    """Return the values by which a supervisor finds a payment at the core."""
    names = {"order_number": request.order_number, "reference": request.reference, "at": at}
    return names | amounts_of(request, amount=amount)


def _expired(request: PaymentRequest, _push: PushState | None) -> list[Sentence]:
    return [expired(request)]


def _unfollowed(request: PaymentRequest, *, gave_up: bool) -> list[Sentence]:
    """Return what holds of a link that was closed for a new one, before that one goes out, and where it never did."""
    values = {"phone_ending": request.phone.ending}
    if gave_up or request.finished_at is None:
        return [Sentence("cancelled_unfollowed", values)]
    # Whoever is told to send now, while the new link is on its way, would send twice.
    return [
        Sentence("cancelled_for_new"),
        Sentence("cancelled_unfollowed", values, request.finished_at + _LONGEST_REPLACING),
    ]


def _cancelled(request: PaymentRequest, _push: PushState | None) -> list[Sentence]:
    if request.not_told_because == REPLACED:
        return [Sentence("cancelled_replaced")]
    if request.customer_told is False and request.not_told_because:
        # A core may end its reason with a full stop; the sentence around it has one of its own.
        return [Sentence("cancelled_not_told", {"reason": request.not_told_because.rstrip(".")})]
    # None: the link was cancelled at the core, so nothing is known about a message to the customer.
    ids = {True: "cancelled_told", False: "cancelled_not_told_unexplained", None: "cancelled_elsewhere"}
    return [Sentence(ids[request.customer_told])]


def _released(request: PaymentRequest) -> Sentence:
    return Sentence("released", {"at": request.released_at, "agent": request.handled_by.name})


def _rejected(request: PaymentRequest, _push: PushState | None) -> list[Sentence]:
    return [Sentence("never_arrived" if request.reason == Reason.NEVER_ARRIVED else "rejected")]


def _unknown(request: PaymentRequest, push: PushState | None) -> list[Sentence]:
    facts, since = _facts(request, request.amount, request.created_at), request.created_at + LONG_UNKNOWN
    supervisors_know = _supervisors_know(request, Bell.UNKNOWN_LONG, push)
    return [Sentence("unknown"), Sentence("unknown_long_told" if supervisors_know else "unknown_long", facts, since)]


def _sending(request: PaymentRequest, _push: PushState | None) -> list[Sentence]:
    return [Sentence("sending", {"channel": channel_name(request), "phone_ending": request.phone.ending})]


def _plain(sentence_id: str) -> Callable[[PaymentRequest, PushState | None], list[Sentence]]:
    return lambda _request, _push: [Sentence(sentence_id)]


_SEEN: dict[Status, Callable[[PaymentRequest, PushState | None], list[Sentence]]] = {
    Status.CREATED: _plain("created_not_sent"),
    Status.SENDING: _sending,
    Status.UNKNOWN: _unknown,
    Status.REJECTED: _rejected,
    Status.SENT: _sent,
    Status.OPENED: _opened,
    Status.IN_REVIEW: _plain("in_review"),
    Status.AUTHORIZED: lambda request, _push: held_until(request.capture_before),
    Status.PART_PAID: _part_paid,
    Status.PAID: _paid,
    Status.DECLINED: _declined,
    Status.EXPIRED: _expired,
    Status.CANCELLED: _cancelled,
    Status.REVERSED: _plain("reversed"),
}


def send_off(order: Order, requests: Sequence[PaymentRequest], user_id: str) -> Sentence | None:
    """Return the sentence that says why nothing can be sent for an order now, or None."""
    balance = balance_of(order, requests)
    stop = money_stop(order, balance, requests)
    if stop:
        return stop
    # Money in review can still be taken on a link that is closed: a second link could be paid beside it.
    pending = next((one for one in reversed(requests) if one.live or one.states.money is Money.IN_REVIEW), None)
    if pending and pending.requested_by.user_id != user_id:
        until = (pending.pay_by if pending.states.link is Link.OPENED else None) or pending.open_by
        return Sentence(
            "colleague_link", {"agent": pending.requested_by.name, "at": pending.created_at, "until": until}
        )
    if pending:
        return Sentence("live_link")
    if balance.askable == 0:
        return Sentence("already_authorized" if balance.authorized else "already_paid")
    return None


def cancel_answer(cancelled: Cancelled) -> Sentence:
    """Return the sentence for the actual outcome of a cancel."""
    request = cancelled.request
    match cancelled.outcome:
        case CancelOutcome.CANCELLED:
            return _cancelled(request, None)[0]
        case CancelOutcome.ALREADY_CANCELLED:
            if cancelled.closed_by is None:
                return Sentence("cancel_already_cancelled_elsewhere")
            return Sentence("cancel_already_cancelled", {"at": request.finished_at, "agent": cancelled.closed_by})
        case CancelOutcome.EXPIRED:
            return Sentence("cancel_already_expired")
        case CancelOutcome.ALREADY_CLICKED if is_only_previewed(request):
            return Sentence("cancel_already_clicked_preview", {"until": request.pay_by})
        case CancelOutcome.DECLINED if can_still_pay(request):
            return Sentence("cancel_already_clicked")  # the page is open and takes another card
        case CancelOutcome.PAID if request.status is Status.PART_PAID:
            at = request.paid_at or request.finished_at
            return Sentence(
                "cancel_part_paid", amounts_of(request, paid=request.paid, amount=request.amount) | {"at": at}
            )
        case CancelOutcome.AUTHORIZED:
            return Sentence("cancel_authorized", _facts(request, request.held, request.finished_at))
        case CancelOutcome.PAID:
            return Sentence("cancel_paid", {"at": request.paid_at or request.finished_at})
        case outcome:
            return Sentence(f"cancel_{outcome.value}")


def salesforce_of(request: PaymentRequest, push: PushState | None) -> tuple[str, Any, str | None]:
    """Return (state, written at, reason) of a request's latest change in Salesforce: ``written waiting refused none``."""
    if push is None or request.version == 0:
        return "none", None, None
    # The request's own record is written: it is the order's fields that Salesforce refused.
    if push.state == OutboxState.REFUSED and push.requests_version >= request.version:
        return "refused", push.pushed_at, push.reason
    if push.pushed_version >= request.version:
        return "written", push.pushed_at, None
    if push.state == OutboxState.BURIED:
        return "refused", None, push.reason
    return "waiting", None, push.reason


def can_still_pay(request: PaymentRequest) -> bool:
    """Return whether the page of a declined payment is open and takes another card."""
    return request.states.money is Money.DECLINED and request.states.link is Link.OPENED


def amounts_of(request: PaymentRequest, **amounts: Decimal) -> dict[str, Any]:
    """Return amounts in the request's currency as a sentence takes them."""
    return {name: money_of(request, amount) for name, amount in amounts.items()}


def money_of(request: PaymentRequest, amount: Decimal) -> dict[str, str]:
    """Return an amount of a request as a sentence takes it, with the digits that were asked for."""
    text = to_text(amount, request.currency, digits_of(request.amount))
    return {"amount": text, "currency": request.currency}


def channel_name(request: PaymentRequest) -> str:
    """Return a request's channel as a sentence names it."""
    return {"sms": "SMS", "whatsapp": "WhatsApp"}[request.channel.value]

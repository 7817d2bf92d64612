"""Have the core make the link of a request that was committed as ``sending``, and record the outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from connector.core.client import core_refusal
from connector.core.lifecycle import lifecycle
from connector.core.link_order import LinkOrder
from connector.core.order_lines import OrderLines
from connector.core.schemas import SentLink
from connector.core.statuses import status_update
from connector.domain.payments.evidence import Evidence, apply_evidence
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, Message, States, StatusUpdate, higher
from connector.domain.people.consent import ChannelConsent
from connector.domain.tenants.tenant import Tenant
from connector.errors import CoreOutcomeUnknown, CoreRefused, CoreUnavailable, TenantProblem
from connector.journeys.context import Context
from connector.journeys.recording.change_request import ChangedRequest, change_request
from connector.journeys.requesting.check_consent import refusal_of
from connector.journeys.requesting.explain_core_refusal import explain_core_refusal
from connector.store.requests import opt_outs
from connector.store.store import Store

# A core that refuses a number does not say since when. A little in the past, so that a START of this very moment counts
# as newer despite differing clocks; if it was not newer, the core refuses the next send as well.
_SAID_BEFORE = timedelta(minutes=1)
# The status of a body in which the core refuses a field.
_INVALID = 422


def deliver_link(
    context: Context,
    sending: PaymentRequest,
    *,
    payer: str | None = None,
    previous_link: str | None = None,
    lines: OrderLines | None = None,
) -> PaymentRequest:
    """Send a request to the core, and record the outcome.

    ``payer``: Salesforce's id of the person who pays; ``previous_link``: the core's reference of the link that it replaces.
    ``lines`` are kept nowhere here: this body goes out once, and a repeat after proof that nothing was sent makes another.

    Raises:
        Invalid: ``channel_refused``, the customer has opted out at the core; CoreRefused, CoreUnavailable, TenantProblem.
    """
    link = LinkOrder(
        reference=sending.reference,
        order_number=sending.order_number,
        channel=sending.channel,
        phone=sending.phone,
        currency=sending.currency,
        total=sending.amount,
        tax=sending.tax,
        sub_total=sending.sub_total,
        language=sending.language,
        payer=payer,
        previous_link=previous_link,
        lines=lines,
    )
    try:
        answer = _send(context, link)
    except CoreOutcomeUnknown:
        # Something may have left, so the request blocks its order until the core's record is known.
        unknown = Evidence(news=StatusUpdate(link=Link.UNKNOWN), occurred_at=context.now())
        return _settle(sending, unknown, store=context.store, now=context.now(), event=EventKind.UNKNOWN)
    except CoreRefused as refusal:
        rejected = Evidence(news=StatusUpdate(link=Link.REJECTED), occurred_at=context.now(), reason=refusal.reason)
        if core_refusal("send_payment_link", refusal) != "opted_out":
            _settle(sending, rejected, store=context.store, now=context.now(), event=EventKind.REJECTED)
            explain_core_refusal(
                refusal,
                tenant=context.tenant,
                sending=sending,
                store=context.store,
                core=context.core,
                now=context.now(),
            )
            raise
        _settle(sending, rejected, store=context.store, now=context.now(), event=EventKind.CUSTOMER_STOPPED)
        _remember_stop(context.tenant, sending, store=context.store, now=context.now())
        raise refusal_of(ChannelConsent.STOPPED, sending.channel) from refusal
    except (CoreUnavailable, TenantProblem):
        _take_back(sending, store=context.store, now=context.now())
        raise
    return _settle(
        sending, _evidence(answer, context.core_now()), store=context.store, now=context.now(), event=EventKind.SENT
    )


def _send(context: Context, link: LinkOrder) -> SentLink:
    """Have the core make the link. Raises as ``CoreClient.send`` does."""
    try:
        return context.core.send(context.tenant.core, link)
    except CoreRefused as refusal:
        word = core_refusal("send_payment_link", refusal)
        if word == "reference_used":
            # A link exists under our reference that is not what we ask for now: whether it can be paid, its record says.
            raise CoreOutcomeUnknown(
                "The payment core has a link of this reference.", operation=refusal.operation
            ) from refusal
        if link.lines and refusal.upstream_status == _INVALID:
            # Perhaps lines that this core does not take: nothing was made, and no payment fails for what is only shown.
            return _send(context, replace(link, lines=None))
        if word != "previous_unknown":
            raise
    # The earlier link was made at another core. It is dead, by that core's record, so nothing is lost but the one message.
    return context.core.send(context.tenant.core, replace(link, previous_link=None))


def _evidence(answer: SentLink, sent_at: datetime) -> Evidence:
    """Return what the answer proves; ``sent_at`` by the core's clock, as the core's own record will have it."""
    said = (status_update(answer.core_status) if answer.core_status else None) or StatusUpdate()
    return Evidence(
        news=StatusUpdate(message=higher(Message.ACCEPTED, said.message), link=Link.SENT),
        occurred_at=sent_at,
        core_status=answer.core_status,
        link_reference=answer.link_reference,
        sent_at=sent_at,
    )


def _settle(
    sending: PaymentRequest, evidence: Evidence, *, store: Store, now: datetime, event: EventKind
) -> PaymentRequest:
    """Record the outcome on the request as it is now."""

    def settled(present: PaymentRequest) -> ChangedRequest:
        # Callbacks may have overtaken this answer: the link may be opened already, and states only rise.
        after = apply_evidence(present, evidence, lifecycle=lifecycle())
        if evidence.news.link is Link.SENT:
            after = replace(after, proven_at=now)
        return after, [RequestEvent(event, occurred_at=now, recorded_at=now, core_status=evidence.core_status)]

    return change_request(store, sending, settled, now=now)


def _take_back(sending: PaymentRequest, *, store: Store, now: datetime) -> None:
    """Set a request back to ``created`` on proof that nothing was sent."""

    def taken_back(present: PaymentRequest) -> ChangedRequest | None:
        if present.states.link is not Link.SENDING:
            return None  # its state has changed meanwhile, and a later change takes precedence
        # A correction of our own and not a change of state by rank, which could never lower ``sending``.
        back = replace(present, states=States(), live=False, sending_until=None)
        return back, [RequestEvent(EventKind.NOT_SENT, occurred_at=now, recorded_at=now)]

    change_request(store, sending, taken_back, now=now)


def _remember_stop(tenant: Tenant, request: PaymentRequest, *, store: Store, now: datetime) -> None:
    digests, said_at = tenant.digests_of(request.phone), now - _SAID_BEFORE
    with store.write() as work:
        opt_outs.record(
            work, tenant.tenant_id, digests, request.channel, stopped=True, said_at=said_at
        )  # fmt: skip

"""Decides what became of a request that was committed as ``sending``: handed to the core, the outcome written after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from connector.core.client import CoreClient, LinkOrder, core_refusal
from connector.core.schemas import SentLink
from connector.core.statuses import lifecycle, news_of
from connector.domain.payments.moves import Evidence, applied
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Message, States, StatusUpdate, higher
from connector.domain.people.consent import ChannelConsent
from connector.domain.tenants.tenant import Tenant
from connector.errors import CoreOutcomeUnknown, CoreRefused, CoreUnavailable, TenantProblem
from connector.journeys.recording.record_changes import record_change
from connector.journeys.recording.record_opt_out import STOPPED
from connector.journeys.requesting.check_consent import refusal_of
from connector.journeys.requesting.explain_core_refusal import explain_core_refusal
from connector.store.orders import orders
from connector.store.requests import opt_outs, payments
from connector.store.requests.request_events import RequestEvent
from connector.store.store import Store

# A core that refuses a number does not say since when. A little in the past, so that a START of this very moment still
# counts, whatever the two clocks show; if it was no newer word at all, the core refuses the next send as well.
_SAID_BEFORE = timedelta(minutes=1)


def deliver_link(
    tenant: Tenant, sending: PaymentRequest, *, store: Store, core: CoreClient, now: Callable[[], datetime]
) -> PaymentRequest:
    """Hand a request to the core and write down what came of it; only proof that nothing left takes it back.

    Raises:
        Invalid: ``channel_refused``, the core knows that the customer said STOP; CoreRefused, CoreUnavailable, TenantProblem.
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
    )
    try:
        answer = core.send(tenant.core, link)
    except CoreOutcomeUnknown:
        unknown = Evidence(news=StatusUpdate(link=Link.UNKNOWN), occurred_at=now())
        return _settle(sending, unknown, store=store, now=now(), event="unknown")
    except CoreRefused as refusal:
        rejected = Evidence(news=StatusUpdate(link=Link.REJECTED), occurred_at=now(), reason=refusal.reason)
        if core_refusal("send_payment_link", refusal) != "opted_out":
            _settle(sending, rejected, store=store, now=now(), event="rejected")
            explain_core_refusal(refusal, tenant=tenant, sending=sending, store=store, core=core, now=now())
            raise
        _settle(sending, rejected, store=store, now=now(), event=STOPPED)
        _remember_stop(tenant, sending, store=store, now=now())
        raise refusal_of(ChannelConsent.STOPPED, sending.channel) from refusal
    except (CoreUnavailable, TenantProblem):
        _take_back(sending, store=store, now=now())
        raise
    return _settle(sending, _proof(answer, now()), store=store, now=now(), event="sent")


def _proof(answer: SentLink, now: datetime) -> Evidence:
    said = (news_of(answer.core_status, review_finalised=False) if answer.core_status else None) or StatusUpdate()
    return Evidence(
        news=StatusUpdate(message=higher(Message.ACCEPTED, said.message), link=Link.SENT),
        occurred_at=now,
        core_status=answer.core_status,
        link_reference=answer.link_reference,
        sent_at=now,
    )


def _settle(sending: PaymentRequest, proof: Evidence, *, store: Store, now: datetime, event: str) -> PaymentRequest:
    """Write the outcome over whatever callbacks have said meanwhile: the link may be opened already."""
    with store.write() as work:
        orders.lock(work, sending.tenant_id, sending.order_id)
        present = payments.find(work, sending.tenant_id, sending.reference) or sending
        settled = applied(present, proof, lifecycle=lifecycle())
        if proof.news.link is Link.SENT:
            settled = replace(settled, proven_at=now)
        line = RequestEvent(event, occurred_at=now, recorded_at=now, core_status=proof.core_status)
        return record_change(work, present, settled, now=now, event=line)


def _take_back(sending: PaymentRequest, *, store: Store, now: datetime) -> None:
    """Nothing left this machine: the request is as if it had not been tried. This is our own correction, not a move."""
    with store.write() as work:
        orders.lock(work, sending.tenant_id, sending.order_id)
        present = payments.find(work, sending.tenant_id, sending.reference) or sending
        if present.states.link is not Link.SENDING:
            return
        back = replace(present, states=States(), live=False, sending_until=None)
        line = RequestEvent("not_sent", occurred_at=now, recorded_at=now)
        record_change(work, present, back, now=now, event=line)


def _remember_stop(tenant: Tenant, request: PaymentRequest, *, store: Store, now: datetime) -> None:
    digests, said_at = tenant.digests_of(request.phone), now - _SAID_BEFORE
    with store.write() as work:
        opt_outs.note(
            work, tenant.tenant_id, digests, request.channel, stopped=True, said_at=said_at
        )  # fmt: skip

"""Send a payment request: commit it before the call to the core, and record the outcome after it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel, PaymentRequest, Person, Purpose
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, Money, States
from connector.domain.people.consent import ConsentBasis
from connector.domain.tenants.tenant import Tenant
from connector.errors import Conflict, ErrorCode, TenantProblem
from connector.journeys.access.read_order_lines import read_order_lines
from connector.journeys.context import Context
from connector.journeys.recording.find_use_of_idempotency_key import find_use_of_idempotency_key
from connector.journeys.recording.record_changes import record_change
from connector.journeys.requesting.check_consent import ConsentCheck, check_consent, refuse_stopped
from connector.journeys.requesting.choose_amount import choose_amount, require_due
from connector.journeys.requesting.deliver_link import deliver_link
from connector.journeys.requesting.limit_sends import limit_sends
from connector.journeys.requesting.read_recipient import GivenNumber, read_recipient
from connector.store.orders import orders
from connector.store.requests import request_events, request_rows
from connector.store.requests.request_rows import RequestConflict
from connector.store.store import Store
from foundation.database.unit_of_work import UnitOfWork

_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@dataclass(frozen=True)
class SendCommand:
    """What the caller asks for. ``amount`` None: all that is due. ``expected_total``: what the agent saw on the page.

    ``currency``: of both, as the caller saw it. ``phone`` None: the number in Salesforce. ``customer_agreed``: the agent
    states that the customer agreed to this channel on the call. ``for_user``: the user that an API key names as acting;
    None where the caller acts itself, so that a rotated key can repeat a call of its predecessor.
    """

    channel: Channel
    phone: GivenNumber | None
    purpose: Purpose = Purpose.FULL
    amount: Decimal | None = None
    expected_total: Decimal | None = None
    currency: str | None = None
    customer_agreed: bool = False
    for_user: str | None = None

    def digest(self, order_id: str) -> bytes:
        """Return the digest by which a repeat under the same idempotency key is recognised."""
        # Without what may differ at a repeat: the currency, and a number that is taken from Salesforce.
        plain = {
            "channel": self.channel,
            "phone": self.phone.digits if self.phone else None,
            "purpose": self.purpose,
            "amount": self.amount,
            "expected_total": self.expected_total,
            "customer_agreed": self.customer_agreed,
            "for_user": self.for_user,
            "order": order_id,
        }
        return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).digest()


@dataclass(frozen=True)
class Replacement:
    """The request to be replaced.

    ``clear`` gets the new draft and returns the core's reference of the old link, now dead; it raises where nothing may be sent.
    """

    reference: str
    clear: Callable[[PaymentRequest], str | None]


def send_payment_request(
    context: Context,
    *,
    order_id: str,
    read_order: Callable[[], Order],
    command: SendCommand,
    by: Person,
    key: str | None,
    replacing: Replacement | None = None,
) -> PaymentRequest:
    """Send one payment link for an order; amounts and consent come from Salesforce, read again now by ``read_order``.

    With ``replacing``, the old request is closed after every other check has passed.
    Returns the request: sent, or unknown where the core's answer did not arrive.

    Raises:
        Invalid: a field is wrong, the customer refuses this channel or must be asked first, or the key was used for another
        request; Conflict: another live request, or the order has changed;
        TooMany: a limit for this order, this number or all sends; nothing is stored, so a later repeat is fine;
        CoreRefused, CoreUnavailable: nothing was sent; SalesforceUnavailable, LaunchRefused: from ``read_order``.
    """
    digest = command.digest(order_id)
    known = _known(context.tenant, key, digest, context.store)
    if known is not None and _has_begun(known):
        return known
    if context.tenant.disabled:
        raise TenantProblem("Sending is switched off for this Salesforce org.")
    order = read_order()
    amount = choose_amount(order, context.tenant, command, context.store)
    draft = _draft(
        context.tenant, order, command, amount, by=by, now=context.now(), reference=known.reference if known else None
    )
    consent = check_consent(
        ConsentCheck(context.tenant, context.store, context.salesforce, context.now()),
        order=order,
        channel=draft.channel,
        phone=draft.phone,
        customer_agreed=command.customer_agreed,
    )
    draft = replace(draft, consent_basis=consent.basis, consent_at=consent.at)
    lines = read_order_lines(context, order, amount)
    previous = None
    # Last of all checks: the old link is ended only for a new one that can be sent.
    if replacing:
        draft = replace(draft, replaces=replacing.reference)
        previous = replacing.clear(draft)
    sending = _begin(context, order, draft, key=key, digest=digest, again=known is not None)
    if sending is None:
        return _winner(context.tenant, order_id, key, digest, context.store)
    payer = order.contact_id or order.account_id
    return deliver_link(context, sending, payer=payer, previous_link=previous, lines=lines)


def sent_before(
    *, tenant: Tenant, order_id: str, command: SendCommand, key: str | None, store: Store
) -> PaymentRequest | None:
    """Return the request that this key has sent before, without a call to any peer; None where there is none.

    Raises:
        Invalid: the key was used for another request.
    """
    known = _known(tenant, key, command.digest(order_id), store)
    return known if known is not None and _has_begun(known) else None


def _has_begun(request: PaymentRequest) -> bool:
    return request.states.link is not Link.CREATED


def _known(tenant: Tenant, key: str | None, digest: bytes, store: Store) -> PaymentRequest | None:
    """Return the request that was created under this key before; raise ``Invalid`` if the key was used for another."""
    if key is None:
        return None
    with store.read() as work:
        use = find_use_of_idempotency_key(work, tenant.tenant_id, key, digest=digest)
        return request_rows.find(work, tenant.tenant_id, use.reference) if use else None


def new_reference() -> str:
    """Return a new reference."""
    # Letters only: a run of digits may look like a card number, and would be masked in the callback that echoes it.
    return f"c2p_{secrets.token_hex(13).translate(_LETTERS)}"


def _draft(
    tenant: Tenant,
    order: Order,
    command: SendCommand,
    amount: Decimal,
    *,
    by: Person,
    now: datetime,
    reference: str | None,
) -> PaymentRequest:
    tax, sub_total = order.breakdown(amount)
    phone = read_recipient(given=command.phone, order=order, tenant=tenant)
    return PaymentRequest(
        reference=reference or new_reference(),
        tenant_id=tenant.tenant_id,
        order_id=order.order_id,
        order_number=order.number,
        purpose=command.purpose,
        amount=amount,
        tax=tax,
        sub_total=sub_total,
        order_total=order.total,
        currency=order.currency,
        channel=command.channel,
        language=tenant.customer_language(order.language),
        phone=phone,
        phone_changed=order.phone is not None and phone != order.phone,
        requested_by=by,
        handled_by=by,
        created_at=now,
        states=States(link=Link.SENDING),
        live=True,
    )


def _begin(
    context: Context, order: Order, draft: PaymentRequest, *, key: str | None, digest: bytes, again: bool
) -> PaymentRequest | None:
    """Commit the request as ``sending`` before anything is sent; None where another live request was faster.

    Raises:
        Invalid: money has come since the amount was chosen, and less is due.
    """
    tenant, now = context.tenant, context.now()
    # Twice the call's own limit: a sweep that took it for lost while its answer is on the way would call it unknown.
    sending = replace(draft, sending_until=now + 2 * context.call_limit)
    try:
        with context.store.write() as work:
            orders.lock(work, draft.tenant_id, draft.order_id)
            # A concurrent repeat of the same key may have begun: one key never sends twice.
            if again and _has_begun(request_rows.reread(work, draft)):
                return None
            requests = request_rows.find_by_order(work, draft.tenant_id, draft.order_id)
            # It may still be captured, also where its link has ended and the order's live place is free again (ADR 4).
            if any(request.states.money is Money.IN_REVIEW for request in requests):
                return None
            require_due(order, requests, draft.amount)  # money may have come while Salesforce and the core were asked
            refuse_stopped(work, tenant, sending.channel, sending.phone)  # one may have arrived since the consent check
            number = tenant.digest_of(sending.phone)
            if again:  # the number in Salesforce may have changed since the first attempt
                request_rows.update_phone(work, sending, phone_digest=number)
            else:
                request_rows.add(work, sending, phone_digest=number, key=key, body_digest=digest)
            limit_sends(work, tenant=tenant, sending=sending, number=number, now=now)
            _note_agreed(work, sending, now)
            event = RequestEvent(EventKind.SENDING, occurred_at=now, recorded_at=now, person=draft.requested_by.name)
            return record_change(work, draft, sending, now=now, events=[event])
    except RequestConflict:  # caught outside the transaction, so that it is rolled back
        return None


def _note_agreed(work: UnitOfWork, sending: PaymentRequest, now: datetime) -> None:
    """Record in the history who stated that the customer agreed on the call, and when."""
    if sending.consent_basis == ConsentBasis.ON_CALL:
        line = RequestEvent(
            EventKind.CUSTOMER_AGREED, occurred_at=now, recorded_at=now, person=sending.requested_by.name
        )
        request_events.add(work, [(sending, line)])


def _winner(tenant: Tenant, order_id: str, key: str | None, digest: bytes, store: Store) -> PaymentRequest:
    """Return the request that was faster under the same key; raise ``Conflict`` where another live one was."""
    known = _known(tenant, key, digest, store)
    if known is not None and _has_begun(known):
        return known
    with store.read() as work:
        requests = request_rows.find_by_order(work, tenant.tenant_id, order_id)
    winners = [one for one in requests if one.live or one.states.money is Money.IN_REVIEW]
    reference = winners[-1].reference if winners else None
    raise Conflict("Another payment link of this order is live.", code=ErrorCode.ANOTHER_LIVE, reference=reference)

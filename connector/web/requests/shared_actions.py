"""Steps that several endpoints share: find a caller's request, send for a key, cancel, word a limit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from connector.domain.payments.operation import Operation, idempotency_key
from connector.domain.payments.payment import PaymentRequest, Person
from connector.errors import ErrorCode, Forbidden, NotFound, TooMany
from connector.journeys.access.authorize_change import ChangePermission, authorize_change
from connector.journeys.access.read_order_as_tenant import order_id_of, read_order_as_tenant
from connector.journeys.amending.cancel_once import cancel_once
from connector.journeys.amending.cancel_payment_request import Cancelled
from connector.journeys.requesting.send_for_tenant import send_for_tenant
from connector.services import Services
from connector.store.orders import orders
from connector.store.outbox import outbox
from connector.store.requests import payments, request_events
from connector.web.callers.bearer import ApiKeyPrincipal, LaunchPrincipal
from connector.web.schemas import request_schemas
from connector.web.schemas.serializers import request_view
from connector.web.wording import messages
from connector.web.wording.sentences import fill

_CODES = {ChangePermission.NOT_YOURS: ErrorCode.NOT_YOURS, ChangePermission.NO_EDIT: ErrorCode.FORBIDDEN}


def own_request(reference: str, who: LaunchPrincipal | ApiKeyPrincipal, services: Services) -> PaymentRequest:
    """Return a payment request that this caller may see.

    Raises:
        NotFound: there is none, or it is somebody else's (alike on purpose).
    """
    if not request_schemas.REFERENCE.fullmatch(reference):  # no database takes a NUL or half a surrogate pair
        raise NotFound(facts={"reason": "no_reference"})
    with services.store.read() as work:
        found = payments.find(work, who.tenant.tenant_id, reference)
    if found is None or not who.sees(found):
        raise NotFound(facts={"reason": "another_request"})
    return found


def request_json(found: PaymentRequest, who: LaunchPrincipal | ApiKeyPrincipal, services: Services) -> dict[str, Any]:
    """Return the JSON of a payment request as this caller may see it."""
    with services.store.read() as work:
        events = request_events.history_of(work, [found.reference])[found.reference]
        push = outbox.states(work, who.tenant.tenant_id, [found.order_id]).get(found.order_id)
    return request_view(found, events, push, tenant=who.tenant, user_id=who.person.user_id, rights=who.rights)


def send_by_key(who: ApiKeyPrincipal, body: dict[str, Any], *, key: str | None, services: Services) -> PaymentRequest:
    """Send what a key asks for; ``body`` is a read ``KeySendSchema``.

    Raises:
        Whatever ``send_for_tenant`` raises; a limit with the sentence that says when again.
    """
    order_id = order_id_of(who.tenant, body["order_id"])
    currency = _currency(who, order_id, services) if body["amount"] or body["expected_total"] else "XXX"
    try:
        return send_for_tenant(
            services.for_tenant(who.tenant),
            order_id=order_id,
            user_id=body["user_id"],
            command=request_schemas.read_command(
                body, currency=currency, digits=who.tenant.configuration.digits_of(currency)
            ),
            caller=who.person,
            key=key,
        )
    except TooMany as error:
        raise limit_told(error, who, now=services.now()) from error


def cancel_by(
    who: LaunchPrincipal | ApiKeyPrincipal,
    found: PaymentRequest,
    *,
    person: Person,
    key: str | None,
    services: Services,
    body: dict[str, Any] | None = None,
) -> tuple[Cancelled, str]:
    """Cancel a request for ``person``; return what became of it and the sentence that says so.

    Raises:
        Forbidden: it is a colleague's, and this person may not close it; SalesforceUnavailable: that cannot be asked;
        Invalid: the idempotency key was used for something else.
    """
    refuse_stranger(who, found, person=person, services=services)
    used_for = idempotency_key(key, Operation.CANCEL, found.reference, body or {})
    cancelled = cancel_once(services.for_tenant(who.tenant), request=found, by=person, keyed=used_for)
    services.work.outbox_changed()
    sentence = messages.cancel_answer(cancelled)
    return cancelled, fill(sentence.id, sentence.values, time_zone=who.time_zone)


def refuse_stranger(
    who: LaunchPrincipal | ApiKeyPrincipal, found: PaymentRequest, *, person: Person, services: Services
) -> None:
    """Return quietly when ``person`` may close a request that may be a colleague's.

    Raises:
        Forbidden: with the sentence that says who may; SalesforceUnavailable: that cannot be asked.
    """
    answer = authorize_change(tenant=who.tenant, request=found, by=person, salesforce=services.salesforce)
    if answer is not ChangePermission.YES:
        told = {"agent": found.requested_by.name, "admin": who.tenant.admin_contact}
        raise Forbidden(fill(answer.value, told, time_zone=who.time_zone), code=_CODES[answer])


def limit_told(error: TooMany, who: LaunchPrincipal | ApiKeyPrincipal, *, now: datetime) -> TooMany:
    """Return a limit with the sentence that says, in the caller's own time, when there is room again."""
    at = now + timedelta(seconds=error.retry_after_s)
    sentence = fill(f"limit_{error.kind}", {"at": at}, time_zone=who.time_zone)
    return TooMany(sentence, retry_after_s=error.retry_after_s, kind=error.kind, facts=error.facts)


def _currency(who: ApiKeyPrincipal, order_id: str, services: Services) -> str:
    """An amount is read in its order's currency, so an order that was never read is read first."""
    with services.store.read() as work:
        kept = orders.find(work, who.tenant.tenant_id, order_id)
    if kept is not None:
        return kept.order.currency
    return read_order_as_tenant(
        tenant=who.tenant,
        order_id=order_id,
        store=services.store,
        salesforce=services.salesforce,
        now=services.now(),
    ).currency

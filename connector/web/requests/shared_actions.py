"""Steps that several endpoints share: find a caller's request, send for an API key, cancel, render a limit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from connector.domain.payments.operation import Operation, idempotency_key
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.tenants.rights import Right
from connector.errors import ErrorCode, Forbidden, Invalid, LaunchRefused, NotFound, OrderDeleted, TooMany
from connector.journeys.access.authorize_change import ChangePermission, authorize_change
from connector.journeys.access.read_order import read_order
from connector.journeys.access.read_order_as_tenant import order_id_of, read_order_as_tenant
from connector.journeys.access.resolve_actor import resolve_actor
from connector.journeys.amending.cancel_once import cancel_once
from connector.journeys.amending.cancel_payment_request import Cancelled
from connector.journeys.requesting.send_for_tenant import send_for_tenant
from connector.services import Services
from connector.store.orders import orders
from connector.store.orders.orders import StoredOrder
from connector.store.outbox import outbox
from connector.store.requests import request_events, request_rows
from connector.web.callers.bearer import ApiKeyPrincipal, LaunchPrincipal
from connector.web.responses.error_pages import message_of
from connector.web.schemas import request_schemas
from connector.web.schemas.allowed_actions import Viewer
from connector.web.schemas.serializers import request_view
from connector.web.wording import messages
from connector.web.wording.sentences import fill
from foundation.database.unit_of_work import UnitOfWork

_CODES = {ChangePermission.NOT_YOURS: ErrorCode.NOT_YOURS, ChangePermission.NO_EDIT: ErrorCode.FORBIDDEN}


def own_request(reference: str, caller: LaunchPrincipal | ApiKeyPrincipal, services: Services) -> PaymentRequest:
    """Return a payment request that this caller may see.

    Raises:
        NotFound: there is none, or it belongs to another order or tenant (the same answer on purpose).
    """
    with services.store.read() as work:
        return find_own_request(work, reference, caller)


def find_own_request(work: UnitOfWork, reference: str, caller: LaunchPrincipal | ApiKeyPrincipal) -> PaymentRequest:
    """Return a payment request that this caller may see, in an open transaction.

    Raises:
        NotFound: there is none, or it belongs to another order or tenant (the same answer on purpose).
    """
    # PostgreSQL refuses a NUL and a lone surrogate with an error of its own: neither may reach a query.
    if not request_schemas.REFERENCE.fullmatch(reference):
        raise NotFound(facts={"reason": "no_reference"})
    found = request_rows.find(work, caller.tenant.tenant_id, reference)
    if found is None or not caller.sees(found):
        raise NotFound(facts={"reason": "another_request"})
    return found


def acting_person(
    caller: LaunchPrincipal | ApiKeyPrincipal,
    body: dict[str, Any],
    found: PaymentRequest,
    right: Right,
    services: Services,
) -> Person:
    """Return the person who acts: the page's agent, the API key, or the user that the key's call names.

    Raises:
        Forbidden: the named user lacks the right, or edit access to the order.
    """
    if isinstance(caller, LaunchPrincipal):
        return caller.person
    return resolve_actor(
        tenant=caller.tenant,
        user_id=body["user_id"],
        order_id=found.order_id,
        right=right,
        key=caller.person,
        salesforce=services.salesforce,
    )


def request_json(
    found: PaymentRequest, caller: LaunchPrincipal | ApiKeyPrincipal, services: Services
) -> dict[str, Any]:
    """Return the JSON of a payment request as this caller may see it."""
    with services.store.read() as work:
        stored = orders.find(work, caller.tenant.tenant_id, found.order_id)
        return read_request_json(work, found, caller, stored)


def read_request_json(
    work: UnitOfWork, found: PaymentRequest, caller: LaunchPrincipal | ApiKeyPrincipal, stored: StoredOrder | None
) -> dict[str, Any]:
    """Return the JSON of a payment request of a ``stored`` order as this caller may see it, in an open transaction."""
    events = request_events.history_of(work, [found.reference])[found.reference]
    push = outbox.states(work, caller.tenant.tenant_id, [found.order_id]).get(found.order_id)
    followed = messages.followed_by(request_rows.find_by_order(work, caller.tenant.tenant_id, found.order_id))
    return request_view(
        found,
        events,
        push,
        viewer=Viewer(caller.tenant, caller.person.user_id, caller.rights),
        followed=followed.get(found.reference),
        stored=stored,
    )


def send_by_key(
    caller: ApiKeyPrincipal, body: dict[str, Any], *, key: str | None, services: Services
) -> PaymentRequest:
    """Send a payment request for an API key; ``body`` is a loaded ``KeySendSchema``.

    Raises:
        Whatever ``send_for_tenant`` raises; TooMany with the sentence that says when sending is possible again.
    """
    order_id = order_id_of(caller.tenant, body["order_id"])
    # Without amounts the currency is never used ("XXX" is ISO 4217 for "no currency"), and one read less is needed.
    has_amounts = body["amount"] is not None or body["expected_total"] is not None
    currency = _currency(caller, order_id, services) if has_amounts else "XXX"
    try:
        return send_for_tenant(
            services.for_tenant(caller.tenant),
            order_id=order_id,
            user_id=body["user_id"],
            command=request_schemas.read_command(
                body, currency=currency, digits=caller.tenant.configuration.digits_of(currency)
            ),
            caller=caller.person,
            key=key,
        )
    except TooMany as error:
        raise limit_error(error, caller, now=services.now()) from error


def cancel_by(
    caller: LaunchPrincipal | ApiKeyPrincipal,
    found: PaymentRequest,
    *,
    person: Person,
    key: str | None,
    services: Services,
    body: dict[str, Any] | None = None,
) -> tuple[Cancelled, str]:
    """Cancel a request for ``person``; return the outcome and its sentence.

    Raises:
        Forbidden: it is a colleague's, and this person may not cancel it; SalesforceUnavailable: that cannot be checked;
        Invalid: the idempotency key was used for something else.
    """
    require_change_permission(caller, found, person=person, services=services)
    used_for = idempotency_key(key, Operation.CANCEL, found.reference, body or {})
    cancelled = cancel_once(services.for_tenant(caller.tenant), request=found, by=person, keyed=used_for)
    services.work.outbox_changed()
    sentence = messages.cancel_answer(cancelled)
    return cancelled, fill(sentence.id, sentence.values, time_zone=caller.time_zone)


def require_change_permission(
    caller: LaunchPrincipal | ApiKeyPrincipal, found: PaymentRequest, *, person: Person, services: Services
) -> None:
    """Check that ``person`` may change a request, which may be a colleague's.

    Raises:
        Forbidden: with the sentence that says who may; SalesforceUnavailable: that cannot be checked.
    """
    answer = authorize_change(tenant=caller.tenant, request=found, by=person, salesforce=services.salesforce)
    if answer is not ChangePermission.YES:
        values = {"agent": found.requested_by.name, "admin": caller.tenant.admin_contact}
        raise Forbidden(fill(answer.value, values, time_zone=caller.time_zone), code=_CODES[answer])


def limit_error(error: TooMany, caller: LaunchPrincipal | ApiKeyPrincipal, *, now: datetime) -> TooMany:
    """Return the limit's error with a sentence that says, in the caller's time zone, when sending is possible again."""
    # Worded here: the journey that counts knows nobody's time zone.
    at = now + timedelta(seconds=error.retry_after_s)
    sentence = fill(f"limit_{error.kind}", {"at": at}, time_zone=caller.time_zone)
    return TooMany(sentence, retry_after_s=error.retry_after_s, facts=error.facts)


def _currency(caller: ApiKeyPrincipal, order_id: str, services: Services) -> str:
    """Return the currency in which amounts for an order are read."""
    with services.store.read() as work:
        stored = orders.find(work, caller.tenant.tenant_id, order_id)
    if stored is not None:
        return stored.order.currency
    # An order that was never launched is not stored yet: its currency is read from Salesforce.
    return read_order_as_tenant(
        tenant=caller.tenant,
        order_id=order_id,
        store=services.store,
        salesforce=services.salesforce,
        now=services.now(),
    ).currency


def read_again(caller: LaunchPrincipal, services: Services) -> Order:
    """Read the order from Salesforce with the agent's own access, before money is requested.

    Raises:
        Invalid: on ``order_id``: ``no_access``, the agent cannot see the order any more, or ``order_not_payable``, it was
        deleted; UpstreamError.
    """
    try:
        return read_as_agent(caller, services)
    except LaunchRefused as refusal:
        sentence = message_of(refusal)
        code = ErrorCode.ORDER_NOT_PAYABLE if isinstance(refusal, OrderDeleted) else ErrorCode.NO_ACCESS
        error = Invalid({"order_id": [sentence]}, message=sentence, code=code)
        raise error.with_sentence(refusal.sentence) from refusal


def read_as_agent(caller: LaunchPrincipal, services: Services) -> Order:
    """Read the order from Salesforce with the agent's own access.

    Raises:
        LaunchRefused: the agent cannot see the order any more; OrderDeleted; UpstreamError.
    """
    return read_order(
        tenant=caller.tenant,
        launch=caller.launch,
        store=services.store,
        salesforce=services.salesforce,
        now=services.now(),
    )

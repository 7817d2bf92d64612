"""Choose the sentences that say why somebody cannot take or give back a payment's money now."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.payments.operation import Operation
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import RequestEvent
from connector.domain.tenants.rights import Right, Rights
from connector.domain.tenants.tenant import Tenant
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.orders.orders import StoredOrder
from connector.web.wording.rights_messages import missing_right
from connector.web.wording.sentences import Sentence
from connector.web.wording.timeline import is_unanswered, move_under_way


def is_gone(stored: StoredOrder) -> bool:
    """Return whether the org answered without this order: it was deleted, or is hidden from us."""
    return stored.unread_because == NOT_IN_ORG


def money_off(
    request: PaymentRequest,
    events: Sequence[RequestEvent],
    *,
    tenant: Tenant,
    rights: Rights,
    stored: StoredOrder | None,
) -> list[Sentence]:
    """Return why this person is offered no capture or reversal of money that is there; none where both are offered.

    ``stored``: its order, which may be one that no money may be taken for.
    """
    if request.link_reference is None or request.held + request.paid <= 0:
        return []
    under_way = move_under_way(request, events)
    if under_way is not None:
        # While the call of a press is open, a second look of its page must not read that nobody knows.
        taking = under_way is Operation.CAPTURE
        if is_unanswered(events):
            return [Sentence("capture_unknown" if taking else "reverse_unknown")]
        return [Sentence("capture_under_way" if taking else "reverse_under_way")]
    admin = {"admin": tenant.admin_contact}
    sentences = []
    if request.held > 0 and Right.CAPTURE not in rights:
        sentences.append(missing_right(Right.CAPTURE, rights, tenant))
    elif request.held > 0 and tenant.disabled:
        sentences.append(Sentence("capture_disabled", admin))
    elif request.held > 0 and stored is not None and not stored.takes_money:
        sentences.append(
            Sentence("capture_off_order_gone", admin) if is_gone(stored) else Sentence("capture_off_not_payable")
        )
    if Right.REVERSE not in rights:
        why = missing_right(Right.REVERSE, rights, tenant)
        sentences += [] if why in sentences else [why]
    elif request.settled:
        sentences.append(Sentence("reverse_too_late_refund_at_gateway"))
    return sentences

"""Choose the sentences about taking a payment's money and giving it back: why that cannot be now, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.payments.operation import Operation
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import RequestEvent
from connector.domain.tenants.rights import Right, Rights
from connector.domain.tenants.tenant import Tenant
from connector.journeys.amending.capture_payment import Captured, CaptureOutcome
from connector.journeys.amending.reverse_payment import Reversed, ReverseOutcome
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.orders.orders import StoredOrder
from connector.web.wording.messages import money_of
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


def capture_answer(taken: Captured, tenant: Tenant) -> Sentence:
    """Return the sentence for the actual outcome of a capture."""
    found = taken.request
    capture_values = {
        "amount": money_of(found, found.paid or found.held),
        "held": money_of(found, found.held),
        "most": money_of(found, taken.most),
        "admin": tenant.admin_contact,
    }
    if taken.outcome is CaptureOutcome.REFUSED and found.held <= 0:
        return Sentence("capture_nothing_held")
    if taken.outcome is CaptureOutcome.NOT_PAYABLE and taken.bar and taken.bar.sentence == "order_not_payable_status":
        of_status = {"field": taken.bar.values["field"], "value": taken.bar.values["value"]}
        return Sentence("capture_not_payable_status", capture_values | of_status)
    if taken.outcome is CaptureOutcome.AMOUNT_TOO_HIGH and taken.most < found.held:
        return Sentence("capture_above_due" if taken.most > 0 else "capture_none_due", capture_values)
    return Sentence(f"capture_{taken.outcome.value}", capture_values)


def reverse_answer(given: Reversed, tenant: Tenant) -> Sentence:
    """Return the sentence for the actual outcome of a reversal."""
    found = given.request
    amount = found.reversed or found.held + found.paid
    if given.outcome is ReverseOutcome.REFUSED and amount <= 0:
        return Sentence("reverse_nothing_taken")
    values = {"amount": money_of(found, amount), "admin": tenant.admin_contact}
    return Sentence(f"reverse_{given.outcome.value}", values)

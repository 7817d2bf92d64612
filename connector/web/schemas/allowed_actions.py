"""Serialize what a person may do to a payment request, and why not what only their rights keep from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connector.domain.payments.message_delivery import is_only_previewed
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import RequestEvent
from connector.domain.payments.status import Status
from connector.domain.tenants.rights import Right, Rights, right_for
from connector.domain.tenants.tenant import Tenant, is_salesforce_id
from connector.journeys.access.authorize_change import policy_lets
from connector.web.wording.rights_messages import missing_right
from connector.web.wording.sentences import Sentence
from connector.web.wording.timeline import move_under_way
from manifests.core_hosts import is_vendors_core

# Nobody misses these so much that the page should say who could do them.
_EXTRAS = ("send_receipt", "copy_link")


@dataclass(frozen=True)
class Viewer:
    """Who looks at a payment request: the person or API key, of which tenant, with what rights."""

    tenant: Tenant
    user_id: str
    rights: Rights


def actions_view(
    request: PaymentRequest, events: Sequence[RequestEvent], viewer: Viewer, *, takes_money: bool
) -> dict[str, Any]:
    """Return ``actions``, and ``withheld``: those that another person could do now, each with the sentence that says why.

    ``takes_money``: the order is one that money may be taken for.
    """
    possible = _possible(request, events, viewer.tenant, takes_money=takes_money)
    refusals = [(action, _refusal(action, request, viewer)) for action in possible]
    return {
        "actions": [action for action, refusal in refusals if refusal is None],
        "withheld": [
            {"action": action, "sentence": {"id": refusal.id, "values": refusal.as_json()["values"]}}
            for action, refusal in refusals
            # An API key's scopes are known to its owner; no permission in Salesforce would give it more.
            if refusal is not None and is_salesforce_id(viewer.user_id) and action not in _EXTRAS
        ],
    }


def _possible(
    request: PaymentRequest, events: Sequence[RequestEvent], tenant: Tenant, *, takes_money: bool
) -> Iterator[str]:
    """Yield what the request's state and the tenant allow, whoever asks."""
    # A core that counts a preview as a click may refuse to close the link; only its answer shows that.
    # Of a send without an outcome there is no link to close: once the core names one, the request is sent.
    # While a saved card is being charged the core closes the link for nobody.
    if (request.status is Status.SENT or is_only_previewed(request)) and not request.is_being_charged:
        yield "cancel"
        if not tenant.disabled and takes_money:
            yield "replace"
    # While a capture or a reversal has no known end, a second one could move the same money twice.
    movable = request.link_reference is not None and move_under_way(request, events) is None
    if movable and request.held > 0 and not tenant.disabled and takes_money:
        yield "capture"
    # Open to a disabled tenant and for a cancelled order too: it must still be possible to give money back.
    if movable and request.held + request.paid > 0 and not request.settled:
        yield "reverse"
    yield "refresh"
    yield from _handed_over(request, tenant, takes_money=takes_money)
    if request.live and request.status is Status.UNKNOWN:
        yield "release"


def _handed_over(request: PaymentRequest, tenant: Tenant, *, takes_money: bool) -> Iterator[str]:
    """Yield what a core of our own hands over to people."""
    if request.link_reference is None or is_vendors_core(tenant.core.base_url):
        return
    if request.has_receipt:
        yield "show_receipt"
        # "We received" must be true when the customer reads it.
        if request.paid > 0 and not request.do_not_ship and not tenant.disabled:
            yield "send_receipt"
    if tenant.policy.copy_links and request.can_be_paid and not tenant.disabled and takes_money:
        yield "copy_link"


def _refusal(action: str, request: PaymentRequest, viewer: Viewer) -> Sentence | None:
    tenant, user_id, rights = viewer.tenant, viewer.user_id, viewer.rights
    if action in ("refresh", "show_receipt"):
        return None
    right = right_for(action)
    if right not in rights:
        return missing_right(right, rights, tenant)
    values = {"agent": request.requested_by.name, "admin": tenant.admin_contact}
    if right is Right.SEND and not policy_lets(tenant, request, user_id):
        return Sentence("not_yours", values)
    # The sender may always close their own link.
    if right is Right.SEND and rights.read_only and user_id != request.requested_by.user_id:
        return Sentence("no_edit", values)
    return None

"""May this user close a request that may be a colleague's?

One's own request needs no question: whoever opened a link may always close it, even while Salesforce does not answer.
A tenant's key that names no user acts for the tenant, so there is nobody whose access could be asked for.
"""

from __future__ import annotations

from enum import StrEnum

from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.tenants.tenant import Tenant, is_salesforce_id
from connector.salesforce.client import SalesforceClient


class ChangePermission(StrEnum):
    """The answers."""

    YES = "yes"
    NOT_YOURS = "not_yours"
    NO_EDIT = "no_edit"


def policy_lets(tenant: Tenant, request: PaymentRequest, user_id: str) -> bool:
    """Say whether the admin's policy leaves a request to this user; the org's own access is another question."""
    return not tenant.policy.only_own_requests or user_id == request.requested_by.user_id


def authorize_change(
    *, tenant: Tenant, request: PaymentRequest, by: Person, salesforce: SalesforceClient
) -> ChangePermission:
    """Say whether ``by`` may cancel or replace a request.

    Raises:
        SalesforceUnavailable, SalesforceRefused: a colleague's access to the order could not be asked for.
    """
    if by.user_id == request.requested_by.user_id:
        return ChangePermission.YES
    if not policy_lets(tenant, request, by.user_id):
        return ChangePermission.NOT_YOURS
    if not is_salesforce_id(by.user_id):
        return ChangePermission.YES
    edits = salesforce.may_edit(tenant, user_id=by.user_id, order_id=request.order_id)
    return ChangePermission.YES if edits else ChangePermission.NO_EDIT

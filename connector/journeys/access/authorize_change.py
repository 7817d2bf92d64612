"""Decide whether a user may cancel or replace a payment request that a colleague may have sent."""

from __future__ import annotations

from enum import StrEnum

from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.tenants.tenant import Tenant, is_salesforce_id
from connector.salesforce.client import SalesforceClient


class ChangePermission(StrEnum):
    """Whether a user may change a request, and why not."""

    YES = "yes"
    NOT_YOURS = "not_yours"
    NO_EDIT = "no_edit"


def policy_lets(tenant: Tenant, request: PaymentRequest, user_id: str) -> bool:
    """Return whether the tenant's policy lets a user change a request; access to the order is checked separately."""
    return not tenant.policy.only_own_requests or user_id == request.requested_by.user_id


def authorize_change(
    *, tenant: Tenant, request: PaymentRequest, by: Person, salesforce: SalesforceClient
) -> ChangePermission:
    """Return whether ``by`` may cancel or replace a request.

    Raises:
        SalesforceUnavailable, SalesforceRefused: the access of a user other than the sender could not be read.
    """
    # The sender may always close their own link, also while Salesforce does not answer.
    if by.user_id == request.requested_by.user_id:
        return ChangePermission.YES
    if not policy_lets(tenant, request, by.user_id):
        return ChangePermission.NOT_YOURS
    # An API key that names no user acts for the tenant: there is no user whose access could be checked.
    if not is_salesforce_id(by.user_id):
        return ChangePermission.YES
    edits = salesforce.may_edit(tenant, user_id=by.user_id, order_id=request.order_id)
    return ChangePermission.YES if edits else ChangePermission.NO_EDIT

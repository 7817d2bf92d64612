"""Read a user's rights from custom permissions, or from order access where the tenant's policy says so."""

from __future__ import annotations

from connector import metrics
from connector.domain.tenants.rights import UNREAD, Right, Rights
from connector.domain.tenants.tenant import RightsFrom, Tenant
from connector.errors import SalesforceRefused, SalesforceUnavailable, TenantProblem
from connector.salesforce.client import SalesforceClient
from connector.salesforce.metadata.custom_permissions import permission_queries, read_rights
from connector.salesforce.orders.order_queries import access_query
from foundation.log import get_logger

log = get_logger()
_ACCESS = "access"
_BY_ACCESS = Rights(frozenset({Right.SEND}))


def find_rights(
    *, tenant: Tenant, user_id: str, salesforce: SalesforceClient, order_id: str, needs_edit: bool
) -> Rights:
    """Return a user's rights, read as the integration user in one Composite call; ``UNREAD`` where they cannot be read.

    ``needs_edit``: the user must be able to edit the order to have the rights that change it; for users whose own session we
    do not have.
    """
    by_permission = tenant.policy.rights_from is RightsFrom.CUSTOM_PERMISSIONS
    named = permission_queries(user_id) if by_permission else {}
    # Beside the permissions it costs no call; alone it would be one more at each launch.
    if needs_edit or named:
        named[_ACCESS] = access_query(user_id, order_id)
    try:
        rows = salesforce.queries(tenant, named, operation="find_rights") if named else {}
    except (SalesforceUnavailable, SalesforceRefused, TenantProblem) as error:
        # Unread rights are no rights, but the page still opens to look (ADR 8), and the next renewal reads again.
        log.error("rights_not_read", tenant=tenant.tenant_id, user=user_id, code=error.code.value, **error.log_reason)
        metrics.registry.count(metrics.RIGHTS_NOT_READ)
        return UNREAD
    rights = read_rights(rows) if by_permission else _BY_ACCESS
    if _ACCESS not in named or any(row.get("HasEditAccess") for row in rows[_ACCESS]):
        return rights
    # Without the user's session the org does not refuse their write itself, so edit access is required.
    return rights.without_edit() if needs_edit else rights.to_look()
